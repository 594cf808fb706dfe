"""A table of `whenanime.toml`."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Settings that belong together; frozen, and a key that is not known or a number that is none is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
