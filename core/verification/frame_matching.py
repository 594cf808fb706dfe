"""Frame matching: the frame of a video that a picture was taken from, among all drawings around a hit.

Drawings are ranked by correlation of brightness with the picture laid over them. The best are then aligned exactly
(`core.verification.frame_alignment`) and compared by their residuals, the part of the picture that each does not
explain. The lead of the best drawing over another one is measured along the difference of the two: it is 1 when the
picture shows nothing of that difference, however noisy it is, and 0 when it shows half of it, or when the two differ
only outside the picture's crop. Without a lead the frame is the most probable one but not certain.

The answer is always the first frame of the drawing, with the time for which the drawing is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from core.timecode import Millis
from core.verification.frame_alignment import MIN_OVERLAP_PIXELS, Overlay, best_shifts, correlations
from core.verification.frame_window import Drawing, FrameWindow, same_drawing
from core.verification.geometry import Matrix

FRAME_MIN_SCORE: Final = 0.95
"""Lowest score of a certain frame."""
CERTAIN_MIN_LEAD: Final = 0.2
"""Lowest lead over every other drawing of a certain frame."""
_MIN_SCORE: Final = 0.7
"""Below this score the map was wrong or the frame is elsewhere; the moment of the hit was as good in 19 such
pictures.
"""
_WHOLE_FRAME_MAX_OFFSET: Final = 0.04  # of a side, from all four edges: such a picture shows the whole frame
_WHOLE_FRAME_MAX_LOSS: Final = 0.002  # of correlation, compared with a map of more freedom
_FIRST_CANDIDATES: Final = 8
_CANDIDATE_MAX_LOSS: Final = 0.05  # of correlation
_NEIGHBOUR_DRAWINGS: Final = 2
_MAX_CANDIDATES: Final = 20
_INSIDE_MIN_SHARE: Final = 0.7  # of the picture, inside a frame that it is compared with
_MIN_DIFFERENCE_LEVELS: Final = 0.4  # root mean square: drawings that differ by less cannot be told apart
_BLOCK_PIXELS: Final = 16  # pixels
_EXPLAINED_MAX_LEVELS: Final = 2.0
"""Highest residual of a block that is explained, in grey levels on average. In 90 % of 192 undistorted pictures of the
development part no block of the right frame was above; the lowest maximum of a wrong frame was 3.1."""


@dataclass(frozen=True, slots=True)
class MatchedFrame:
    """`at_ms`: the first frame of the drawing that the picture shows, from `from_ms` until before `to_ms` as far as was
    read.

    `score` (-1..1): correlation of brightness of picture and frame. `lead` (0..1): lead over every other drawing of the
    window: 1 when the picture shows nothing of any other, 0 when as much as of this one.
    """

    at_ms: Millis
    from_ms: Millis
    to_ms: Millis
    score: float
    lead: float

    @property
    def is_exact(self) -> bool:
        """Whether the picture certainly shows this drawing and no other one of the window."""
        return self.score >= FRAME_MIN_SCORE and self.lead >= CERTAIN_MIN_LEAD


@dataclass(frozen=True, slots=True)
class _Match:
    """The best drawing of a window; `settled` when no further drawing can be better: the picture shows the whole
    frame, and the drawing explains all of it.
    """

    drawing: Drawing
    score: float
    lead: float
    settled: bool


def match_frame(window: FrameWindow, picture: Rgb, matrix: Matrix, still_size: tuple[int, int]) -> MatchedFrame | None:
    """Finds the frame that the picture shows, among those around a hit. The whole shot and the adjoining ends of its
    neighbours are read, unless the frames near the hit settle it.

    `picture` is RGB (h, w, 3); `matrix` takes its pixels to those of a stored frame of the hit, of `still_size`
    (width, height). `None` when there is no frame, too little of it is in the picture, or none is similar.
    `MediaError` when the video cannot be read.
    """
    gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    match = _match(window.drawings, gray, matrix, still_size)
    if match is None or not match.settled:
        window.widen()
        match = _match(window.drawings, gray, matrix, still_size)
    if match is None or match.score < _MIN_SCORE:
        return None
    drawing = window.extend_drawing(match.drawing)
    return MatchedFrame(drawing.from_ms, drawing.from_ms, drawing.to_ms, match.score, match.lead)


def _match(
    drawings: Sequence[Drawing], gray: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> _Match | None:
    """The drawing with the smallest residual; `None` when there is nothing to compare."""
    ranking = _rank_drawings(drawings, gray, matrix, still_size) if drawings else None
    if ranking is None or ranking.scores.max() <= 0:
        return None
    return _Comparison(drawings, ranking).match()


@dataclass(frozen=True, slots=True)
class _Ranking:
    """`scores` (n,) of drawings. The picture shows the `whole` frame; or `overlay` and a drawing's shift, of (n, 2)
    pixels of the frame, say which part of it.
    """

    scores: NDArray[np.float64]
    shifts: NDArray[np.float64]
    overlay: Overlay
    whole: bool


def _rank_drawings(
    drawings: Sequence[Drawing], gray: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> _Ranking:
    """Ranks drawings by the map; or by the map of exactly the whole frame, where the picture shows nearly that or
    where it fits as well: when the camera moves, the given map fits the stored frame and not the wanted one.
    """
    rows, columns = gray.shape
    small, shape = [drawing.frame.small for drawing in drawings], drawings[0].frame.luma.shape
    (height, width), size = small[0].shape, (columns, rows)
    as_whole = correlations(small, Overlay.of(gray, np.eye(3), size, (height, width)))
    whole = _Ranking(as_whole, np.zeros((len(small), 2)), Overlay.of(gray, np.eye(3), size, shape), whole=True)
    overlay = Overlay.of(gray, matrix, still_size, (height, width))
    if overlay.off_edges() <= _WHOLE_FRAME_MAX_OFFSET:
        return whole
    unmoved = correlations(small, overlay)
    moved, shifts = best_shifts(small, Overlay.of(gray, matrix, still_size, (height // 2, width // 2)))
    scores = np.maximum(unmoved, moved)
    if as_whole.max() >= scores.max() - _WHOLE_FRAME_MAX_LOSS:
        return whole
    shifts = np.where((moved >= unmoved)[:, None], shifts, 0) * (shape[1] / (width // 2))
    return _Ranking(scores, shifts, Overlay.of(gray, matrix, still_size, shape), whole=False)


class _Comparison:
    """The most probable drawings, each aligned exactly, and their residuals."""

    def __init__(self, drawings: Sequence[Drawing], ranking: _Ranking) -> None:
        self._drawings = drawings
        self._ranking = ranking
        self._parts: dict[int, tuple[NDArray[np.uint8], NDArray[np.bool_]]] = {}
        order = np.argsort(-ranking.scores, kind="stable")[:_FIRST_CANDIDATES]
        self._candidates = [
            int(number) for number in order if ranking.scores[number] >= ranking.scores[order[0]] - _CANDIDATE_MAX_LOSS
        ]

    def match(self) -> _Match | None:
        """The best drawing; its neighbours become candidates too until none of them is better."""
        while True:
            residuals = self._residuals()
            if residuals is None:
                return None
            best = residuals.best
            around = range(max(0, best - _NEIGHBOUR_DRAWINGS), min(len(self._drawings), best + _NEIGHBOUR_DRAWINGS + 1))
            more = [number for number in around if number not in self._candidates]
            if not more or len(self._candidates) >= _MAX_CANDIDATES:
                break
            self._candidates += more
        settled = self._ranking.whole and residuals.explain_everything()
        drawing = self._drawings[best]
        rivals = [
            number for number in residuals.numbers if not same_drawing(drawing.frame, self._drawings[number].frame)
        ]
        return _Match(drawing, residuals.score(), residuals.lead(rivals), settled)

    def _residuals(self) -> "_Residuals | None":
        """Residuals of the candidates that contain the picture, in the pixels that all of them have."""
        parts = {number: self._part(number) for number in self._candidates}
        inside = {number: inside for number, (_, inside) in parts.items() if inside.mean() >= _INSIDE_MIN_SHARE}
        shared = np.logical_and.reduce(list(inside.values())) if inside else np.zeros(0, np.bool_)
        if shared.sum() < MIN_OVERLAP_PIXELS:
            return None
        return _Residuals(self._ranking.overlay.luma, {number: parts[number][0] for number in inside}, shared)

    def _part(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The part of a drawing that the picture should show."""
        if number not in self._parts:
            overlay, luma = self._ranking.overlay, self._drawings[number].frame.luma
            to_frame = overlay.shifted(*self._ranking.shifts[number].tolist())
            if not self._ranking.whole:
                to_frame = overlay.refined(luma, to_frame)
            self._parts[number] = overlay.cut(luma, to_frame)
        return self._parts[number]


