"""The frame of a video that a picture was taken from, by comparing it with every frame around a hit.

The picture is laid over the frames by the map that `core.verification` found, and correlated with the brightness of
each, which no change of colour or contrast disturbs. The map belongs to a stored frame from another moment and may
follow what moved since then, so a cut is also shifted a little. Frames of one held drawing cannot be told apart: the
answer is the first of them, with the time that the drawing is held.
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
ALIKE: Final = 0.95
"""Score from which a frame is the one that the picture shows: among 312 pictures of the development part, distorted in
eight ways, so high a score was that of the right frame, or of one that looks like it, in 96 %."""
_REACH_MS: Final = 500  # indexed frames are further apart only where hardly anything moves
_FAR_MS: Final = 1500
_SAME_DRAWING: Final = 1.0  # grey levels apart on average, at `_WIDTH`
_TIE: Final = 0.001  # of correlation
_LEAST_PIXELS: Final = 150
_SHIFT: Final = 8  # pixels to any side, at `_WIDTH`
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
    as far as was looked. `score` (-1..1): correlation of brightness between the two; `lead`: how far that is above that
    of any frame of another drawing.
    """

    at_ms: Millis
    from_ms: Millis
    to_ms: Millis
    score: float
    lead: float


@dataclass(frozen=True, slots=True)
class _Look:
    time: Fraction
    luma: NDArray[np.uint8]  # (h, 160)


class Surroundings:
    """The frames half a second to either side of a moment, inside a span, and more when they are asked for.

    Making it and asking for more decodes video: `MediaError` when it cannot be read.
    """

    def __init__(self, source: Path | str, span: Span, *, threads: int = 1, seekable: bool = True) -> None:
        self.span = span
        self._source = source
        self._threads = threads
        self._seekable = seekable
        self.looks = self._read(max(span.from_ms, span.at_ms - _REACH_MS), min(span.to_ms, span.at_ms + _REACH_MS))

    def widen(self) -> None:
        """Look three times as far to both sides, over the ends of the span: cuts may be wrong by that much."""
        self.looks = self._read(self.span.at_ms - _FAR_MS, self.span.at_ms + _FAR_MS)

    def off_ms(self, look: "_Look") -> int:
        """How far a frame is from the moment."""
        return abs(to_millis(look.time) - self.span.at_ms)

    def _read(self, from_ms: int, to_ms: int) -> list["_Look"]:
        start = Fraction(max(from_ms, 0), 1000) - Fraction(1, 2000)
        end = max(Fraction(to_ms, 1000) - Fraction(1, 2000), start + Fraction(1, 500))
        with VideoReader(self._source, threads=self._threads, seekable=self._seekable) as video:
            height = max(1, round(_WIDTH * video.info.height / video.info.width))
            self.frame_s = 1 / (video.info.rate or Fraction(25))
            return [
                _Look(frame.time, np.asarray(cv2.cvtColor(frame.rgb(_WIDTH, height), cv2.COLOR_RGB2GRAY), np.uint8))
                for frame in video.frames(start, end)
            ]


