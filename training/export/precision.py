"""Precision of stored weights; a module of its own, so that the command line does not import torch."""

from enum import StrEnum


class Precision(StrEnum):
    """The storage of large weights; computation is in float32."""

    FLOAT32 = "float32"
    """Not changed."""
    FLOAT16 = "float16"
    """Half the size."""
    INT8 = "int8"
    """A quarter of the size: symmetric, a scale for each output channel. Other weights than layers' are float16."""
