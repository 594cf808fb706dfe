"""Contact sheet of a run: frames beside their views, for visual inspection."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import StorageError
from core.files import write_file
from training.fitting.pairs import PairBatch

_ROWS, _PAIRS = 8, 3


def write_contact_sheet(batch: PairBatch, path: Path) -> None:
    """A PNG of the first pairs of a batch: each frame with its view on the right. `StorageError` when it fails."""
    tiles = [
        np.hstack([frame, view, np.zeros((frame.shape[0], 8, 3), np.uint8)])
        for frame, view in zip(batch.frames.numpy(), batch.views.numpy(), strict=True)
    ][: _ROWS * _PAIRS]
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-len(tiles) % _PAIRS)
    sheet: NDArray[np.uint8] = np.vstack(
        [np.hstack(tiles[start : start + _PAIRS]) for start in range(0, len(tiles), _PAIRS)]
    )
    done, data = cv2.imencode(".png", sheet[..., ::-1])
    if not done:
        raise StorageError(f"{path}: cannot be written: OpenCV makes no PNG of it.")
    write_file(path, data.tobytes())
