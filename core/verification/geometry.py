"""Geometric verification: whether a picture shows a stored frame, by local features, a map and brightness.

Points that match both ways are fitted by the simplest map that explains them (RANSAC, Fischler and Bolles 1981; for a
homography MAGSAC, Barath et al. 2019). The map must be one that a cut, scaled, stretched or photographed frame has;
the points must be spread over what the two pictures share, so that a subtitle or a station's logo alone is not enough;
and the stored frame, laid over the picture by the map, must agree with it in brightness.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from core.domain import Area
from core.keypoints.detector import Keypoints

Matrix = NDArray[np.float64]
"""(3, 3): x, y of one picture to those of another, homogeneous."""

MATCH_MIN_COSINE: Final = 0.8
"""Lowest cosine of matching descriptors, for those of `KeypointDetector`."""
_MIN_INLIERS: Final = 8
_INLIER_TOLERANCE: Final = 0.01  # of the still's longest side
_RANSAC_ITERATIONS: Final = 1000
_RANSAC_CONFIDENCE: Final = 0.995
_MODEL_MIN_GAIN: Final = 1.25  # times the inliers of a map with fewer free numbers
_HOMOGRAPHY_MIN_INLIERS: Final = 20  # with fewer, eight free numbers fit anything
_SCALE_RANGE: Final = (1 / 8, 8.0)
_MAX_STRETCH: Final = 2.5
_MAX_TURN_DEGREES: Final = 30.0
_MAX_SLANT_DEGREES: Final = 20.0
_MIN_SPREAD: Final = 0.04
_MIN_OVERLAP: Final = 0.01  # of the still
_MIN_OVERLAP_PIXELS: Final = 150
_MIN_AGREEMENT: Final = 0.25
_HALF_SCORE_INLIERS: Final = 30.0
_DETAIL_PIXELS: Final = 6.0  # of the small brightness picture; larger structures are background


@dataclass(frozen=True, slots=True)
class Verification:
    """How a picture fits a stored frame.

    `inliers`: points that agree with the map. `agreement` (-1..1): of brightness where the two overlap.
    `score` (0..1) joins the two and may be compared between pictures. `box`: the part of the frame that the picture
    shows. `matrix` takes pixels of the picture to pixels of the still. `pairs` (inliers, 4) float32: the points that
    agree, x and y in the picture, then x and y in the still, in pixels.
    """

    inliers: int
    agreement: float
    score: float
    box: Area
    matrix: Matrix
    pairs: NDArray[np.float32]

    @property
    def stretch(self) -> float:
        """Ratio of the largest to the smallest scale of the map over all directions; 1 for a similarity."""
        larger, smaller = np.linalg.svd(self.matrix[:2, :2], compute_uv=False)
        return float(larger / smaller)


@dataclass(frozen=True, slots=True)
class _Fit:
    matrix: Matrix
    inliers: NDArray[np.bool_]

    @property
    def count(self) -> int:
        return int(self.inliers.sum())


def verify(query: Keypoints, still: Keypoints, *, min_cosine: float = MATCH_MIN_COSINE) -> Verification | None:
    """Verifies that `query` shows `still`; `None` when it does not.

    A mirrored picture is not verified: the caller detects keypoints of its mirror image. The result is deterministic.
    """
    pairs = _matches(query, still, min_cosine)
    if len(pairs) < _MIN_INLIERS:
        return None
    from_points, to_points = query.points[pairs[:, 0]], still.points[pairs[:, 1]]
    fit = _fit(from_points, to_points, _INLIER_TOLERANCE * max(still.width, still.height))
    if fit is None or fit.count < _MIN_INLIERS:
        return None
    overlap = _overlap(fit.matrix, query, still)
    if overlap is None or _spread(to_points[fit.inliers], overlap) < _MIN_SPREAD:
        return None
    agreement = _agreement(query, still, fit.matrix)
    if agreement < _MIN_AGREEMENT:
        return None
    return Verification(
        inliers=fit.count,
        agreement=agreement,
        score=agreement * fit.count / (fit.count + _HALF_SCORE_INLIERS),
        box=_box(overlap, still),
        matrix=fit.matrix,
        pairs=np.hstack([from_points, to_points])[fit.inliers],
    )


def _matches(query: Keypoints, still: Keypoints, min_cosine: float) -> NDArray[np.intp]:
    """(n, 2) indices of points that are mutual nearest neighbours."""
    if not len(query) or not len(still):
        return np.empty((0, 2), np.intp)
    cosines = query.descriptors @ still.descriptors.T
    nearest = cosines.argmax(axis=1)
    rows = np.arange(len(query))
    mutual = cosines.argmax(axis=0)[nearest] == rows
    chosen = np.flatnonzero(mutual & (cosines[rows, nearest] > min_cosine))
    return np.stack([chosen, nearest[chosen]], axis=1)


def _fit(from_points: NDArray[np.float32], to_points: NDArray[np.float32], tolerance: float) -> _Fit | None:
    """The simplest map that most points agree with: a similarity; an affine map when it has clearly more inliers, as
    for a stretched picture; a homography likewise, as for a photo. More free numbers have more inliers by chance.
    """
    best: _Fit | None = None
    for estimate, min_inliers in ((_similarity, 0), (_affine, 0), (_homography, _HOMOGRAPHY_MIN_INLIERS)):
        if best and best.count * _MODEL_MIN_GAIN >= len(from_points):
            break
        fit = estimate(from_points, to_points, tolerance)
        if fit and fit.count >= max(min_inliers, _MODEL_MIN_GAIN * best.count if best else 0):
            best = fit
    return best


def _similarity(from_points: NDArray[np.float32], to_points: NDArray[np.float32], tolerance: float) -> _Fit | None:
    return _as_fit(
        *cv2.estimateAffinePartial2D(
            from_points,
            to_points,
            ransacReprojThreshold=tolerance,
            maxIters=_RANSAC_ITERATIONS,
            confidence=_RANSAC_CONFIDENCE,
        )
    )


def _affine(from_points: NDArray[np.float32], to_points: NDArray[np.float32], tolerance: float) -> _Fit | None:
    return _as_fit(
        *cv2.estimateAffine2D(
            from_points,
            to_points,
            ransacReprojThreshold=tolerance,
            maxIters=_RANSAC_ITERATIONS,
            confidence=_RANSAC_CONFIDENCE,
        )
    )


def _homography(from_points: NDArray[np.float32], to_points: NDArray[np.float32], tolerance: float) -> _Fit | None:
    return _as_fit(
        *cv2.findHomography(
            from_points,
            to_points,
            cv2.USAC_MAGSAC,
            tolerance,
            maxIters=_RANSAC_ITERATIONS,
            confidence=_RANSAC_CONFIDENCE,
        )
    )


def _as_fit(matrix: MatLike | None, inliers: MatLike | None) -> _Fit | None:
    """Converts the result of OpenCV: no map, two rows of a map without perspective, or three rows."""
    if matrix is None or inliers is None:
        return None
    whole = np.asarray(matrix, np.float64)
    return _Fit(whole if len(whole) == 3 else np.vstack([whole, [0.0, 0.0, 1.0]]), inliers.ravel().astype(bool))


def _overlap(matrix: Matrix, query: Keypoints, still: Keypoints) -> NDArray[np.float32] | None:
    """Part of the still that the query covers, a convex polygon (n, 2) in its pixels; `None` for a map that no
    picture of a frame can have: mirrored, folded, turned, far too small, large or stretched.
    """
    corners = _corners(query.width, query.height)
    homogeneous = np.column_stack([corners, np.ones(4)]) @ matrix.T
    if homogeneous[:, 2].min() <= 0.1 * homogeneous[:, 2].max():
        return None
    quad = (homogeneous[:, :2] / homogeneous[:, 2:]).astype(np.float32)
    area = cv2.contourArea(quad, oriented=True)
    if area <= 0 or not cv2.isContourConvex(quad):
        return None
    if not _is_plausible(matrix / matrix[2, 2], query, still):
        return None
    frame = _corners(still.width, still.height)
    shared, polygon = cv2.intersectConvexConvex(quad, frame)
    if polygon is None or shared < _MIN_OVERLAP * still.width * still.height:
        return None
    return np.asarray(polygon, np.float32).reshape(-1, 2)


def _is_plausible(matrix: Matrix, query: Keypoints, still: Keypoints) -> bool:
    """Whether scale (of the longest sides), stretch, turn of each axis and slant between them are within bounds."""
    relative = matrix[:2, :2] * (max(query.width, query.height) / max(still.width, still.height))
    larger, smaller = np.linalg.svd(relative, compute_uv=False)
    low, high = _SCALE_RANGE
    (across_x, down_x), (across_y, down_y) = relative
    turns = np.degrees([np.arctan2(across_y, across_x), np.arctan2(-down_x, down_y)])
    upright = np.abs(turns).max() <= _MAX_TURN_DEGREES and abs(turns[0] - turns[1]) <= _MAX_SLANT_DEGREES
    return bool(low <= smaller and larger <= high and larger <= _MAX_STRETCH * smaller and upright)


def _corners(width: int, height: int) -> NDArray[np.float32]:
    """Corners, clockwise on the screen, so that areas are positive."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - np.float32(0.5)


