"""Previews attached to an answer: a moving one as the chat takes it, a smaller one, or a still picture."""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Final

from cachetools import LRUCache

from bot.language.translations import Translator
from bot.messages import Chat, Media, MediaKind, Reply
from bot.replies.button_actions import AnswerId
from bot.search_engine import SearchEngine
from core.domain import Scene
from core.errors import FileRemovedError, MediaError
from core.previews.spec import PreviewFormat

_FORMATS: Final = {MediaKind.MP4: PreviewFormat.MP4, MediaKind.GIF: PreviewFormat.GIF}
_SMALL_DIVISOR: Final = 4
"""By how much a small preview has fewer bytes than the one before it."""
_MEMORY_BYTES: Final = 64 << 20
_log = logging.getLogger(__name__)

_Key = tuple[str, int, int, int, int, MediaKind]  # index, file, from, at, to


class AttachmentForm(StrEnum):
    """Forms of a preview, the largest first."""

    MOVING = "m"
    SMALL = "s"
    STILL = "j"


@dataclass(frozen=True, slots=True)
class AttachmentHandle:
    """What `Reply.handle` says: a stored answer, its scene, and the form of the preview that is attached."""

    answer_id: AnswerId
    index: int
    form: AttachmentForm

    def __str__(self) -> str:
        return f"{self.answer_id}:{self.index}:{self.form}"

    @classmethod
    def parse(cls, text: str) -> "AttachmentHandle | None":
        """What `str` of one wrote; `None` for anything else."""
        try:
            answer_id, index, form = text.split(":")
            return cls(AnswerId(answer_id), int(index), AttachmentForm(form))
        except ValueError:
            return None


class PreviewAttachments:
    """Makes previews, and remembers the last of them, `memory_bytes` together. Blocking; safe from several threads."""

    def __init__(self, engine: SearchEngine, memory_bytes: int = _MEMORY_BYTES) -> None:
        self._engine = engine
        self._remembered: LRUCache[_Key, bytes] = LRUCache(memory_bytes, getsizeof=len)
        self._lock = Lock()

    @property
    def remembered_bytes(self) -> int:
        """The size of all previews that are remembered."""
        return int(self._remembered.currsize)

    def attach(
        self, reply: Reply, handle: AttachmentHandle, scene: Scene, chat: Chat, translator: Translator, *, spoiler: bool
    ) -> Reply:
        """The reply with a preview of a scene in the handle's form, or else in the next that can be had, or without.

        A moving preview is of the kind that the chat prefers; none is larger than the chat takes. A small one has at
        most a quarter of the bytes of what the reply carries. Errors are not raised: they leave the reply without a
        preview, with a line about it when the video has left the library.
        """
        carried, bare = reply.media, replace(reply, media=None, handle="")
        for form in list(AttachmentForm)[list(AttachmentForm).index(handle.form) :]:
            try:
                preview = self._preview(form, scene, chat, carried)
            except FileRemovedError:
                bare = _with_line_once(bare, translator.gettext("This video is no longer in my library."))
                preview = None
            except Exception:  # noqa: BLE001  # an answer without a preview is better than none
                _log.exception("a preview failed in a way that is not known")
                preview = None
            if preview is not None:
                kind, data = preview
                media = Media(kind, data, f"scene{kind.suffix}", spoiler)
                return replace(bare, media=media, handle=str(replace(handle, form=form)))
        return bare

    def _preview(
        self, form: AttachmentForm, scene: Scene, chat: Chat, carried: Media | None
    ) -> tuple[MediaKind, bytes] | None:
        """A preview in this form; `None` when the chat or the library has none."""
        if form is AttachmentForm.STILL or chat.preview_kind not in _FORMATS:
            still = self._engine.still(scene)
            return (MediaKind.JPEG, still) if still and len(still) <= chat.upload_limit_bytes else None
        if form is AttachmentForm.MOVING:
            return self._moving(scene, chat.preview_kind, chat.upload_limit_bytes, remember=True)
        if carried is None:
            return None
        return self._moving(scene, chat.preview_kind, len(carried.data) // _SMALL_DIVISOR, remember=False)

    def _moving(
        self, scene: Scene, kind: MediaKind, limit_bytes: int, *, remember: bool
    ) -> tuple[MediaKind, bytes] | None:
        key = (self._engine.generation.name, scene.file_id, scene.from_ms, scene.at_ms, scene.to_ms, kind)
        with self._lock:
            remembered = self._remembered.get(key)
        if remembered is not None and len(remembered) <= limit_bytes:
            return kind, remembered
        try:
            data = self._engine.preview(scene, _FORMATS[kind], limit_bytes=limit_bytes).data
        except MediaError as exc:
            _log.info("no preview: %s", exc)
            return None
        if remember:
            with self._lock, suppress(ValueError):  # larger than all that is remembered
                self._remembered[key] = data
        return kind, data


def _with_line_once(reply: Reply, line: str) -> Reply:
    return reply if line in reply.lines else replace(reply, lines=(*reply.lines, line))
