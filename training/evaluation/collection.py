"""What an encoder is asked, and what it is asked about: moments of videos, kept as JPEG."""

from dataclasses import dataclass

from core.pictures.jpeg import decode_jpeg
from core.pictures.pixels import Rgb

FRAME_WIDTH = 512
FRAME_QUALITY = 95
QUERY_QUALITY = 97


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """One frame: the number of its file and, within that, of its shot, both from 0; its show; its picture as JPEG.

    A picture from outside the library has the file -1.
    """

    file: int
    show: str
    shot: int
    time_ms: int
    jpeg: bytes

    def rgb(self) -> Rgb:
        """The picture, decoded anew."""
        return decode_jpeg(self.jpeg)


@dataclass(frozen=True, slots=True)
class Collection:
    """`frames` are to be indexed, ordered by file and time; `queries` are asked, likewise ordered.

    `files` are the paths that file numbers stand for. `listed` of them came with a list of their shots; the shots of
    the others are those that `core.video.shot_detection` tells apart. `left_out` are sources that could not be read, or
    not in full, with the reason.

    It takes about 40 kB of memory a frame of the index, of animation 512 pixels wide.
    """

    frames: tuple[LabelledFrame, ...]
    queries: tuple[LabelledFrame, ...]
    files: tuple[str, ...]
    listed: int = 0
    left_out: tuple[tuple[str, str], ...] = ()
