"""HEIF files as telephones write them, drawn for the tests: HEVC by libx265, the boxes around it (ISO/IEC 23008-12)."""

import io
import struct
from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.pixels import Rgb

_ORIENTATION = 0x0112  # EXIF


def heif(
    *pictures: NDArray[np.uint8],
    primary: int = 0,
    turns: int = 0,
    orientation: int = 0,
    pix_fmt: str = "yuv444p",
    brand: bytes = b"heic",
) -> bytes:
    """RGB pictures (height, width, 3) of even sides in one file, of which number `primary` is the one to show.

    Each is to be turned by so many quarters against the clock (`irot`); `orientation` stands in its EXIF.
    """
    coded = [_hevc(picture, pix_fmt) for picture in pictures]
    images = list(range(1, len(pictures) + 1))
    payloads = dict(zip(images, (data for _, data in coded), strict=True))
    kinds = dict.fromkeys(images, b"hvc1")
    references = b""
    if orientation:
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        payloads[len(images) + 1], kinds[len(images) + 1] = struct.pack(">I", 0) + exif.tobytes()[6:], b"Exif"
        references = _full(b"iref", _box(b"cdsc", struct.pack(">HHH", len(images) + 1, 1, primary + 1)))
    properties, associations = b"", b""
    for item, (picture, (config, _)) in enumerate(zip(pictures, coded, strict=True)):
        size = _full(b"ispe", struct.pack(">II", picture.shape[1], picture.shape[0]))
        properties += _box(b"hvcC", config) + size + _box(b"irot", bytes([turns]))
        associations += struct.pack(">HBBBB", item + 1, 3, 0x80 | (3 * item + 1), 3 * item + 2, 0x80 | (3 * item + 3))
    start = _box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    header = b"".join(
        [
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
            _full(b"pitm", struct.pack(">H", primary + 1)),
            _full(b"iinf", struct.pack(">H", len(kinds)) + b"".join(_entry(*pair) for pair in kinds.items())),
            references,
            _box(
                b"iprp",
                _box(b"ipco", properties) + _full(b"ipma", struct.pack(">I", len(images)) + associations),
            ),
        ]
    )
    length = len(_full(b"meta", header + _places(payloads, 0)))
    body = b"".join(payloads.values())
    return start + _full(b"meta", header + _places(payloads, len(start) + length + 8)) + _box(b"mdat", body)


def _hevc(picture: Rgb, pix_fmt: str) -> tuple[bytes, bytes]:
    """Configuration and data of one picture."""
    out = io.BytesIO()
    height, width = picture.shape[:2]
    with av.open(out, "w", format="mp4") as container:
        options = {"preset": "ultrafast", "crf": "4", "x265-params": "log-level=none:keyint=1:info=0"}
        stream = container.add_stream("libx265", rate=25, options=options)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pix_fmt)))
        container.mux(stream.encode(None))
    out.seek(0)
    with av.open(out, "r") as written:
        track = written.streams.video[0]
        packet = next(packet for packet in written.demux(track) if packet.size)
        return bytes(track.codec_context.extradata or b""), bytes(packet)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, content: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]) + content)


def _entry(item: int, kind: bytes) -> bytes:
    return _full(b"infe", struct.pack(">HH", item, 0) + kind + b"\0", version=2)


def _places(payloads: dict[int, bytes], at: int) -> bytes:
    places: Sequence[bytes] = ()
    for item, data in payloads.items():
        places = [*places, struct.pack(">HHHII", item, 0, 1, at, len(data))]
        at += len(data)
    return _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(payloads)) + b"".join(places))
