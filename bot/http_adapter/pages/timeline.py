"""Timeline of a video, as pages draw it: a line of 1000 units with ticks and marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.domain import Occurrence, Scene
from core.timecode import Millis, short_time

UNITS: Final = 1000
_LEAST_UNITS: Final = 3.0
"""Length of the mark of a scene, so that a short shot in a long film is there to be looked at."""
_TICKS_LIMIT: Final = 60
_STEPS_S: Final = (1, 5, 10, 30, 60, 300, 600, 1800)
_LONG_EVERY: Final = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick; each fifth is `long`."""

    x: float
    long: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where in its video a scene is, in units from the left; `also`: the same shot again in this video."""

    length: str
    ticks: tuple[Tick, ...]
    start: float
    end: float
    at: float
    also: tuple[float, ...]


def timeline(scene: Scene, duration_ms: Millis) -> Timeline | None:
    """The timeline of a scene; `None` where the video's duration is not known."""
    if duration_ms <= 0:
        return None

    def x(time_ms: int) -> float:
        return round(UNITS * min(max(0, time_ms), duration_ms) / duration_ms, 2)

    step_ms = 1000 * next((step for step in _STEPS_S if duration_ms <= step * 1000 * _TICKS_LIMIT), _STEPS_S[-1])
    start, end = x(scene.from_ms), x(scene.to_ms)
    widened = max(0.0, _LEAST_UNITS - (end - start)) / 2
    return Timeline(
        short_time(duration_ms),
        tuple(
            Tick(x(time_ms), number % _LONG_EVERY == 0)
            for number, time_ms in enumerate(range(0, duration_ms + 1, step_ms))
        ),
        round(max(0.0, start - widened), 2),
        round(min(float(UNITS), end + widened), 2),
        x(scene.from_ms if scene.sequence else scene.at_ms),
        tuple(x(place.at_ms) for place in _in_same_file(scene)),
    )


def _in_same_file(scene: Scene) -> Sequence[Occurrence]:
    return [place for place in scene.repeats if place.file_id == scene.file_id]
