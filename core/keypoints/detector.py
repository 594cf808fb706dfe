"""Detection of XFeat keypoints and descriptors, by ONNX Runtime.

Potje et al., "XFeat: Accelerated Features for Lightweight Image Matching", CVPR 2024; weights Apache-2.0, see
`bundled/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import EncoderError, PictureError
from core.inference.onnx_session import OnnxSession
from core.pictures.pixels import Rgb

BUNDLED: Final = Path(__file__).parent / "bundled"
MODEL_NAME: Final = "model.onnx"

POINT_LIMITS: Final = {480: 700, 240: 400}
"""Sizes at which a picture is detected, by the longest side in pixels, with the most points at that size.

The network matches drawings up to about twice as large. A crop that was scaled up is larger than that compared with the
same part of a small stored frame, so a picture is detected at half the size, too.
"""
STILL_POINT_LIMIT: Final = 500
"""Most points of a stored frame, which is detected at its own size only."""

_MIN_SIDE_PX: Final = 320  # smaller pictures are scaled up to this, or to the detection size if that is smaller
_LUMA_SIDE_PX: Final = 160
_STRIDE_PX: Final = 32  # the network halves its maps five times
_CELL_PX: Final = 8  # pixels of the picture for each place of the descriptor map
_MIN_HEAT: Final = 0.05
_SUPPRESSION_WINDOW: Final = np.ones((5, 5), np.uint8)  # of two points within it the weaker one is dropped


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Keypoints of a picture of `width` x `height` pixels.

    `points` (n, 2) float32: x and y in pixels of that picture, pixel centres at whole numbers. `descriptors` (n, 64)
    float32 of length 1. `luma` (h, w) uint8: its brightness, with a longest side of at most 160 pixels.
    """

    width: int
    height: int
    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    luma: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)


class KeypointDetector:
    """Detects keypoints; safe to call from several threads. `threads` compute for one call (0: one for each core)."""

    def __init__(self, weights: bytes, *, source: str, threads: int = 1) -> None:
        self._session = OnnxSession(weights, source=source, threads=threads)
        names = {node.name for node in self._session.outputs}
        if [node.name for node in self._session.inputs] != ["luma"] or not names >= set(_OUTPUT_NAMES):
            raise EncoderError(f"{source} is not the network of local features that WhenAnime expects.")

    def detect(self, picture: Rgb) -> Keypoints:
        """Keypoints of a picture; none where it is plain. `PictureError` unless it is RGB, uint8."""
        gray = _brightness(picture)
        longest = max(gray.shape)
        detections = [
            self._detect_at_size(_scaled(gray, min(side, max(longest, _MIN_SIDE_PX))), gray, limit)
            for side, limit in POINT_LIMITS.items()
        ]
        return _keypoints(gray, detections)

    def detect_still(self, picture: Rgb) -> Keypoints:
        """Keypoints of a stored frame, at its own size only: faster."""
        gray = _brightness(picture)
        return _keypoints(gray, [self._detect_at_size(gray, gray, STILL_POINT_LIMIT)])

    def _detect_at_size(
        self, scaled: NDArray[np.uint8], gray: NDArray[np.uint8], limit: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(n, 2) points in pixels of `gray` and (n, 64) descriptors, detected in its copy at another size."""
        rows, columns = (max(_STRIDE_PX, round(side / _STRIDE_PX) * _STRIDE_PX) for side in scaled.shape)
        fitted = cv2.resize(scaled, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        places, descriptors = self._detect(fitted, limit)
        scale = np.array([gray.shape[1] / columns, gray.shape[0] / rows], np.float32)
        return np.asarray((places + 0.5) * scale - 0.5, np.float32), descriptors

    def _detect(self, luma: NDArray[np.float32], limit: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(n, 2) points and (n, 64) descriptors of a (h, w) picture with sides that are multiples of 32."""
        maps, heat, reliability = self._session.run(_OUTPUT_NAMES, {"luma": luma[None, None]})
        heat, reliability = heat[0, 0], reliability[0, 0]
        peaks = (heat == cv2.dilate(heat, _SUPPRESSION_WINDOW)) & (heat > _MIN_HEAT)
        y, x = np.nonzero(peaks)
        places = np.stack([x, y], axis=1).astype(np.float32)
        cells = np.asarray((places + 0.5) / _CELL_PX - 0.5, np.float32)
        strength = heat[y, x] * _bilinear(reliability[..., None], cells)[:, 0]
        best = np.argsort(-strength, kind="stable")[:limit]
        descriptors = _bilinear(maps[0].transpose(1, 2, 0), cells[best])
        lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
        return places[best], (descriptors / np.maximum(lengths, np.float32(1e-9))).astype(np.float32)


_OUTPUT_NAMES: Final = ("descriptors", "heat", "reliability")


def open_detector(folder: Path = BUNDLED, *, threads: int = 1) -> KeypointDetector:
    """Open the network in `folder`, the bundled one by default. `EncoderError` names the file that is wrong."""
    path = folder / MODEL_NAME
    try:
        weights = path.read_bytes()
    except OSError as exc:
        raise EncoderError(f"{path} cannot be read: {exc.strerror}.") from exc
    return KeypointDetector(weights, source=str(path), threads=threads)


def _brightness(picture: Rgb) -> NDArray[np.uint8]:
    """The brightness (h, w) of an RGB picture, which is all that the network takes."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise PictureError(f"A picture must be RGB, (height, width, 3) uint8, not {picture.shape} {picture.dtype}.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _keypoints(
    gray: NDArray[np.uint8], detections: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> Keypoints:
    height, width = gray.shape
    points, descriptors = (np.concatenate(parts) for parts in zip(*detections, strict=True))
    return Keypoints(width, height, points, descriptors, _scaled(gray, min(_LUMA_SIDE_PX, max(height, width))))


def _scaled(gray: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """A copy with this longest side; areas are averaged when it is smaller."""
    height, width = gray.shape
    scale = longest / max(height, width)
    if scale == 1:
        return gray
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(gray, size, interpolation=way), np.uint8)


def _bilinear(maps: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bilinear values of (h, w, c) maps at (n, 2) places x, y: (n, c). h and w are at least 2."""
    height, width = maps.shape[:2]
    at = np.clip(places, 0, np.array([width - 1, height - 1], np.float32))
    low = np.minimum(at.astype(np.intp), [width - 2, height - 2])
    x, y = low[:, 0], low[:, 1]
    right, down = (at - low).astype(np.float32).T[:, :, None]
    upper = maps[y, x] * (1 - right) + maps[y, x + 1] * right
    lower = maps[y + 1, x] * (1 - right) + maps[y + 1, x + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
