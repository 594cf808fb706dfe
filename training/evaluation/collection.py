"""Collection: the frames of an index and the queries of an evaluation, stored as JPEG."""

from dataclasses import dataclass

from core.pictures.jpeg import decode_jpeg
from core.pictures.pixels import Rgb

FRAME_WIDTH = 512
FRAME_QUALITY = 95
QUERY_QUALITY = 97


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """A frame with its labels: the number of its file and of its shot in it, both from 0, its show and its time.

    A picture that is not in the library has the file -1.
    """

    file: int
    show: str
    shot: int
    time_ms: int
    jpeg: bytes

    def rgb(self) -> Rgb:
        """The decoded picture."""
        return decode_jpeg(self.jpeg)


@dataclass(frozen=True, slots=True)
class Collection:
    """`frames` are indexed and `queries` are searched for, both ordered by file and time.

    `files` are the paths that file numbers stand for. `listed` of them came with a list of their shots; the shots of
    the others are those that `core.video.shot_detection` detects. `left_out` are sources that could not be read, or
    not in full, with the reason.

    It takes about 40 kB of memory for each frame of the index (measured on animation 512 pixels wide).
    """

    frames: tuple[LabelledFrame, ...]
    queries: tuple[LabelledFrame, ...]
    files: tuple[str, ...]
    listed: int = 0
    left_out: tuple[tuple[str, str], ...] = ()