class _Residuals:
    """Residuals of drawings, each scaled to the contrast and brightness of the picture, in the compared pixels.

    `parts` by the number of the drawing, (h, w) like `luma`; `shared` (h, w) bool.
    """

    def __init__(self, luma: NDArray[np.uint8], parts: dict[int, NDArray[np.uint8]], shared: NDArray[np.bool_]) -> None:
        self._shared = shared
        picture = luma[shared].astype(np.float32)
        self._picture = picture - picture.mean()
        self._fits = {number: self._fit(part[shared].astype(np.float32)) for number, part in parts.items()}
        self._sums = {number: _squared_length(self._picture - fit) for number, fit in self._fits.items()}
        self.best = min(self._sums, key=lambda number: self._sums[number])

    def score(self) -> float:
        """Correlation of the best drawing with the picture."""
        fit = self._fits[self.best]
        size = float(np.linalg.norm(fit) * np.linalg.norm(self._picture))
        return float(fit @ self._picture) / size if size > 1e-3 else 0.0

    @property
    def numbers(self) -> Iterable[int]:
        """Numbers of the compared drawings."""
        return self._fits

    def lead(self, rivals: Iterable[int]) -> float:
        """Returns the lead of the best drawing over the most probable rival; 1 without rivals."""
        return min(map(self._lead_over, rivals), default=1.0)

    def explain_everything(self) -> bool:
        """Whether the best drawing explains every block of the picture."""
        left = np.zeros(self._shared.shape, np.float32)
        left[self._shared] = np.abs(self._picture - self._fits[self.best])
        rows, columns = self._shared.shape
        blocks = max(1, columns // _BLOCK_PIXELS), max(1, rows // _BLOCK_PIXELS)
        return bool(cv2.resize(left, blocks, interpolation=cv2.INTER_AREA).max() <= _EXPLAINED_MAX_LEVELS)

    def _fit(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        values = values - values.mean()
        return np.asarray(values * (float(values @ self._picture) / max(_squared_length(values), 1e-6)), np.float32)

    def _lead_over(self, number: int) -> float:
        """By least squares: picture = best + share x (rival - best); share 0 for the best, 1 for the rival."""
        apart = _squared_length(self._fits[self.best] - self._fits[number])
        if apart < _MIN_DIFFERENCE_LEVELS**2 * self._picture.size:
            return 0.0
        share = (1 + (self._sums[self.best] - self._sums[number]) / apart) / 2
        return float(np.clip(1 - 2 * share, 0, 1))


def _squared_length(values: NDArray[np.float32]) -> float:
    return float(values @ values)
