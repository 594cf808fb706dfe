"""How an encoder's weights are stored. Apart, so that a command line can offer it without torch."""

from enum import StrEnum


class Precision(StrEnum):
    """How large weights are stored; all of them are computed with in float32."""

    FLOAT32 = "float32"
    """As they are."""
    FLOAT16 = "float16"
    """In half the space."""
    INT8 = "int8"
    """In a quarter: one scale for each output channel, symmetric. What no layer multiplies with is float16."""
