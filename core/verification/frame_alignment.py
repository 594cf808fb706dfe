"""Alignment of a picture with frames of a video in one grid of pixels: from a rough map to an exact one.

A map from keypoints belongs to a stored frame of another moment, is right to a pixel or two, and may follow an object
that moved in between. All shifts are tried (normalised cross-correlation), and the best is refined by maximising the
enhanced correlation coefficient (Evangelidis and Psarakis 2008), which is invariant to contrast and brightness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.verification.geometry import Matrix, pixel_scaling

MIN_OVERLAP_PIXELS: Final = 150
_SHIFT_LIMIT_PIXELS: Final = 8  # in each direction
_MIN_PART_PIXELS: Final = 60  # pixels
_ECC_CRITERIA: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 1e-4)
_ECC_BLUR_PIXELS: Final = 3  # pixels


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture's brightness, shrunk to the scale at which it shows the frames: `luma` (h, w) uint8. `to_frame` takes
    its pixels to those of a frame of `shape` (h, w).
    """

    luma: NDArray[np.uint8]
    to_frame: Matrix
    shape: tuple[int, int]

    @staticmethod
    def of(gray: NDArray[np.uint8], matrix: Matrix, still_size: tuple[int, int], shape: tuple[int, ...]) -> "Overlay":
        """Of a picture's brightness; `matrix` takes its pixels to those of a copy of the frames of `still_size` (width,
        height). Large pictures are shrunk by averaging, as warping would pick single pixels.
        """
        to_frame = pixel_scaling(*still_size, shape) @ matrix
        rows, columns = gray.shape
        scale = min(1.0, float(np.sqrt(abs(np.linalg.det(to_frame[:2, :2] / to_frame[2, 2])))))
        size = max(2, round(columns * scale)), max(2, round(rows * scale))
        small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
        shrunk = np.linalg.inv(pixel_scaling(columns, rows, small.shape))
        return Overlay(small, to_frame @ shrunk, (shape[0], shape[1]))

    def shifted(self, right: float, down: float) -> Matrix:
        """Returns the map of the picture shifted by these pixels of the frame."""
        return np.asarray(np.array([[1, 0, right], [0, 1, down], [0, 0, 1]]) @ self.to_frame, np.float64)

    def off_edges(self) -> float:
        """Returns the largest distance of an edge of the picture from that of the frame, as a share of the side."""
        rows, columns = self.luma.shape
        corners = np.array([(-0.5, -0.5, 1), (columns - 0.5, rows - 0.5, 1)]) @ self.to_frame.T
        shares = (corners[:, :2] / corners[:, 2:] + 0.5) / self.shape[::-1]
        return float(np.abs(shares - ((0, 0), (1, 1))).max())

    def laid(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Returns the picture in the grid of a frame, and the mask of its pixels there."""
        size = self.shape[1], self.shape[0]
        laid = cv2.warpPerspective(self.luma, self.to_frame, size)
        covered = cv2.warpPerspective(np.full_like(self.luma, 255), self.to_frame, size) == 255
        return np.asarray(laid, np.uint8), np.asarray(covered, np.bool_)

    def cut(self, frame: NDArray[np.uint8], to_frame: Matrix) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Returns the part of a frame that the picture should show by a map, (h, w) as the picture, and its mask."""
        size, flags = (self.luma.shape[1], self.luma.shape[0]), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        part = cv2.warpPerspective(frame, to_frame, size, flags=flags)
        inside = cv2.warpPerspective(np.full_like(frame, 255), to_frame, size, flags=flags) == 255
        return np.asarray(part, np.uint8), np.asarray(inside, np.bool_)

    def refined(self, frame: NDArray[np.uint8], to_frame: Matrix) -> Matrix:
        """Returns the map near `to_frame` by which the picture fits a frame best; `to_frame` when none is better."""
        part, inside = self.cut(frame, to_frame)
        start = np.eye(2, 3, dtype=np.float32)
        mask = np.where(inside, np.uint8(255), np.uint8(0))
        try:
            _, warp = cv2.findTransformECC(
                self.luma, part, start, cv2.MOTION_AFFINE, _ECC_CRITERIA, mask, _ECC_BLUR_PIXELS
            )
        except cv2.error:  # it did not converge, or there is no gradient
            return to_frame
        return np.asarray(to_frame @ np.vstack([warp, [0, 0, 1]]), np.float64)


def correlations(frames: Sequence[NDArray[np.uint8]], overlay: Overlay) -> NDArray[np.float64]:
    """Returns (n,) correlations of each frame with the picture in their overlap; 0 where that is too small or plain."""
    laid, covered = overlay.laid()
    if covered.sum() < MIN_OVERLAP_PIXELS:
        return np.zeros(len(frames))
    values = np.stack([frame[covered] for frame in frames]).astype(np.float32)  # (n, pixels)
    values -= values.mean(axis=1, keepdims=True)
    picture = laid[covered].astype(np.float32)
    picture -= picture.mean()
    sizes = np.linalg.norm(values, axis=1) * np.linalg.norm(picture)
    return np.asarray(np.where(sizes > 1e-3, values @ picture / np.maximum(sizes, 1e-3), 0.0), np.float64)


def best_shifts(
    frames: Sequence[NDArray[np.uint8]], overlay: Overlay
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns (n,) the best correlation of each frame with the picture at any shift, and (n, 2) that shift, right and
    down.

    Frames are shrunk to the overlay's shape, and shifts are in its pixels. An upright box of the picture without gaps
    is compared.
    """
    scores, shifts = np.zeros(len(frames)), np.zeros((len(frames), 2))
    laid, covered = overlay.laid()
    if covered.sum() < _MIN_PART_PIXELS:
        return scores, shifts
    box = _filled_box(covered)
    part = laid[box]
    if part.size < _MIN_PART_PIXELS or part.std() < 1:
        return scores, shifts
    rows, columns = (slice(side.start, side.stop + 2 * _SHIFT_LIMIT_PIXELS) for side in box)
    for number, frame in enumerate(frames):
        small = cv2.resize(frame, overlay.shape[::-1], interpolation=cv2.INTER_AREA)
        around = cv2.copyMakeBorder(
            small,
            _SHIFT_LIMIT_PIXELS,
            _SHIFT_LIMIT_PIXELS,
            _SHIFT_LIMIT_PIXELS,
            _SHIFT_LIMIT_PIXELS,
            cv2.BORDER_REPLICATE,
        )[rows, columns]
        _, scores[number], _, place = cv2.minMaxLoc(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED))
        shifts[number] = np.array(place) - _SHIFT_LIMIT_PIXELS
    return scores, shifts


def _filled_box(covered: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of a box without gaps: of the bounding box, sides are removed while any of them has a gap, the
    one with the largest gap first.
    """
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    while top < bottom and left < right:
        part = ~covered[top:bottom, left:right]
        gaps = [float(side.mean()) for side in (part[0], part[-1], part[:, 0], part[:, -1])]
        side = int(np.argmax(gaps))
        if not gaps[side]:
            break
        top, bottom = top + (side == 0), bottom - (side == 1)
        left, right = left + (side == 2), right - (side == 3)
    return slice(top, bottom), slice(left, right)