def find_exact_frame(
    around: Surroundings, picture: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> ExactFrame | None:
    """Which of the frames around a hit the picture shows; more are read when none of them is `ALIKE`, or when the
    likeliest is the first or the last.

    `picture` is RGB (h, w, 3); `matrix` takes its pixels to those of a stored frame of the hit, of `still_size` (width,
    height). `None` when there is no frame to look at, or too little of it in the picture. `MediaError` when the video
    cannot be read.
    """
    scores = _scores(around.looks, picture, matrix, still_size)
    if scores.max(initial=-1.0) < ALIKE or _best_at_an_end(around, scores):
        around.widen()
        scores = _scores(around.looks, picture, matrix, still_size)
    if not len(scores) or scores.max() <= 0:
        return None
    looks = around.looks
    tied = np.flatnonzero(scores >= scores.max() - _TIE)
    best = min(tied.tolist(), key=lambda index: around.off_ms(looks[index]))
    first, last = _held(looks, best)
    ends = looks[last + 1].time if last + 1 < len(looks) else looks[-1].time + around.frame_s
    start = to_millis(looks[first].time)
    lead = float(scores[best] - max(scores[:first].max(initial=-1.0), scores[last + 1 :].max(initial=-1.0)))
    return ExactFrame(at_ms=start, from_ms=start, to_ms=to_millis(ends), score=float(scores[best]), lead=lead)


def _best_at_an_end(around: Surroundings, scores: NDArray[np.float64]) -> bool:
    """Whether the first or the last frame is as good as any and clearly better than the one at the hit."""
    at_hit = min(range(len(scores)), key=lambda index: around.off_ms(around.looks[index]))
    return bool(scores[at_hit] < scores.max() - _TIE <= max(scores[0], scores[-1]))


def _scores(
    looks: Sequence[_Look], picture: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> NDArray[np.float64]:
    """(n,) correlation of each frame with the picture, where they overlap; 0 where that is too small or plain.

    By the map; or where that says that the picture shows nearly the whole frame, by the one for exactly that, as the
    first would fit the stored frame rather than the one asked for when the camera moves.
    """
    if not looks:
        return np.zeros(0)
    height, width = looks[0].luma.shape
    rows, columns = picture.shape[:2]
    to_luma = pixel_scaling(*still_size, (height, width)) @ matrix
    corners = np.array([(-0.5, -0.5, 1), (columns - 0.5, rows - 0.5, 1)]) @ to_luma.T
    shares = (corners[:, :2] / corners[:, 2:] + 0.5) / (width, height)
    whole = np.abs(shares - ((0, 0), (1, 1))).max() <= _WHOLE
    laid, seen = _laid(picture, pixel_scaling(columns, rows, (height, width)) if whole else to_luma, width, height)
    if seen.sum() < _LEAST_PIXELS:
        return np.zeros(len(looks))
    scores = _correlations(looks, laid, seen)
    return scores if whole else np.maximum(scores, _shifted(looks, laid, seen))


def _correlations(looks: Sequence[_Look], laid: NDArray[np.uint8], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) of the pixels that are seen."""
    frames = np.stack([look.luma[seen] for look in looks]).astype(np.float32)  # (n, pixels)
    frames -= frames.mean(axis=1, keepdims=True)
    asked = laid[seen].astype(np.float32)
    asked -= asked.mean()
    sizes = np.linalg.norm(frames, axis=1) * np.linalg.norm(asked)
    return np.asarray(np.where(sizes > 1e-3, frames @ asked / np.maximum(sizes, 1e-3), 0.0), np.float64)


def _shifted(looks: Sequence[_Look], laid: NDArray[np.uint8], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) the best correlation at any shift of what is seen, or of the largest upright part of it that is whole."""
    box = _filled_box(seen)
    part = laid[box]
    if part.size < _LEAST_PIXELS or part.std() < 1:
        return np.zeros(len(looks))
    rows, columns = (slice(side.start, side.stop + 2 * _SHIFT) for side in box)
    around = (
        cv2.copyMakeBorder(look.luma, _SHIFT, _SHIFT, _SHIFT, _SHIFT, cv2.BORDER_REPLICATE)[rows, columns]
        for look in looks
    )
    return np.array([cv2.matchTemplate(one, part, cv2.TM_CCOEFF_NORMED).max() for one in around], np.float64)


def _filled_box(seen: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of a box in which all is seen: from the box around all of it, sides are taken off while any of
    them has a gap, that with the largest gap first.
    """
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    while top < bottom and left < right:
        part = ~seen[top:bottom, left:right]
        gaps = [float(side.mean()) for side in (part[0], part[-1], part[:, 0], part[:, -1])]
        side = int(np.argmax(gaps))
        if not gaps[side]:
            break
        top, bottom = top + (side == 0), bottom - (side == 1)
        left, right = left + (side == 2), right - (side == 3)
    return slice(top, bottom), slice(left, right)


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
