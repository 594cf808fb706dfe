"""Opening of videos: only the named file or server, and only containers that refer to no other files."""

import errno
import re
import stat
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from core.errors import MediaError
from core.video.errors import NOT_A_VIDEO, reason_of

_DEMUXERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,gif,ogg,asf,rm,m4v,mpegvideo,h264,hevc,mp3,flac,wav,aac"
)
"""Without play lists (HLS, DASH, concat), which name other files, picture sequences and devices."""
_LOCAL_PROTOCOLS: Final = "file"
_REMOTE_PROTOCOLS: Final = "http,https,tls,tcp,httpproxy"
_TIMEOUT_S: Final = 15.0
_PIXEL_LIMIT: Final = 8192 * 8192  # videos are untrusted, and larger frames take gigabytes to decode
_GENERATE_PTS_FLAG: Final = 1  # AVFMT_FLAG_GENPTS
_MAGIC_BYTES: Final = ((4, b"ftyp"), (0, b"\x1aE\xdf\xa3"), (0, b"RIFF"), (0, b"FLV"), (0, b"GIF8"), (0, b"OggS"))
_PROBED_PACKETS: Final = 128
_STILL_MAX_PACKET_SHARE: Final = 0.1
_DURATION_PATTERN: Final = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def open_video(source: Path | str) -> tuple[InputContainer, VideoStream]:
    """Open a file, or a URL of http or https, and choose its video stream. `MediaError` gives the reason why not."""
    path: Path | None = None
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        url, protocols, timeout = source, _REMOTE_PROTOCOLS, _TIMEOUT_S
    else:
        path = Path(source)
        _check_file(path)
        url, protocols, timeout = f"file:{path.absolute()}", _LOCAL_PROTOCOLS, None
    options = {"protocol_whitelist": protocols, "format_whitelist": _DEMUXERS, "max_pixels": str(_PIXEL_LIMIT)}

    def open_container() -> InputContainer:
        try:
            container = av.open(url, "r", options=options, metadata_errors="replace", timeout=timeout)
        except (av.error.FFmpegError, OSError) as exc:
            raise MediaError(source, _opening_failure(path, exc)) from exc
        if container.format.name == "avi":
            container.flags &= ~_GENERATE_PTS_FLAG  # an AVI file has one time stamp a packet; libav would invent others
        return container

    container = open_container()
    try:
        indices = [stream.index for stream in container.streams.video if not is_cover(stream)]
        if len(indices) > 1:
            indices = _moving_streams(container, indices)
            container.close()
            container = open_container()
        return container, _best_stream(container, indices, source)
    except MediaError:
        container.close()
        raise


def is_cover(stream: Stream) -> bool:
    """Whether a stream is a cover picture."""
    return bool(stream.disposition & Disposition.attached_pic)


def declared_end(container: InputContainer, stream: VideoStream) -> tuple[Fraction, bool] | None:
    """The declared end of the video in seconds as the stream counts, and whether the stream itself declares it.

    What only the container declares may be the length of its sound.
    """
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        return (
            stream.frames / stream.average_rate,
            True,
        )  # libav adapts an AVI's duration to the file's size
    if stream.duration and stream.time_base:
        return ((stream.start_time or 0) + stream.duration) * stream.time_base, True
    tag = _DURATION_PATTERN.fullmatch(stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3]), True
    if container.duration:
        return Fraction((container.start_time or 0) + container.duration, 1_000_000), False
    return None


def declared_origin(container: InputContainer) -> Fraction:
    """The moment that players call zero, in seconds as the streams count: the earliest start of sound and pictures.

    `VideoReader` has the same for files whose frames carry time stamps.
    """
    starts = [
        stream.start_time * stream.time_base
        for stream in (*container.streams.audio, *container.streams.video)
        if stream.start_time is not None and stream.time_base is not None and not is_cover(stream)
    ]
    return min(starts, default=Fraction(0))


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(path, "a folder, not a video")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(path, "not a regular file")
        with path.open("rb"):
            pass
    except FileNotFoundError as exc:
        raise MediaError(path, "no such file") from exc
    except PermissionError as exc:
        raise MediaError(path, "no permission to read it") from exc
    except (OSError, ValueError) as exc:
        raise MediaError(path, reason_of(exc)) from exc
    if status.st_size == 0:
        raise MediaError(path, "the file is empty")


def _moving_streams(container: InputContainer, indices: list[int]) -> list[int]:
    """Those of several streams that are moving pictures: a still picture has one or two packets where a video has many.

    Flags do not help: a still picture may be the default stream. Reads the first packets.
    """
    counts = dict.fromkeys(indices, 0)
    with suppress(av.error.FFmpegError, OSError, IndexError):  # damage is reported when the video is read
        for packet in islice(container.demux(*(container.streams[index] for index in indices)), _PROBED_PACKETS):
            counts[packet.stream_index] += bool(packet.size)
    largest = max(counts.values())
    return [index for index, count in counts.items() if count >= _STILL_MAX_PACKET_SHARE * largest]


def _best_stream(container: InputContainer, indices: list[int], source: Path | str) -> VideoStream:
    moving = [stream for stream in container.streams.video if stream.index in indices]
    if not moving:
        raise MediaError(source, "it has no video stream")
    best = container.streams.best("video")
    chosen = next((stream for stream in moving if stream is best), moving[0])
    if chosen.codec_context is None:
        raise MediaError(source, "no decoder for its video format")
    if chosen.width * chosen.height > _PIXEL_LIMIT:
        raise MediaError(source, f"its frames of {chosen.width} x {chosen.height} pixels are too large")
    chosen.codec_context.options = {"max_pixels": str(_PIXEL_LIMIT)}
    return chosen


def _opening_failure(path: Path | None, error: av.error.FFmpegError | OSError) -> str:
    """The reason; tells a file with a truncated header from one that is no video, for which libav has one error."""
    if isinstance(error, av.error.InvalidDataError | av.error.ArgumentError):  # the latter: demuxer not allowed
        reason = NOT_A_VIDEO
    elif path is not None and error.errno == errno.EIO:
        reason = reason_of(error)
    else:
        return reason_of(error)
    if path is None:
        return reason
    try:
        with path.open("rb") as file:
            beginning = file.read(16)
    except OSError as exc:
        return reason_of(exc)
    if any(beginning[offset:].startswith(magic) for offset, magic in _MAGIC_BYTES):
        return "its header is missing or cut off, as of a download or a copy that was not finished"
    return reason
