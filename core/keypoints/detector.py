"""XFeat's points and descriptors, by ONNX Runtime (Potje et al., "XFeat: Accelerated Features for Lightweight Image
Matching", CVPR 2024; weights Apache-2.0, see `bundled/`).
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

LIMITS: Final = {480: 700, 240: 400}
"""At which sizes a picture is described: longest side in pixels, and points kept at that size, the most reliable ones.

The network knows a drawing again at up to about twice the size. A cut that was scaled up is more than that larger than
the same part of a small stored frame, so a picture is described at half the size, too.
"""
STILL_LIMIT: Final = 500
"""Points kept of a stored frame, which is described once, at its own size."""

_SMALLEST: Final = 320  # thumbnails are scaled up to this, if the wanted size is not smaller
_LUMA_SIDE: Final = 160
_STRIDE: Final = 32  # the network halves its maps five times
_CELL: Final = 8  # pixels of the picture to one place of the descriptor map
_LEAST_HEAT: Final = 0.05
_APART: Final = np.ones((5, 5), np.uint8)  # of two points nearer than this the weaker is dropped


@dataclass(frozen=True, slots=True)
class Keypoints:
    """What is compared of a picture of `width` x `height` pixels.

    `points` (n, 2) float32: x and y in pixels of that picture, a pixel's centre at whole numbers. `descriptors` (n, 64)
    float32 of length 1. `luma` (h, w) uint8: its brightness, the longest side
    at most 160.
    """

    width: int
    height: int
    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    luma: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)


class KeypointDetector:
    """Describes pictures; safe to call from several threads. `threads` compute for one call (0: one for each core)."""

    def __init__(self, weights: bytes, *, source: str, threads: int = 1) -> None:
        self._session = OnnxSession(weights, source=source, threads=threads)
        names = {node.name for node in self._session.outputs}
        if [node.name for node in self._session.inputs] != ["luma"] or not names >= set(_OUTPUTS):
            raise EncoderError(f"{source} is not the network of local features that WhenAnime expects.")

    def detect(self, picture: Rgb) -> Keypoints:
        """Points of an RGB (height, width, 3) picture; none where it is plain.

        `PictureError` when it is not such a picture.
        """
        gray = _brightness(picture)
        longest = max(gray.shape)
        found = [
            self._described(_scaled(gray, min(side, max(longest, _SMALLEST))), gray, limit)
            for side, limit in LIMITS.items()
        ]
        return _keypoints(gray, found)

    def detect_still(self, picture: Rgb) -> Keypoints:
        """The same of a stored frame, faster: at its own size only, which is some hundred pixels."""
        gray = _brightness(picture)
        return _keypoints(gray, [self._described(gray, gray, STILL_LIMIT)])

    def _described(
        self, scaled: NDArray[np.uint8], gray: NDArray[np.uint8], limit: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(n, 2) points in pixels of `gray`, and (n, 64) descriptors, of its copy at another size."""
        rows, columns = (max(_STRIDE, round(side / _STRIDE) * _STRIDE) for side in scaled.shape)
        fitted = cv2.resize(scaled, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        places, descriptors = self._detect(fitted, limit)
        scale = np.array([gray.shape[1] / columns, gray.shape[0] / rows], np.float32)
        return np.asarray((places + 0.5) * scale - 0.5, np.float32), descriptors

    def _detect(self, luma: NDArray[np.float32], limit: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(n, 2) places and (n, 64) descriptors of a (h, w) picture whose sides the network can halve."""
        maps, heat, reliability = self._session.run(_OUTPUTS, {"luma": luma[None, None]})
        heat, reliability = heat[0, 0], reliability[0, 0]
        peaks = (heat == cv2.dilate(heat, _APART)) & (heat > _LEAST_HEAT)
        y, x = np.nonzero(peaks)
        places = np.stack([x, y], axis=1).astype(np.float32)
        cells = np.asarray((places + 0.5) / _CELL - 0.5, np.float32)
        strength = heat[y, x] * _between(reliability[..., None], cells)[:, 0]
        best = np.argsort(-strength, kind="stable")[:limit]
        descriptors = _between(maps[0].transpose(1, 2, 0), cells[best])
        lengths = np.linalg.norm(descriptors, axis=1, keepdims=True)
        return places[best], (descriptors / np.maximum(lengths, np.float32(1e-9))).astype(np.float32)


_OUTPUTS: Final = ("descriptors", "heat", "reliability")


def open_detector(folder: Path = BUNDLED, *, threads: int = 1) -> KeypointDetector:
    """Open the network in `folder`, the bundled one by default. `EncoderError` names the file that is wrong."""
    path = folder / MODEL_NAME
    try:
        weights = path.read_bytes()
    except OSError as exc:
        raise EncoderError(f"{path} cannot be read: {exc.strerror}.") from exc
    return KeypointDetector(weights, source=str(path), threads=threads)


def _brightness(picture: Rgb) -> NDArray[np.uint8]:
    """(h, w) of an RGB picture: nothing else of it is looked at."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise PictureError(f"A picture must be RGB, (height, width, 3) uint8, not {picture.shape} {picture.dtype}.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _keypoints(gray: NDArray[np.uint8], found: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> Keypoints:
    height, width = gray.shape
    points, descriptors = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Keypoints(width, height, points, descriptors, _scaled(gray, min(_LUMA_SIDE, max(height, width))))


def _scaled(gray: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """The shape kept, the longest side this long: averages areas where it shrinks."""
    height, width = gray.shape
    scale = longest / max(height, width)
    if scale == 1:
        return gray
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(gray, size, interpolation=way), np.uint8)


def _between(maps: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bilinear values of (h, w, c) maps at (n, 2) places x, y: (n, c). h and w are at least 2."""
    height, width = maps.shape[:2]
    at = np.clip(places, 0, np.array([width - 1, height - 1], np.float32))
    low = np.minimum(at.astype(np.intp), [width - 2, height - 2])
    x, y = low[:, 0], low[:, 1]
    right, down = (at - low).astype(np.float32).T[:, :, None]
    upper = maps[y, x] * (1 - right) + maps[y, x + 1] * right
    lower = maps[y + 1, x] * (1 - right) + maps[y + 1, x + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
