"""Settings of a data set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

from core.errors import InputError


class Split(StrEnum):
    """The split that a frame is in."""

    TRAIN = "train"
    VALIDATION = "validation"


class SplitBy(StrEnum):
    """The unit that is split: the frames of an episode, or of a show, are in one split."""

    EPISODE = "episode"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """Which frames are selected and how they are stored.

    `validation` is the share of episodes or shows that is held back; `head` and `tail` are the shares of a video left
    out at its ends; at most `per_video` frames are selected (0: no limit), at least `gap_s` seconds apart in a shot.
    Frames whose colours all deviate by less than `plain` (0..128) are left out, and frames whose brightness thumbnail
    differs by less than `repeat` grey levels from one of the same shot. Frames wider than `width` pixels are scaled
    down; `quality` is that of JPEG. `InputError` names the field that is out of range.
    """

    split: SplitBy = SplitBy.EPISODE
    validation: float = 0.2
    head: float = 0.05
    tail: float = 0.05
    per_video: int = 500
    gap_s: float = 0.7
    plain: float = 10.0
    repeat: float = 2.0
    width: int = 640
    quality: int = 92
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "validation": (0, 1),
            "head": (0, 1),
            "tail": (0, 1),
            "per_video": (0, None),
            "gap_s": (0, None),
            "plain": (0, 128),
            "repeat": (0, 255),
            "width": (16, 8192),
            "quality": (1, 100),
            "seed": (0, None),
        }
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if not value >= least or (most is not None and value > most):
                limits = f"from {least} to {most}" if most is not None else f"{least} or more"
                raise InputError(f"{name} must be {limits}, not {value}.")
        if self.head + self.tail >= 1:
            raise InputError(f"head and tail leave nothing of a video: together they are {self.head + self.tail:g}.")

    def to_json(self) -> Mapping[str, object]:
        """For `dataset.json`."""
        return {name: str(value) if name == "split" else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """`ValueError` names the field that is missing, unknown or of the wrong kind."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(unknown[0])
        arguments: dict[str, Any] = {}
        for name, value in asdict(cls()).items():
            try:
                arguments[name] = type(value)(values[name])
            except (KeyError, TypeError, ValueError) as exc:
                raise ValueError(name) from exc
        return cls(**arguments)
