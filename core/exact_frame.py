"""The frame of a video that a picture was taken from, by comparing it with every frame around a hit.

The picture is laid over the frames by the map that `core.verification` found, and correlated with the brightness of
each, which no change of colour or contrast disturbs. Frames of one held drawing cannot be told apart: the answer is the
first of them, with the time that the drawing is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.shots import mean_difference
from core.timecode import Millis, to_millis
from core.verification import Matrix, pixel_scaling
from core.video.reading import VideoReader

_WIDTH: Final = 160
_REACH_MS: Final = 500  # indexed frames are further apart only where hardly anything moves
_SAME_DRAWING: Final = 1.0  # grey levels apart on average, at `_WIDTH`
_TIE: Final = 0.001  # of correlation
_LEAST_PIXELS: Final = 150
_WHOLE: Final = 0.04  # of a side: a picture that reaches this near to all four edges shows the whole frame


@dataclass(frozen=True, slots=True)
class Span:
    """Where to look: around `at_ms`, not before `from_ms` and not from `to_ms` on."""

    from_ms: Millis
    at_ms: Millis
    to_ms: Millis


@dataclass(frozen=True, slots=True)
class ExactFrame:
    """`at_ms`: the first frame of the drawing that the picture shows, which is held from `from_ms` until before `to_ms`
    as far as was looked. `score` (-1..1): correlation of brightness between the two.
    """

    at_ms: Millis
    from_ms: Millis
    to_ms: Millis
    score: float


@dataclass(frozen=True, slots=True)
class _Look:
    time: Fraction
    luma: NDArray[np.uint8]  # (h, 160)


class Surroundings:
    """The frames half a second to either side of a moment, and as many more on one side when those are asked for.

    Making it and asking for more decodes video: `MediaError` when it cannot be read.
    """

    def __init__(self, source: Path | str, span: Span, *, threads: int = 1) -> None:
        self.span = span
        self._source = source
        self._threads = threads
        self._from_ms, self._to_ms = span.at_ms - _REACH_MS, span.at_ms + _REACH_MS
        self.looks = self._read(self._from_ms, self._to_ms)

    @property
    def more(self) -> tuple[bool, bool]:
        """Whether there may be more to look at before and after: once, and inside the span."""
        fresh = self._to_ms - self._from_ms == 2 * _REACH_MS
        return fresh and self.span.from_ms < self._from_ms, fresh and self._to_ms < self.span.to_ms

    def read_more(self, *, before: bool) -> None:
        """Look as far again on one side."""
        if before:
            self._from_ms -= _REACH_MS
            self.looks = self._read(self._from_ms, self._from_ms + _REACH_MS) + self.looks
        else:
            self._to_ms += _REACH_MS
            self.looks = self.looks + self._read(self._to_ms - _REACH_MS, self._to_ms)

    def off_ms(self, look: "_Look") -> int:
        """How far a frame is from the moment."""
        return abs(to_millis(look.time) - self.span.at_ms)

    def _read(self, from_ms: int, to_ms: int) -> list["_Look"]:
        start = Fraction(max(self.span.from_ms, from_ms, 0), 1000) - Fraction(1, 2000)
        end = max(Fraction(min(self.span.to_ms, to_ms), 1000) - Fraction(1, 2000), start + Fraction(1, 500))
        with VideoReader(self._source, threads=self._threads) as video:
            height = max(1, round(_WIDTH * video.info.height / video.info.width))
            self.frame_s = 1 / (video.info.rate or Fraction(25))
            return [
                _Look(frame.time, np.asarray(cv2.cvtColor(frame.rgb(_WIDTH, height), cv2.COLOR_RGB2GRAY), np.uint8))
                for frame in video.frames(start, end)
            ]


def find_exact_frame(
    around: Surroundings, picture: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> ExactFrame | None:
    """Which of the frames around a hit the picture shows; more are read where the likeliest one is at an end of them.

    `picture` is RGB (h, w, 3); `matrix` takes its pixels to those of a stored frame of the hit, of `still_size` (width,
    height). `None` when there is no frame to look at, or too little of it in the picture. `MediaError` when the video
    cannot be read.
    """
    scores = _scores_by_any_map(around.looks, picture, matrix, still_size)
    end = _better_end(around, scores)
    if end is not None:
        around.read_more(before=end == 0)
        scores = _scores_by_any_map(around.looks, picture, matrix, still_size)
    if not len(scores) or scores.max() <= 0:
        return None
    looks = around.looks
    tied = np.flatnonzero(scores >= scores.max() - _TIE)
    best = min(tied.tolist(), key=lambda index: around.off_ms(looks[index]))
    first, last = _held(looks, best)
    ends = looks[last + 1].time if last + 1 < len(looks) else looks[-1].time + around.frame_s
    start = to_millis(looks[first].time)
    return ExactFrame(at_ms=start, from_ms=start, to_ms=to_millis(ends), score=float(scores[best]))


def _better_end(around: Surroundings, scores: NDArray[np.float64]) -> int | None:
    """0 or -1 when the first or the last frame is as good as any and clearly better than the one at the hit, where
    frames further away may be looked at.
    """
    if not len(scores):
        return None
    at_hit = min(range(len(scores)), key=lambda index: around.off_ms(around.looks[index]))
    ends = [end for end, more in zip((0, -1), around.more, strict=True) if more and scores[end] >= scores.max() - _TIE]
    return ends[0] if ends and scores[at_hit] < scores.max() - _TIE else None


def _scores_by_any_map(
    looks: Sequence[_Look], picture: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> NDArray[np.float64]:
    """(n,) the best that each frame has by any of the maps."""
    if not looks:
        return np.zeros(0)
    height, width = looks[0].luma.shape
    to_luma = pixel_scaling(*still_size, (height, width)) @ matrix
    maps = _maps(to_luma, picture, width, height)
    return np.asarray(np.max([_scores(looks, picture, map_) for map_ in maps], axis=0), np.float64)


def _maps(to_luma: Matrix, picture: NDArray[np.uint8], width: int, height: int) -> list[Matrix]:
    """The map itself; and where it says that the picture shows nearly the whole frame, the one for exactly that. The
    first follows the ground of a moving camera, and so would fit the stored frame rather than the one asked for.
    """
    rows, columns = picture.shape[:2]
    corners = np.array([(-0.5, -0.5, 1), (columns - 0.5, rows - 0.5, 1)]) @ to_luma.T
    shares = (corners[:, :2] / corners[:, 2:] + 0.5) / (width, height)
    if np.abs(shares - ((0, 0), (1, 1))).max() > _WHOLE:
        return [to_luma]
    return [pixel_scaling(columns, rows, (height, width))]


def _scores(looks: Sequence[_Look], picture: NDArray[np.uint8], matrix: Matrix) -> NDArray[np.float64]:
    """(n,) correlation of each frame with the picture, where they overlap; 0 where that is too small or plain."""
    height, width = looks[0].luma.shape
    laid, seen = _laid(picture, matrix, width, height)
    if seen.sum() < _LEAST_PIXELS:
        return np.zeros(len(looks))
    frames = np.stack([look.luma[seen] for look in looks]).astype(np.float32)  # (n, pixels)
    frames -= frames.mean(axis=1, keepdims=True)
    asked = laid[seen].astype(np.float32)
    asked -= asked.mean()
    sizes = np.linalg.norm(frames, axis=1) * np.linalg.norm(asked)
    return np.asarray(np.where(sizes > 1e-3, frames @ asked / np.maximum(sizes, 1e-3), 0.0), np.float64)


def _laid(
    picture: NDArray[np.uint8], matrix: Matrix, width: int, height: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The picture's brightness over a frame of `width` x `height`, and where there is any. Large pictures are shrunk by
    averaging first, as laying alone would pick single pixels.
    """
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    rows, columns = gray.shape
    scale = min(1.0, float(np.sqrt(abs(np.linalg.det(matrix[:2, :2] / matrix[2, 2])))))
    size = (max(2, round(columns * scale)), max(2, round(rows * scale)))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    shrunk = matrix @ np.linalg.inv(pixel_scaling(columns, rows, small.shape))
    laid = cv2.warpPerspective(small, shrunk, (width, height))
    seen = cv2.warpPerspective(np.full_like(small, 255), shrunk, (width, height)) == 255
    return np.asarray(laid, np.uint8), np.asarray(seen, np.bool_)


def _held(looks: Sequence[_Look], index: int) -> tuple[int, int]:
    """First and last of the consecutive frames that show the same drawing as frame `index`."""
    first = last = index
    while first > 0 and _apart(looks[first - 1], looks[index]) < _SAME_DRAWING:
        first -= 1
    while last + 1 < len(looks) and _apart(looks[last + 1], looks[index]) < _SAME_DRAWING:
        last += 1
    return first, last


def _apart(one: _Look, other: _Look) -> float:
    return mean_difference(one.luma, other.luma)
