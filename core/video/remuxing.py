"""Copies of videos with other chapters: streams are copied as they are, nothing is encoded."""

from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from core.errors import MediaError
from core.files import StagedPath, storage_errors
from core.video.chapters import Chapter
from core.video.errors import media_errors
from core.video.opening import declared_origin, open_video

_FORMATS: Final = {
    ".mkv": "matroska",
    ".mka": "matroska",
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
}
CHAPTER_SUFFIX: Final = ".mkv"
"""Suffix of copies of videos whose own container has no chapters."""
_BASE: Final = Fraction(1, 1000)


def remuxed_suffix(source: Path) -> str:
    """The suffix that a copy of this video gets."""
    return source.suffix.lower() if source.suffix.lower() in _FORMATS else CHAPTER_SUFFIX


def write_with_chapters(source: Path, target: Path, chapters: Sequence[Chapter]) -> None:
    """Copy a video with these chapters in place of its own; times are counted as `VideoReader` does.

    The target is a new file, written aside and synced. Pictures, sound, subtitles and attached fonts are copied.
    `MediaError` when the target is there, when a stream does not fit into its container, or when the source cannot be
    read; `StorageError` when the disk refuses.
    """
    if target.exists():
        raise MediaError(target, "is there already; nothing is written over it")
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with StagedPath(target) as part:
            _copy(source, part, target, chapters)


def _copy(source: Path, part: Path, target: Path, chapters: Sequence[Chapter]) -> None:
    with ExitStack() as stack:
        container, _video = open_video(source)
        stack.enter_context(container)
        stack.enter_context(media_errors(source))
        if container.format.name == "avi":
            raise MediaError(source, "an AVI file has no time stamps that another container could take over")
        output = stack.enter_context(av.open(str(part), "w", format=_FORMATS[target.suffix.lower()]))
        streams = _copied_streams(container, output, source)
        origin_ms = declared_origin(container) * 1000
        output.metadata.update(container.metadata)
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": round(chapter.start_ms + origin_ms),
                    "end": round(chapter.end_ms + origin_ms),
                    "time_base": _BASE,
                    "metadata": {"title": chapter.title},
                }
                for number, chapter in enumerate(chapters, 1)
            ]
        )
        for packet in container.demux([container.streams[index] for index in streams]):
            _mux(packet, streams[packet.stream_index], output)


def _copied_streams(container: InputContainer, output: OutputContainer, source: Path) -> dict[int, Stream]:
    """Streams of the copy by the index of their original. `MediaError` names one that cannot be copied."""
    streams: dict[int, Stream] = {}
    for stream in container.streams:
        try:
            copied = output.add_stream_from_template(stream, opaque=True)
        except (ValueError, av.error.FFmpegError) as exc:
            raise MediaError(source, f"its stream {stream.index} ({stream.type}) cannot be copied: {exc}") from exc
        streams[stream.index] = copied
    return streams


def _mux(packet: "Packet[Stream]", stream: Stream, output: OutputContainer) -> None:
    if packet.dts is None and packet.pts is None:
        return  # the empty packet that ends a stream
    packet.stream = stream
    output.mux_one(packet)
