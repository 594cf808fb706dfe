"""Frames into an animated GIF that neither flickers nor lies about its length."""

from collections.abc import Sequence
from math import sqrt

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PALETTE_SAMPLE = 64_000
_DITHER_STEP = 8.0
"""Height of the dither pattern in brightness levels. Looked at on films and on drawings: without it, skies break into
bands; more of it shows as a grid. Error diffusion looks finer in one picture, but it swims in moving ones and costs up
to two and a half times the bytes."""


def encode_gif(frames: NDArray[np.uint8], delays_ms: Sequence[int], *, colours: int = 255) -> bytes:
    """(n, height, width, 3) RGB to a GIF that repeats for ever; frame `i` stays for `delays_ms[i]`, tens of them.

    One palette serves all frames and the dither pattern stands still, so that what does not move does not flicker. Of
    the 256 entries that a GIF has, one is left free to say "as before", which saves bytes where the background stands.
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
    """Median cut over pixels of all frames, then k-means, both Pillow's."""
    every = max(1, round(sqrt(frames[..., 0].size / _PALETTE_SAMPLE)))
    sample = frames[:, ::every, ::every].reshape(1, -1, 3)
    return Image.fromarray(np.ascontiguousarray(sample)).quantize(
        colours, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )


def _dither_pattern(height: int, width: int) -> NDArray[np.float32]:
    """Ordered dithering (Bayer 1973), the 8×8 matrix spread over ± half a step; (height, width, 1)."""
    matrix = np.zeros((1, 1), np.float32)
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    tile = ((matrix + 0.5) / 64 - 0.5) * _DITHER_STEP
    return np.tile(tile, (height // 8 + 1, width // 8 + 1))[:height, :width, None].astype(np.float32)
