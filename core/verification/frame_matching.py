"""Frame matching: the frame of a video that a picture was taken from, among all drawings around a hit.

Drawings are ranked by correlation of brightness with the picture laid over them. The best are then laid over exactly
(`core.verification.frame_alignment`) and compared by what each leaves unexplained of the picture. The best of them is
told from another one along the very difference of the two: where the picture shows nothing of what the other has and
the best has not, it is the best, however noisy the picture is; where it shows half of that, or where the two differ
only outside a cut, nobody can say, and then the frame is the likeliest one but not certain.

The answer is always the first frame of the drawing, with the time that it is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Rgb
from core.timecode import Millis
from core.verification.frame_alignment import MIN_PIXELS, Overlay, best_shifts, correlations
from core.verification.frame_window import Drawing, FrameWindow, same_drawing
from core.verification.geometry import Matrix

FRAME_MIN_SCORE: Final = 0.95
"""Score from which a frame can be the one that the picture shows."""
CERTAIN_MIN_LEAD: Final = 0.2
"""Lead over every other drawing from which it is that one."""
_MIN_SCORE: Final = 0.7
"""Below, the map was wrong or the frame lies elsewhere: the moment of the hit is as good, among 19 such pictures."""
_WHOLE: Final = 0.04  # of a side: a picture that reaches this near to all four edges shows the whole frame
_WHOLE_LOSS: Final = 0.002  # of correlation, by which the whole frame may fit worse than a map with more freedom
_CANDIDATES: Final = 8
_BAND: Final = 0.05  # of correlation
_NEIGHBOURS: Final = 2
_MAX_CANDIDATES: Final = 20
_INSIDE: Final = 0.7  # of a picture must lie inside of a frame that it is compared with
_MIN_DIFFERENCE: Final = 0.4  # grey levels (root mean square): drawings that differ less are the same to the picture
_BLOCK: Final = 16  # pixels
_EXPLAINED: Final = 2.0
"""Grey levels left of a block, on average. Of 192 undistorted pictures of the development part the right frame left no
more of any block in 90 %; the least that a wrong one left of some block was 3.1."""


@dataclass(frozen=True, slots=True)
class ExactFrame:
    """`at_ms`: the first frame of the drawing that the picture shows, held from `from_ms` until before `to_ms`
    as far as was looked.

    `score` (-1..1): correlation of brightness between the two. `lead` (0..1): how little the picture shows of any other
    drawing around: 1 nothing, 0 as much as of this one.
    """

    at_ms: Millis
    from_ms: Millis
    to_ms: Millis
    score: float
    lead: float

    @property
    def certain(self) -> bool:
        """Whether the picture is of this drawing and no other one around."""
        return self.score >= FRAME_MIN_SCORE and self.lead >= CERTAIN_MIN_LEAD


@dataclass(frozen=True, slots=True)
class _Match:
    """The best drawing of a window; `settled` when looking further can find nothing better: the picture shows the whole
    frame, and the drawing leaves nothing of it unexplained.
    """

    drawing: Drawing
    score: float
    lead: float
    settled: bool


def find_exact_frame(
    window: FrameWindow, picture: Rgb, matrix: Matrix, still_size: tuple[int, int]
) -> ExactFrame | None:
    """Which of the frames around a hit the picture shows. All of the shot and the ends of its neighbours are read,
    unless the first look settles it.

    `picture` is RGB (h, w, 3); `matrix` takes its pixels to those of a stored frame of the hit, of `still_size` (width,
    height). `None` when there is no frame to look at, too little of it in the picture, or none alike. `MediaError` when
    the video cannot be read.
    """
    gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    match = _match(window.drawings, gray, matrix, still_size)
    if match is None or not match.settled:
        window.widen()
        match = _match(window.drawings, gray, matrix, still_size)
    if match is None or match.score < _MIN_SCORE:
        return None
    drawing = window.held(match.drawing)
    return ExactFrame(drawing.from_ms, drawing.from_ms, drawing.to_ms, match.score, match.lead)


def _match(
    drawings: Sequence[Drawing], gray: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> _Match | None:
    """The drawing that leaves least of the picture; `None` when there is nothing to compare."""
    ranking = _ranked(drawings, gray, matrix, still_size) if drawings else None
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


def _ranked(
    drawings: Sequence[Drawing], gray: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int]
) -> _Ranking:
    """By the map; or by the one for exactly the whole frame, where the map says that the picture shows nearly that, or
    where it fits as well: the map would fit the stored frame rather than the one asked for when the camera moves.
    """
    rows, columns = gray.shape
    small, shape = [drawing.frame.small for drawing in drawings], drawings[0].frame.luma.shape
    (height, width), size = small[0].shape, (columns, rows)
    as_whole = correlations(small, Overlay.of(gray, np.eye(3), size, (height, width)))
    whole = _Ranking(as_whole, np.zeros((len(small), 2)), Overlay.of(gray, np.eye(3), size, shape), whole=True)
    overlay = Overlay.of(gray, matrix, still_size, (height, width))
    if overlay.off_edges() <= _WHOLE:
        return whole
    unmoved = correlations(small, overlay)
    moved, shifts = best_shifts(small, Overlay.of(gray, matrix, still_size, (height // 2, width // 2)))
    scores = np.maximum(unmoved, moved)
    if as_whole.max() >= scores.max() - _WHOLE_LOSS:
        return whole
    shifts = np.where((moved >= unmoved)[:, None], shifts, 0) * (shape[1] / (width // 2))
    return _Ranking(scores, shifts, Overlay.of(gray, matrix, still_size, shape), whole=False)


class _Comparison:
    """The likeliest drawings, each laid exactly, and what they leave unexplained of the picture."""

    def __init__(self, drawings: Sequence[Drawing], ranking: _Ranking) -> None:
        self._drawings = drawings
        self._ranking = ranking
        self._parts: dict[int, tuple[NDArray[np.uint8], NDArray[np.bool_]]] = {}
        order = np.argsort(-ranking.scores, kind="stable")[:_CANDIDATES]
        self._candidates = [
            int(number) for number in order if ranking.scores[number] >= ranking.scores[order[0]] - _BAND
        ]

    def match(self) -> _Match | None:
        """The best one, looked for among its neighbours too until those are no better."""
        while True:
            residuals = self._residuals()
            if residuals is None:
                return None
            best = residuals.best
            around = range(max(0, best - _NEIGHBOURS), min(len(self._drawings), best + _NEIGHBOURS + 1))
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
        """Of the candidates that the picture lies inside of, where it lies inside all of these."""
        parts = {number: self._part(number) for number in self._candidates}
        inside = {number: inside for number, (_, inside) in parts.items() if inside.mean() >= _INSIDE}
        shared = np.logical_and.reduce(list(inside.values())) if inside else np.zeros(0, np.bool_)
        if shared.sum() < MIN_PIXELS:
            return None
        return _Residuals(self._ranking.overlay.luma, {number: parts[number][0] for number in inside}, shared)

    def _part(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """What of a drawing the picture should show."""
        if number not in self._parts:
            overlay, luma = self._ranking.overlay, self._drawings[number].frame.luma
            to_frame = overlay.shifted(*self._ranking.shifts[number].tolist())
            if not self._ranking.whole:
                to_frame = overlay.refined(luma, to_frame)
            self._parts[number] = overlay.cut(luma, to_frame)
        return self._parts[number]


class _Residuals:
    """What drawings, each in the picture's own contrast and brightness, leave of the picture, where they are compared.

    `parts` by the number of the drawing, (h, w) like `luma`; `shared` (h, w) bool.
    """

    def __init__(self, luma: NDArray[np.uint8], parts: dict[int, NDArray[np.uint8]], shared: NDArray[np.bool_]) -> None:
        self._shared = shared
        picture = luma[shared].astype(np.float32)
        self._picture = picture - picture.mean()
        self._fits = {number: self._fit(part[shared].astype(np.float32)) for number, part in parts.items()}
        self._sums = {number: _square(self._picture - fit) for number, fit in self._fits.items()}
        self.best = min(self._sums, key=lambda number: self._sums[number])

    def score(self) -> float:
        """Correlation of the best one with the picture."""
        fit = self._fits[self.best]
        size = float(np.linalg.norm(fit) * np.linalg.norm(self._picture))
        return float(fit @ self._picture) / size if size > 1e-3 else 0.0

    @property
    def numbers(self) -> Iterable[int]:
        """Of the drawings that were compared."""
        return self._fits

    def lead(self, rivals: Iterable[int]) -> float:
        """Of the best one over the likeliest of these: 1 less twice the picture's share of their difference."""
        return min(map(self._lead_over, rivals), default=1.0)

    def explain_everything(self) -> bool:
        """Whether the best one leaves next to nothing of any part of the picture."""
        left = np.zeros(self._shared.shape, np.float32)
        left[self._shared] = np.abs(self._picture - self._fits[self.best])
        rows, columns = self._shared.shape
        blocks = max(1, columns // _BLOCK), max(1, rows // _BLOCK)
        return bool(cv2.resize(left, blocks, interpolation=cv2.INTER_AREA).max() <= _EXPLAINED)

    def _fit(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        values = values - values.mean()
        return np.asarray(values * (float(values @ self._picture) / max(_square(values), 1e-6)), np.float32)

    def _lead_over(self, number: int) -> float:
        """By least squares: picture = best + share x (other - best), so 0 for the one and 1 for the other."""
        apart = _square(self._fits[self.best] - self._fits[number])
        if apart < _MIN_DIFFERENCE**2 * self._picture.size:
            return 0.0
        share = (1 + (self._sums[self.best] - self._sums[number]) / apart) / 2
        return float(np.clip(1 - 2 * share, 0, 1))


def _square(values: NDArray[np.float32]) -> float:
    return float(values @ values)
