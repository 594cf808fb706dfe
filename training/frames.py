"""Frames to learn from: out of every video and picture below a folder."""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import EncoderError, MediaError
from core.video.reading import VideoReader

PICTURES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"})
VIDEOS = frozenset({".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ogv", ".ts", ".webm", ".wmv"})
_INTERVAL_S = Fraction(1, 2)
_PER_VIDEO = 200
_LARGEST_WIDTH = 640
_PLAIN = 10.0

_log = logging.getLogger(__name__)


def frames_below(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """RGB (h, w, 3) of every picture, and of every video twice a second but 200 times at most, in order of names.

    Videos come in their shape as shown and at most 640 pixels wide. Plain frames are left out; a file that cannot be
    read is left out and logged. `EncoderError` when the folder is not there or holds no picture and no video.
    """
    if not folder.is_dir():
        raise EncoderError(f"There are no frames at {folder}: it is not a folder.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES | VIDEOS and path.is_file())
    if not files:
        raise EncoderError(f"There is no picture and no video below {folder}.")
    for path in files:
        frames = _of_picture(path) if path.suffix.lower() in PICTURES else _of_video(path)
        try:
            yield from (frame for frame in frames if _deviation(frame) >= _PLAIN)
        except (MediaError, OSError, Image.DecompressionBombError) as exc:
            _log.warning("left out %s: %s", path, exc)


def _of_picture(path: Path) -> Iterator[NDArray[np.uint8]]:
    with Image.open(path) as picture:
        yield np.asarray(picture.convert("RGB"))


def _of_video(path: Path) -> Iterator[NDArray[np.uint8]]:
    with VideoReader(path) as video:
        info = video.info
        interval = max(_INTERVAL_S, (info.duration or Fraction(0)) / _PER_VIDEO)
        scale = min(Fraction(1), Fraction(_LARGEST_WIDTH, info.width))
        due = Fraction(0)
        for frame in video.frames():
            if frame.time >= due:
                due = (frame.time // interval + 1) * interval
                yield frame.rgb(round(info.width * scale), max(1, round(info.height * scale)))


def _deviation(frame: NDArray[np.uint8]) -> float:
    return float(cv2.meanStdDev(frame)[1].max())
