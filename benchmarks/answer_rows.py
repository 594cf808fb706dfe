"""Rows of queries: every distortion of the sweep, and pictures with other content beside the frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np

from benchmarks.answer_queries import QueryFrame, query_frame
from core.errors import InputError
from core.pictures.pixels import Rgb
from training.distortion.sweep import SWEEP, Distortion
from training.distortion.views import overlays, screens
from training.distortion.views.geometry import canvas, paste, picture_in_picture, resized
from training.evaluation.screenshots import take_screenshot

_CELL: Final = (480, 270)
_GAP: Final = 4
_STRIP_FRAMES: Final = 3
_STRIP_STEP_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class QueryPicture:
    """A query, and the frames of the library that it shows: any of them is a right answer."""

    picture: Rgb
    shown: tuple[QueryFrame, ...]


Row = Callable[[QueryFrame, Sequence[QueryFrame], np.random.Generator], QueryPicture | None]
"""Makes a query from a frame and frames of other shows; `None` when it lacks the frames that it needs."""


def chosen_rows(names: Sequence[str]) -> Mapping[str, Row]:
    """The rows of these names, or all without names. `InputError` names one that does not exist."""
    for name in names:
        if name not in ROWS:
            raise InputError(f"--row {name}: there is no such row; choose from {', '.join(ROWS)}.")
    return {name: ROWS[name] for name in names} or ROWS


def _of_frame(change: Distortion) -> Row:
    return lambda shown, _other_shows, rng: QueryPicture(change(shown.rgb(), rng), (shown,))


def _collage(shown: QueryFrame, other_shows: Sequence[QueryFrame], rng: np.random.Generator) -> QueryPicture | None:
    """Two by two: the frame in any cell, frames of other shows in the others."""
    if not other_shows:
        return None
    cells = [shown, *(other_shows[at] for at in _drawn_indices(len(other_shows), 3, rng))]
    width, height = _CELL
    page = canvas(2 * width + _GAP, 2 * height + _GAP, (255, 255, 255))
    for place, cell in zip(rng.permutation(4).tolist(), cells, strict=True):
        x, y = place % 2 * (width + _GAP), place // 2 * (height + _GAP)
        page = paste(resized(cell.rgb(), width, height), page, x, y)
    return QueryPicture(page, tuple(cells))


def _strip(shown: QueryFrame, _other_shows: Sequence[QueryFrame], _rng: np.random.Generator) -> QueryPicture | None:
    """Three frames of one scene, about a second apart, one below another; `None` when the scene is too short."""
    start, end = shown.record.outcome.shot_at(round(shown.time_s * 1000))
    before, after = shown.time_s - start / 1000, end / 1000 - shown.time_s
    apart = min(_STRIP_STEP_S, max(before, after) / _STRIP_FRAMES)
    first = shown.time_s if after >= before else shown.time_s - apart * (_STRIP_FRAMES - 1)
    frames = [take_screenshot(shown.record, Fraction(first + apart * number)) for number in range(_STRIP_FRAMES)]
    cells = [query_frame(frame, shown.rate) for frame in frames if frame]
    if len({cell.time_s for cell in cells}) < _STRIP_FRAMES:
        return None
    width, height = _CELL
    page = canvas(width, _STRIP_FRAMES * (height + _GAP) - _GAP, (0, 0, 0))
    for number, cell in enumerate(cells):
        page = paste(resized(cell.rgb(), width, height), page, 0, number * (height + _GAP))
    return QueryPicture(page, tuple(cells))


def _on_other_show(
    shown: QueryFrame, other_shows: Sequence[QueryFrame], rng: np.random.Generator
) -> QueryPicture | None:
    """The frame on a frame of another show, over a quarter of its area."""
    if not other_shows:
        return None
    ground = other_shows[int(rng.integers(len(other_shows)))]
    page = resized(ground.rgb(), 2 * _CELL[0], 2 * _CELL[1])
    picture = picture_in_picture(
        resized(shown.rgb(), *_CELL), page, 0.5, float(rng.choice((0.04, 0.96))), float(rng.choice((0.05, 0.95)))
    )
    return QueryPicture(picture, (shown, ground))


def _drawn_indices(among: int, number: int, rng: np.random.Generator) -> list[int]:
    """`number` random indices, without repeats when there are enough."""
    return [int(at) for at in rng.choice(among, number, replace=among < number)]


def _player(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return overlays.player_controls(picture, float(rng.random()), button=True)


def _phone_player(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """A phone's screenshot of a page with a video whose controls are shown."""
    return screens.phone_portrait(
        _player(picture, rng), screens.PhoneSpec(shape=19.5 / 9, down=0.1, ground=(248, 248, 248), with_app=True)
    )


def _mirrored_phone(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return SWEEP["phone portrait, app"](SWEEP["mirror"](picture, rng), rng)


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        **{name: _of_frame(change) for name, change in SWEEP.items()},
        "collage cell": _collage,
        "vertical strip": _strip,
        "picture in picture 25 %, on another show": _on_other_show,
        "player controls": _of_frame(_player),
        "phone with player": _of_frame(_phone_player),
        "phone, mirrored": _of_frame(_mirrored_phone),
        "watermark": _of_frame(
            lambda picture, _rng: overlays.watermark(picture, "sample.example", 0.5, 0.5, height=0.12, opacity=0.4)
        ),
    }
)
"""By name."""
