"""What people hand in, as one picture: a still, an animation's or a short video's first good frame."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError, PictureError
from core.imaging import ImagingSpec, Kind, is_plain, read_picture, sniff
from core.video.reading import VideoReader

_HEAD_BYTES = 4096
_VIDEO_LOOK_S = Fraction(10)
_VIDEO_WIDTH_LIMIT = 640


def read_query(path: Path, spec: ImagingSpec, want: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB (height, width, 3) of what is at `path`; `want` (width, height) is the size that is enough.

    `PictureError` names the file and says what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        head = b""
    if sniff(head) is Kind.VIDEO:
        return _first_good_frame(path)
    return read_picture(path, name=str(path), spec=spec, want=want).rgb


def _first_good_frame(path: Path) -> NDArray[np.uint8]:
    """The first frame that is not plain in the first seconds; a plain one when there is none other."""
    plain: NDArray[np.uint8] | None = None
    try:
        with VideoReader(path) as video:
            width = min(video.info.width, _VIDEO_WIDTH_LIMIT)
            height = max(1, round(video.info.height * width / video.info.width))
            for frame in video.frames(end=_VIDEO_LOOK_S):
                rgb = frame.rgb(width, height)
                if not is_plain(rgb):
                    return rgb
                plain = rgb if plain is None else plain
    except MediaError as exc:
        raise PictureError(f"{path}: {exc.reason}") from exc
    if plain is None:
        raise PictureError(f"{path}: there is no frame in it that can be read")
    return plain
