"""One decoded frame: its time, and its picture upright and at any size."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.format import VideoFormat
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from core.pictures.pixels import Rgb

LUMA_HEIGHT: Final = 18
LUMA_WIDTH: Final = 32
_LUMA_ROWS_READ: Final = 5
"""Rows averaged for one row of the small brightness picture; reading all of them costs ten times more."""
_UNSPECIFIED_COLORSPACE: Final = 2  # AVCOL_SPC_UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a decoded picture is made upright: first transposed, then mirrored."""

    transposed: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def apply(self, picture: Rgb) -> Rgb:
        """Turn a picture; the result is contiguous."""
        if self.transposed:
            picture = picture.swapaxes(0, 1)
        rows = slice(None, None, -1 if self.flip_rows else 1)
        columns = slice(None, None, -1 if self.flip_columns else 1)
        return np.ascontiguousarray(picture[rows, columns])


UPRIGHT: Final = Orientation()


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Read the display matrix (ISO/IEC 14496-12, `matrix` of a track header), to the nearest quarter turn.

    The matrix maps a point of the decoded picture to the screen: x' = a x + c y, y' = b x + d y.
    """
    side_data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(side_data, SideData):
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(memoryview(side_data), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transposed=True, flip_rows=b < 0, flip_columns=c < 0)
    return Orientation(flip_rows=d < 0, flip_columns=a < 0)


class Scaler:
    """Converts decoded frames to RGB of any size. Keeps its tables between frames of one size; for one thread."""

    def __init__(self) -> None:
        self._rgb = VideoReformatter()
        self._gray = VideoReformatter()
        self._fields: tuple[tuple[int, int, str], av.filter.Graph] | None = None

    def rgb(self, frame: av.VideoFrame, width: int, height: int) -> Rgb:
        """The whole decoded picture as (height, width, 3), not turned."""
        matrix = _matrix_of(frame)
        if frame.interlaced_frame:
            frame = self._top_field(frame)
        shrinks = width <= frame.width and height <= frame.height
        small = self._rgb.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=matrix,
            interpolation=Interpolation.AREA if shrinks else Interpolation.BICUBIC,
            threads=1,
        )
        return np.asarray(small.to_ndarray(), dtype=np.uint8)

    def gray(self, frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
        """The whole decoded picture as (height, width), brightness only."""
        small = self._gray.reformat(frame, width, height, "gray", interpolation=Interpolation.AREA, threads=1)
        return np.asarray(small.to_ndarray(), dtype=np.uint8)

    def _top_field(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Every second line of an interlaced frame: those lines are of one moment; nothing is copied."""
        key = (frame.width, frame.height, frame.format.name)
        if self._fields is None or self._fields[0] != key:
            graph = av.filter.Graph()
            time_base = frame.time_base or Fraction(1, 1000)
            source = graph.add_buffer(width=key[0], height=key[1], format=frame.format, time_base=time_base)
            graph.link_nodes(source, graph.add("field", "top"), graph.add("buffersink")).configure()
            self._fields = (key, graph)
        graph = self._fields[1]
        graph.vpush(frame)
        return graph.vpull()


class VideoFrame:
    """A decoded frame. `time` is in seconds from the start of the file, exact.

    It holds the decoder's picture (1.4 MB for 720p) in memory. It may outlive its reader.
    """

    __slots__ = ("_frame", "_scaler", "time")

    def __init__(self, time: Fraction, frame: av.VideoFrame, scaler: Scaler) -> None:
        self.time = time
        self._frame = frame
        self._scaler = scaler

    def rgb(self, width: int, height: int) -> Rgb:
        """The whole picture as shown, scaled to (height, width, 3): upright, one field of an interlaced frame.

        Shrinking averages areas. Colours follow the stream's matrix and range; where a stream does not say, BT.709
        from 1280 pixels of width or more than 576 lines and BT.601 below, as players do. High dynamic range is not
        mapped. The caller keeps the aspect ratio: `VideoInfo` has the size at which the picture is shown.
        """
        orientation = orientation_of(self._frame)
        if orientation == UPRIGHT:
            return self._scaler.rgb(self._frame, width, height)
        if orientation.transposed:
            width, height = height, width
        return orientation.apply(self._scaler.rgb(self._frame, width, height))

    def luma(self) -> NDArray[np.uint8]:
        """A small brightness picture (18, 32), not turned: cheap, for comparing frames of one video."""
        frame = self._frame
        bits = _luma_bits(frame.format.name)
        if bits is None:
            return self._scaler.gray(frame, LUMA_WIDTH, LUMA_HEIGHT)
        plane = frame.planes[0]
        samples: NDArray[Any] = np.frombuffer(memoryview(plane), np.uint8 if bits == 8 else np.uint16)
        lines = samples.reshape(plane.height, -1)
        columns, step = plane.width // LUMA_WIDTH, plane.height // (LUMA_HEIGHT * _LUMA_ROWS_READ)
        if columns and step:  # a whole number of source pixels for each target pixel is six times faster
            lines = lines[::step, : columns * LUMA_WIDTH][: LUMA_HEIGHT * _LUMA_ROWS_READ]
        else:
            lines = lines[:, : plane.width]
        small = cv2.resize(lines, (LUMA_WIDTH, LUMA_HEIGHT), interpolation=cv2.INTER_AREA)
        return small.astype(np.uint8) if bits == 8 else (small / 2 ** (bits - 8)).astype(np.uint8)


@lru_cache(maxsize=64)
def _luma_bits(name: str) -> int | None:
    """Bits of a sample of the first plane; `None` where that plane is not brightness alone."""
    if not name.startswith(("yuv4", "yuva4", "yuvj4", "nv12", "nv21", "gray")) or name.endswith("be"):
        return None
    bits = VideoFormat(name).components[0].bits
    return bits if 8 <= bits <= 16 else None


def _matrix_of(frame: av.VideoFrame) -> Colorspace | None:
    """The matrix to assume for a stream that does not name one; `None` for a stream that does."""
    if frame.colorspace != _UNSPECIFIED_COLORSPACE:
        return None
    return Colorspace.ITU709 if frame.width >= 1280 or frame.height > 576 else Colorspace.ITU601
