"""Translation of libav's exceptions to `MediaError`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av.error

from core.errors import MediaError

NOT_A_VIDEO: Final = "not a video that can be read"
_REASON_BY_ERROR: Final[dict[type[Exception], str]] = {
    av.error.InvalidDataError: NOT_A_VIDEO,
    av.error.FileNotFoundError: "no such file",
    av.error.PermissionError: "no permission to read it",
    av.error.IsADirectoryError: "a folder, not a video",
    av.error.DecoderNotFoundError: "no decoder for its video format",
    av.error.DemuxerNotFoundError: NOT_A_VIDEO,
    av.error.EncoderNotFoundError: "no encoder for this video format",
    av.error.MuxerNotFoundError: "no way to write this container",
    av.error.ProtocolNotFoundError: "it refers to a place that must not be opened",
    av.error.HTTPClientError: "the server refused",
    av.error.HTTPError: "the server failed",
    av.error.ExitError: "no answer in time",
    av.error.TimeoutError: "no answer in time",
    av.error.ConnectionRefusedError: "the server cannot be reached",
}


def reason_of(error: Exception) -> str:
    """The reason, as the end of a sentence that begins with the file's name."""
    text = str(getattr(error, "strerror", None) or str(error) or type(error).__name__)
    for kind, reason in _REASON_BY_ERROR.items():
        if isinstance(error, kind):
            return f"{reason} ({text})" if issubclass(kind, av.error.HTTPError | av.error.HTTPClientError) else reason
    return text


@contextmanager
def media_errors(path: Path | str) -> Iterator[None]:
    """Turn every exception of libav, and the system's own, that leaves the block into a `MediaError` about `path`."""
    try:
        yield
    except (av.error.FFmpegError, OSError) as exc:
        raise MediaError(path, reason_of(exc)) from exc
