"""The moving picture below an answer: what a chat takes, and what takes its place where that cannot be had."""

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Final

from bot.language.translations import Translator
from bot.messages import Chat, Media, MediaKind, Reply
from bot.replies.button_actions import AnswerId
from bot.search_engine import SearchEngine
from core.domain import Scene
from core.errors import FileRemovedError, MediaError
from core.previews.spec import PreviewFormat

_FORMATS: Final = {MediaKind.MP4: PreviewFormat.MP4, MediaKind.GIF: PreviewFormat.GIF}
_SMALLER: Final = 4
_MEMORY_BYTES: Final = 64 << 20
_log = logging.getLogger(__name__)

_Key = tuple[str, int, int, int, int, MediaKind]  # index, file, from, at, to


class AttachmentForm(StrEnum):
    """How much a preview is, the most first."""

    MOVING = "m"
    SMALL = "s"
    STILL = "j"


@dataclass(frozen=True, slots=True)
class AttachmentHandle:
    """What `Reply.handle` says: a case, its scene, and the form of the preview that is attached."""

    case: AnswerId
    index: int
    form: AttachmentForm

    def __str__(self) -> str:
        return f"{self.case}:{self.index}:{self.form}"

    @classmethod
    def parse(cls, text: str) -> "AttachmentHandle | None":
        """What `str` of one wrote; `None` for anything else."""
        try:
            case, index, form = text.split(":")
            return cls(AnswerId(case), int(index), AttachmentForm(form))
        except ValueError:
            return None


class PreviewAttachments:
    """Makes previews, and remembers the last of them. Blocking; safe from several threads."""

    def __init__(self, engine: SearchEngine, memory_bytes: int = _MEMORY_BYTES) -> None:
        self._engine = engine
        self._memory_bytes = memory_bytes
        self._made: OrderedDict[_Key, bytes] = OrderedDict()
        self._made_bytes = 0
        self._lock = Lock()

    def attach(
        self, reply: Reply, handle: AttachmentHandle, scene: Scene, chat: Chat, words: Translator, *, spoiler: bool
    ) -> Reply:
        """The reply with a preview of a scene in the handle's form, or else in the next that can be had, or without.

        What moves is of the kind that the chat prefers; nothing is larger than it takes. A small form is one of at most
        a quarter of the bytes of what the reply carries. Nothing that goes wrong here is raised; the reply says
        when the video has left the library.
        """
        carried, bare = reply.media, replace(reply, media=None, handle="")
        for form in list(AttachmentForm)[list(AttachmentForm).index(handle.form) :]:
            try:
                made = self._made_as(form, scene, chat, carried)
            except FileRemovedError:
                bare = _said_once(bare, words.gettext("This video is no longer in my library."))
                made = None
            except Exception:  # noqa: BLE001  # an answer without a preview is better than none
                _log.exception("a preview failed in a way that is not known")
                made = None
            if made is not None:
                kind, data = made
                media = Media(kind, data, f"scene{kind.suffix}", spoiler)
                return replace(bare, media=media, handle=str(replace(handle, form=form)))
        return bare

    def _made_as(
        self, form: AttachmentForm, scene: Scene, chat: Chat, carried: Media | None
    ) -> tuple[MediaKind, bytes] | None:
        if form is AttachmentForm.STILL or chat.moving not in _FORMATS:
            still = self._engine.still(scene)
            return (MediaKind.JPEG, still) if still and len(still) <= chat.upload_limit_bytes else None
        if form is AttachmentForm.MOVING:
            return self._moving(scene, chat.moving, chat.upload_limit_bytes, remember=True)
        if carried is None:
            return None
        return self._moving(scene, chat.moving, len(carried.data) // _SMALLER, remember=False)

    def _moving(
        self, scene: Scene, kind: MediaKind, limit_bytes: int, *, remember: bool
    ) -> tuple[MediaKind, bytes] | None:
        key = (self._engine.generation.name, scene.file_id, scene.from_ms, scene.at_ms, scene.to_ms, kind)
        with self._lock:
            known = self._made.get(key)
            if known is not None and len(known) <= limit_bytes:
                self._made.move_to_end(key)
                return kind, known
        try:
            data = self._engine.preview(scene, _FORMATS[kind], limit_bytes=limit_bytes)
        except MediaError as exc:
            _log.info("no preview: %s", exc)
            return None
        if remember:
            self._remember(key, data)
        return kind, data

    def _remember(self, key: _Key, data: bytes) -> None:
        with self._lock:
            self._made_bytes += len(data) - len(self._made.pop(key, b""))
            self._made[key] = data
            while self._made_bytes > self._memory_bytes:
                self._made_bytes -= len(self._made.popitem(last=False)[1])


def _said_once(reply: Reply, line: str) -> Reply:
    return reply if line in reply.lines else replace(reply, lines=(*reply.lines, line))
