"""A table of `whenanime.toml`."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Settings that belong together; frozen, and a key that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
