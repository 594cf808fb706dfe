"""GIF encoder: one palette and a fixed dither pattern, so that still parts do not flicker; exact delays."""

from collections.abc import Sequence
from math import sqrt

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PALETTE_SAMPLE_PIXELS = 64_000
_DITHER_STEP_LEVELS = 8.0
"""Height of the dither pattern in brightness levels, chosen by eye on films and drawings: without dithering, skies
break into bands; with more, the pattern is visible as a grid. Error diffusion looks finer in one picture, but its
noise moves from frame to frame and costs up to two and a half times the bytes.
"""


def encode_gif(frames: NDArray[np.uint8], delays_ms: Sequence[int], *, colours: int = 255) -> bytes:
    """Encodes (n, height, width, 3) RGB frames as a GIF that repeats for ever; frame `i` is shown for `delays_ms[i]`, a
    multiple of 10.

    All frames share one palette and the dither pattern is the same in each, so that still parts do not flicker. Of the
    256 entries of a GIF's palette one is left free for "unchanged", which saves bytes where the background is still.
    """
    palette = _palette(frames, colours)
    pattern = _dither_pattern(*frames.shape[1:3])
    indices = np.stack(
        [
            np.asarray(
                Image.fromarray(np.clip(frame + pattern, 0, 255).astype(np.uint8)).quantize(
                    palette=palette, dither=Image.Dither.NONE
                )
            )
            for frame in frames
        ]
    )
    data = iio.imwrite(
        "<bytes>",
        indices,
        extension=".gif",
        plugin="pillow",
        is_batch=True,
        palette=bytes(palette.getpalette() or ()),
        duration=list(delays_ms) if len(frames) > 1 else delays_ms[0],
        loop=0,
        optimize=True,
    )
    return bytes(data)


def _palette(frames: NDArray[np.uint8], colours: int) -> Image.Image:
    """Palette by median cut over pixels of all frames, then k-means, both of Pillow."""
    stride = max(1, round(sqrt(frames[..., 0].size / _PALETTE_SAMPLE_PIXELS)))
    sample = frames[:, ::stride, ::stride].reshape(1, -1, 3)
    return Image.fromarray(np.ascontiguousarray(sample)).quantize(
        colours, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )


def _dither_pattern(height: int, width: int) -> NDArray[np.float32]:
    """Ordered dithering (Bayer 1973), the 8×8 matrix spread over ± half a step; (height, width, 1)."""
    matrix = np.zeros((1, 1), np.float32)
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    tile = ((matrix + 0.5) / 64 - 0.5) * _DITHER_STEP_LEVELS
    return np.tile(tile, (height // 8 + 1, width // 8 + 1))[:height, :width, None].astype(np.float32)