def _spread(points: NDArray[np.float32], overlap: NDArray[np.float32]) -> float:
    """Standard deviation of points in their narrowest direction, in sides of a square of the overlap's area."""
    if len(points) < 3:
        return 0.0
    narrowest = float(np.linalg.eigvalsh(np.cov(points.T.astype(np.float64)))[0])
    return float(np.sqrt(max(narrowest, 0.0) / max(cv2.contourArea(overlap), 1e-9)))


def _agreement(query: Keypoints, still: Keypoints, matrix: Matrix) -> float:
    """Agreement of brightness over the overlap, -1..1: the mean of the correlations of brightness and of its details,
    as backgrounds (bars at the sides, a bright sky) correlate between scenes. 0 where the overlap is too small or
    plain.
    """
    height, width = query.luma.shape
    to_luma = pixel_scaling(still.width, still.height, still.luma.shape)
    small = to_luma @ matrix @ np.linalg.inv(pixel_scaling(query.width, query.height, query.luma.shape))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpPerspective(still.luma, small, (width, height), flags=flags)
    covered = cv2.warpPerspective(np.full(still.luma.shape, 255, np.uint8), small, (width, height), flags=flags) == 255
    if covered.sum() < _MIN_OVERLAP_PIXELS:
        return 0.0
    weight = np.maximum(cv2.GaussianBlur(covered.astype(np.float32), (0, 0), _DETAIL_PIXELS), np.float32(1e-3))
    query_luma, still_luma = (np.where(covered, luma, 0).astype(np.float32) for luma in (query.luma, laid))
    query_detail, still_detail = (
        side - cv2.GaussianBlur(side, (0, 0), _DETAIL_PIXELS) / weight for side in (query_luma, still_luma)
    )
    return (
        _correlation(query_luma[covered], still_luma[covered])
        + _correlation(query_detail[covered], still_detail[covered])
    ) / 2


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Pearson's correlation; 0 where either is plain."""
    first, second = first - first.mean(), second - second.mean()
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / size if size > 1e-3 else 0.0


def pixel_scaling(width: int, height: int, shape: tuple[int, ...]) -> Matrix:
    """Returns the map from pixels of a picture to those of its copy of `shape` (h, w); centres are at whole numbers."""
    x, y = shape[1] / width, shape[0] / height
    return np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5], [0, 0, 1]])


def _box(overlap: NDArray[np.float32], still: Keypoints) -> Area:
    size = np.array([still.width, still.height])
    left, top = np.clip((overlap.min(axis=0) + 0.5) / size, 0, 1).tolist()
    right, bottom = np.clip((overlap.max(axis=0) + 0.5) / size, 0, 1).tolist()
    return Area(left, top, right, bottom)
