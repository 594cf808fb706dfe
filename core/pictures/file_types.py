"""File types: which names are videos and pictures, and what a file is by its first bytes."""

import re
from enum import StrEnum
from typing import Final

VIDEO_SUFFIXES: Final = frozenset(
    {".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ogv", ".ts", ".webm", ".wmv"}
)
INDEXED_SUFFIXES: Final = VIDEO_SUFFIXES | {".gif"}
"""What a library takes from a folder: videos, and animations as videos."""
PICTURE_SUFFIXES: Final = frozenset(
    {".apng", ".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
_CHAT_SUFFIXES: Final = (*sorted(PICTURE_SUFFIXES), ".jxl", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
"""Few videos, as a link that ends with `.ts` leads to TypeScript; JPEG XL, as it is refused with a reason."""

_AVIF_BRANDS: Final = (b"avif", b"avis")
_HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
_QUICKTIME_BOXES: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_JPEG_MAGIC: Final = b"\xff\xd8\xff"
_PICTURE_MAGICS: Final = (b"\x89PNG\r\n\x1a\n", _JPEG_MAGIC, b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
_VIDEO_MAGICS: Final = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"\x00\x00\x01\xba",  # MPEG programme stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
    b"FLV\x01",
    b"OggS",
)
_UNREAD_FORMATS: Final = (
    (re.compile(rb"%PDF-"), "PDF", "PDF documents"),
    (re.compile(rb"(\xef\xbb\xbf)?\s*<[^\x00]*<svg|\s*<svg"), "SVG", "SVG drawings"),
    (re.compile(rb"8BPS"), "PSD", "Photoshop files"),
    (re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL "), "JPEG XL", "JPEG XL pictures"),
    (re.compile(rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51"), "JPEG 2000", "JPEG 2000 pictures"),
    (re.compile(rb"\x00\x00\x01\x00"), "ICO", "icons"),
)
"""Known formats that are not read: how their files begin, the short name, and the plural for a sentence."""
_HEAD_BYTES: Final = 4096


_SUFFIX_BY_MAGIC: Final = ((b"\x89PNG", ".png"), (_JPEG_MAGIC, ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"))
_SUFFIX_BY_BRAND: Final = {b"WEBP": ".webp", b"avif": ".avif", b"avis": ".avif"}
"""By the four bytes after the eighth."""


class FileKind(StrEnum):
    """Picture, video, or neither."""

    PICTURE = "picture"
    VIDEO = "video"
    UNKNOWN = "unknown"


def sniff(head: bytes) -> FileKind:
    """Picture, video or neither, by the first bytes (400 are enough); the file may still be damaged."""
    brands = _brands(head)
    if brands:
        return (
            FileKind.PICTURE
            if any(brand in _AVIF_BRANDS or brand in _HEIF_BRANDS for brand in brands)
            else FileKind.VIDEO
        )
    if head.startswith(_PICTURE_MAGICS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return FileKind.PICTURE
    riff_video = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    transport_stream = head[:1] == b"G" and head[188:189] == b"G" and head[376:377] in (b"G", b"")
    if riff_video or transport_stream or head.startswith(_VIDEO_MAGICS) or head[4:8] in _QUICKTIME_BOXES:
        return FileKind.VIDEO
    return FileKind.UNKNOWN


def is_posted_picture(name: str) -> bool:
    """Whether a file or link in a chat is a picture, an animation or a clip by its name."""
    return name.lower().endswith(_CHAT_SUFFIXES)


def suffix_of(head: bytes) -> str:
    """The suffix for a file with these first bytes: `.mp4` for any video, `.bin` for what is neither."""
    for magic, suffix in _SUFFIX_BY_MAGIC:
        if head.startswith(magic):
            return suffix
    return _SUFFIX_BY_BRAND.get(head[8:12]) or (".mp4" if sniff(head) is FileKind.VIDEO else ".bin")


def is_jpeg(head: bytes) -> bool:
    """Whether a picture is JPEG."""
    return head.startswith(_JPEG_MAGIC)


def is_heif(head: bytes) -> bool:
    """Whether a picture is HEIF (HEIC is one), and not AVIF, which has the same container."""
    brands = _brands(head)
    return any(brand in _HEIF_BRANDS for brand in brands) and not any(brand in _AVIF_BRANDS for brand in brands)


def refused_format(head: bytes) -> tuple[str, str]:
    """Short name and plural of a known format that is not read; two empty texts for any other file."""
    return next(
        ((short, plural) for pattern, short, plural in _UNREAD_FORMATS if pattern.match(head[:_HEAD_BYTES])), ("", "")
    )


def _brands(head: bytes) -> list[bytes]:
    """Major and compatible brands of an ISO file (ISO/IEC 14496-12, `ftyp`); none for other files."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head), 256)
    return [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
