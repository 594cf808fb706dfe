"""The frame of a video that a picture was taken from, by comparing it with every frame around a hit.

The picture is laid over the frames by the map that `core.verification` found, and correlated with the brightness of
each, which no change of colour or contrast disturbs. Frames of one held drawing cannot be told apart: the answer is the
first of them, with the time that the drawing is held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.timecode import Millis, to_millis
from core.verification import Matrix, pixel_scaling
from core.video.reading import VideoReader

_WIDTH: Final = 160
_REACH_MS: Final = 1000
_ENOUGH_MS: Final = 500  # after the hit: indexed frames are further apart only where hardly anything moves
_SAME_DRAWING: Final = 1.0  # grey levels apart on average, at `_WIDTH`
_TIE: Final = 0.001  # of correlation
_LEAST_PIXELS: Final = 150
_PLAIN: Final = 1e-3
_WHOLE: Final = 0.04  # of a side: a picture that reaches this near to all four edges shows the whole frame


@dataclass(frozen=True, slots=True)
class Hit:
    """Where to look: at `at_ms`, not before `from_ms` and not from `to_ms` on, and at most a second to either side; half
    a second after `at_ms` is enough unless the frames grow likelier until there.
    """

    from_ms: Millis
    at_ms: Millis
    to_ms: Millis


@dataclass(frozen=True, slots=True)
class ExactFrame:
    """`at_ms`: the first frame of the drawing that the picture shows, which is held from `from_ms` until before `to_ms`
    as far as was looked. `score` (-1..1): correlati@dataclass(frozen=True, slots=True)
class _Look:
    time: Fraction
    luma: NDArray[np.uint8]  # (h, 160)


@dataclass(frozen=True, slots=True)
class _Laid:
    """Brightness of the picture less its mean, (pixels,), laid over frames where `seen` (h, 160); `size` is its
    length.
    """

    seen: NDArray[np.bool_]
    values: NDArray[np.float32]
    size: float

    def score(self, look: _Look) -> float:
        """Correlation of a frame with the picture; 0 where either is plain."""
        frame = look.luma[self.seen].astype(np.float32)
        frame -= frame.mean()
        size = self.size * float(np.linalg.norm(frame))
        return float(frame @ self.values) / size if size > _PLAIN else 0.0


def find_exact_frame(
    source: Path | str,
    hit: Hit,
    picture: NDArray[np.uint8],
    matrix: Matrix,
    still_size: tuple[int, int],
    *,
    threads: int = 1,
) -> ExactFrame | None:
    """Decode the video around a hit and say which frame the picture shows.

    `picture` is RGB (h, w, 3); `matrix` takes its pixels to those of a stored frame of the hit, of `still_size` (width,
    height). `None` when there is no frame to look at, or too little of it in the picture. `MediaError` when the video
    cannot be read.
    """
    looks: list[_Look] = []
    scores: list[float] = []
    laid: list[_Laid] = []
    with VideoReader(source, threads=threads) as video:
        start, end = _span(hit)
        for look in _looks(video, start, end):
            looks.append(look)
            laid = laid or _layings(look, picture, matrix, still_size)
            scores.append(max((one.score(look) for one in laid), default=0.0))
            if to_millis(look.time) >= hit.at_ms + _ENOUGH_MS and not _still_rising(looks, scores, hit):
                break
        frame_s = 1 / (video.info.rate or Fraction(25))
    if not scores or max(scores) <= 0:
        return None
    tied = [index for index, score in enumerate(scores) if score >= max(scores) - _TIE]
    best = min(tied, key=lambda index: abs(to_millis(looks[index].time) - hit.at_ms))
    first, last = _held(looks, best)
    ends = looks[last + 1].time if last + 1 < len(looks) else looks[-1].time + frame_s
    at_ms = to_millis(looks[first].time)
    return ExactFrame(at_ms=at_ms, from_ms=at_ms, to_ms=to_millis(ends), score=scores[best])


def _span(hit: Hit) -> tuple[Fraction, Fraction]:
    """From when, and until before when frames are looked at, in seconds."""
    start = Fraction(max(hit.from_ms, hit.at_ms - _REACH_MS, 0), 1000) - Fraction(1, 2000)
    end = Fraction(min(hit.to_ms, hit.at_ms + _REACH_MS), 1000) - Fraction(1, 2000)
    return start, max(end, start + Fraction(1, 500))


def _looks(video: VideoReader, start: Fraction, end: Fraction) -> Iterator[_Look]:
    height = max(1, round(_WIDTH * video.info.height / video.info.width))
    for frame in video.frames(start, end):
        gray = cv2.cvtColor(frame.rgb(_WIDTH, height), cv2.COLOR_RGB2GRAY)
        yield _Look(frame.time, np.asarray(gray, np.uint8))


def _still_rising(looks: Sequence[_Look], scores: Sequence[float], hit: Hit) -> bool:
    """Whether the last frame is as good as any, and what was there up to the hit is not: a better one may follow."""
    best = max(scores)
    until_hit = max(
        (score for look, score in zip(looks, scores, strict=True) if to_millis(look.time) <= hit.at_ms), default=0.0
    )
    return scores[-1] >= best - _TIE > until_hit


def _layings(
    look: _Look, picture: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> list[_Laid]:
    """The picture over frames like this one, by each map that it may lie by."""
    height, width = look.luma.shape
    to_luma = pixel_scaling(*still_size, (height, width)) @ matrix
    found = [_laying(picture, map_, width, height) for map_ in _maps(to_luma, picture, width, height)]
    return [one for one in found if one is not None]


     ]
        rate = video.info.rate or Fraction(25)
    return looks, looks[-1].time + 1 / rate if looks else end


def _maps(to_luma: Matrix, picture: NDArray[np.uint8], width: int, height: int) -> list[Matrix]:
    """The map itself; and where it says that the picture shows nearly the whole frame, the one for exactly that. The
    first follows the ground of a moving camera, and so would fit the stored frame rather than the one asked for.
    """
    rows, columns = picture.shape[:2]
    corners = np.array([(-0.5, -0.5, 1), (columns - 0.5, rows - 0.5, 1)]) @ to_luma.T
    shares = (corners[:, :2] / corners[:, 2:] + 0.5) / (width, height)
    if np.abs(shares - ((def _laying(picture: NDArray[np.uint8], matrix: Matrix, width: int, height: int) -> _Laid | None:
    """The picture over frames of `width` x `height`; `None` where they share too little."""
    laid, seen = _laid(picture, matrix, width, height)
    if seen.sum() < _LEAST_PIXELS:
        return None
    values = laid[seen].astype(np.float32)
    values -= values.mean()
    return _Laid(seen, values, float(np.linalg.norm(values)))


orm(asked)
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
    return cv2.norm(one.luma, other.luma, cv2.NORM_L1) / one.luma.size
