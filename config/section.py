"""A table of `whenanime.toml`."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of a group of settings: frozen; unknown keys, infinity and NaN are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
