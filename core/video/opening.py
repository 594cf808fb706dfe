"""Opening of a video for reading: only the named file or server, only containers that hold their own data."""

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
"""Neither play lists (HLS, DASH, concat), which name other files, nor picture sequences, nor devices."""
_LOCAL_PROTOCOLS: Final = "file"
_REMOTE_PROTOCOLS: Final = "http,https,tls,tcp,httpproxy"
_TIMEOUT_S: Final = 15.0
_PIXEL_LIMIT: Final = 8192 * 8192  # a frame may be handed in by anyone, and larger ones take gigabytes to decode
_GENERATE_PTS: Final = 1  # AVFMT_FLAG_GENPTS
_BEGINNINGS: Final = ((4, b"ftyp"), (0, b"\x1aE\xdf\xa3"), (0, b"RIFF"), (0, b"FLV"), (0, b"GIF8"), (0, b"OggS"))
_PACKETS_LOOKED_AT: Final = 128
_STILL_SHARE: Final = 0.1
_DURATION_TAG: Final = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def open_video(source: Path | str) -> tuple[InputContainer, VideoStream]:
    """Open a file, or a URL of http or https, and choose its moving picture. `MediaError` says why it cannot be."""
    path: Path | None = None
    if isinstance(source, str) and source.lower().startswith(("http://", "https://")):
        url, protocols, timeout = source, _REMOTE_PROTOCOLS, _TIMEOUT_S
    else:
        path = Path(source)
        _check_file(path)
        url, protocols, timeout = f"file:{path.absolute()}", _LOCAL_PROTOCOLS, None
    options = {"protocol_whitelist": protocols, "format_whitelist": _DEMUXERS, "max_pixels": str(_PIXEL_LIMIT)}

    def opened() -> InputContainer:
        try:
            container = av.open(url, "r", options=options, metadata_errors="replace", timeout=timeout)
        except (av.error.FFmpegError, OSError) as exc:
            raise MediaError(source, _why_refused(path, exc)) from exc
        if container.format.name == "avi":
            container.flags &= ~_GENERATE_PTS  # an AVI has one time stamp for each packet; more would be made up
        return container

    container = opened()
    try:
        indices = [stream.index for stream in container.streams.video if not is_cover(stream)]
        if len(indices) > 1:
            indices = _moving(container, indices)
            container.close()
            container = opened()
        return container, _best_picture(container, indices, source)
    except MediaError:
        container.close()
        raise


def is_cover(stream: Stream) -> bool:
    """True for a still picture that a file carries beside its sound."""
    return bool(stream.disposition & Disposition.attached_pic)


def declared_end(container: InputContainer, stream: VideoStream) -> tuple[Fraction, bool] | None:
    """When the picture should end, in seconds as the stream counts, and whether it is said of the stream itself.

    What is only known of the whole container may be the length of its sound.
    """
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        return stream.frames / stream.average_rate, True  # libav fits an AVI's duration to the size of the file
    if stream.duration and stream.time_base:
        return ((stream.start_time or 0) + stream.duration) * stream.time_base, True
    tag = _DURATION_TAG.fullmatch(stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3]), True
    if container.duration:
        return Fraction((container.start_time or 0) + container.duration, 1_000_000), False
    return None


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


def _moving(container: InputContainer, indices: list[int]) -> list[int]:
    """Those of several streams that move: a still that is stored as a video has a packet or two where another has many.

    Flags do not tell: a still may be the default. Reads the first packets.
    """
    counts = dict.fromkeys(indices, 0)
    with suppress(av.error.FFmpegError, OSError, IndexError):  # what is damaged is told when it is read
        for packet in islice(container.demux(*(container.streams[index] for index in indices)), _PACKETS_LOOKED_AT):
            counts[packet.stream_index] += bool(packet.size)
    most = max(counts.values())
    return [index for index, count in counts.items() if count >= _STILL_SHARE * most]


def _best_picture(container: InputContainer, indices: list[int], source: Path | str) -> VideoStream:
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


def _why_refused(path: Path | None, error: av.error.FFmpegError | OSError) -> str:
    """Tell a file that was cut off in its header from one that is no video: libav says the same of both."""
    if isinstance(error, av.error.InvalidDataError | av.error.ArgumentError):  # the latter for demuxers not allowed
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
    if any(beginning[offset:].startswith(magic) for offset, magic in _BEGINNINGS):
        return "its header is missing or cut off, as of a download or a copy that was not finished"
    return reason
