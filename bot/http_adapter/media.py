"""Media of answers: previews and frames, rendered off the event loop, once for everybody who asks for the same."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from cachetools import LRUCache

from bot.dispatch.worker import Worker
from bot.http_adapter.media_links import MediaMoment
from bot.messages import UserId
from core.errors import FileRemovedError
from core.previews.spec import Preview, PreviewFormat, PreviewSides
from core.timecode import Millis

_MEMORY_BYTES: Final = 64 << 20
_GIF_LIMIT_BYTES: Final = 8 << 20


class MediaSize(StrEnum):
    """Width of media, as trace.moe names it."""

    LARGE = "l"
    MEDIUM = "m"
    SMALL = "s"

    @property
    def width(self) -> int:
        """In pixels."""
        return {MediaSize.LARGE: 640, MediaSize.MEDIUM: 320, MediaSize.SMALL: 160}[self]


class MediaKind(StrEnum):
    """What is rendered of a moment."""

    MP4 = "mp4"
    SILENT_MP4 = "silent mp4"
    GIF = "gif"
    JPEG = "jpeg"

    @property
    def content_type(self) -> str:
        """Its media type (RFC 6838)."""
        return {"gif": "image/gif", "jpeg": "image/jpeg"}.get(self, "video/mp4")


class MediaEngine(Protocol):
    """Blocking calls of the engine that render media; `core.engine.Engine` has them."""

    def preview(
        self,
        scene: MediaMoment,
        preview_format: PreviewFormat,
        *,
        limit_bytes: int | None = None,
        width: int | None = None,
        sound: bool = False,
        sides: PreviewSides | None = None,
    ) -> Preview:
        """A moving preview, as long as its `sides` say; `MediaError` when none can be made."""

    def frame(self, scene: MediaMoment, width: int) -> bytes | None:
        """The frame of the moment, a JPEG."""


@dataclass(frozen=True, slots=True)
class MediaKey:
    """Media that are the same for everybody."""

    moment: MediaMoment
    kind: MediaKind
    size: MediaSize
    sides: PreviewSides | None = None


class MediaRenderer:
    """Renders media in the worker's threads and keeps what was rendered last, up to 64 MiB. For one event loop."""

    def __init__(self, engine: MediaEngine, worker: Worker, deadline_s: float) -> None:
        self._engine = engine
        self._worker = worker
        self._deadline_s = deadline_s
        self._cache: LRUCache[MediaKey, Preview] = LRUCache(_MEMORY_BYTES, lambda media: len(media.data))
        self._rendering: dict[MediaKey, asyncio.Task[Preview]] = {}

    async def render(self, key: MediaKey, user: UserId) -> Preview:
        """The file of some media and the part of the video that it shows.

        `FileRemovedError` when the video has left the library, `MediaError` when it cannot be read, `BusyError` and
        `DeadlineError` as for searches. Somebody who goes away stops nobody else's rendering.
        """
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        task = self._rendering.get(key)
        if task is None:
            work = partial(self._rendered, key)
            task = asyncio.create_task(self._worker.run(user, work, self._deadline_s))
            self._rendering[key] = task
            task.add_done_callback(partial(self._done, key))
        return await asyncio.shield(task)

    def _done(self, key: MediaKey, task: "asyncio.Task[Preview]") -> None:
        del self._rendering[key]
        if not task.cancelled() and task.exception() is None and len(task.result().data) <= _MEMORY_BYTES:
            self._cache[key] = task.result()

    def _rendered(self, key: MediaKey) -> Preview:
        moment, width = key.moment, key.size.width
        if key.kind is MediaKind.JPEG:
            jpeg = self._engine.frame(moment, width)
            if jpeg is None:
                raise FileRemovedError("There is no picture of this moment: the video is not there.")
            return Preview(jpeg, moment.at_ms, Millis(moment.at_ms))
        if key.kind is MediaKind.GIF:
            return self._engine.preview(moment, PreviewFormat.GIF, limit_bytes=_GIF_LIMIT_BYTES, width=width)
        return self._engine.preview(
            moment, PreviewFormat.MP4, width=width, sound=key.kind is MediaKind.MP4, sides=key.sides
        )
