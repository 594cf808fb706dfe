"""Previews: which are remembered, and within how many bytes."""

from dataclasses import replace

import pytest

from bot.language.translations import Translations
from bot.messages import Chat, ChatKind, MediaKind, Reply, Tone
from bot.replies.attachments import AttachmentForm, AttachmentHandle, PreviewAttachments
from bot.replies.button_actions import AnswerId
from core.domain import Scene
from core.previews.spec import PreviewFormat
from tests.bot.fake_engine import FakeEngine, FakeGeneration
from tests.bot.results import scene

CHAT = Chat(ChatKind.GROUP, 100_000)
HANDLE = AttachmentHandle(AnswerId("aaaaaaaaaa"), 3, AttachmentForm.MOVING)
REPLY = Reply(Tone.FOUND, "Paper Boats")


def _with_preview(previews: PreviewAttachments, shown_scene: Scene, chat: Chat = CHAT) -> Reply:
    return previews.attach(REPLY, HANDLE, shown_scene, chat, Translations().of("en"), spoiler=False)


def test_handles_come_back_as_they_were() -> None:
    for form in AttachmentForm:
        handle = replace(HANDLE, form=form)
        assert AttachmentHandle.parse(str(handle)) == handle
    assert [AttachmentHandle.parse(text) for text in ("", "a:b", "a:b:m", "a:1:z", "a:1:m:m")] == [None] * 5


def test_the_same_scene_is_made_once_for_each_kind_and_index() -> None:
    engine = FakeEngine()
    previews = PreviewAttachments(engine)
    for _ in range(2):
        _with_preview(previews, scene())
        _with_preview(previews, scene(), replace(CHAT, preview_kind=MediaKind.GIF))
    assert [kind for _, kind, _ in engine.previews] == [PreviewFormat.MP4, PreviewFormat.GIF]
    _with_preview(previews, scene(at_ms=5000))
    engine.generation = FakeGeneration("generation-000002")
    _with_preview(previews, scene())
    assert len(engine.previews) == 4


def test_what_is_remembered_must_fit_the_chat() -> None:
    engine = FakeEngine()
    previews = PreviewAttachments(engine)
    _with_preview(previews, scene())
    small = _with_preview(previews, scene(), replace(CHAT, upload_limit_bytes=1000))
    assert small.media is not None
    assert len(small.media.data) == 1000
    tiny = _with_preview(previews, scene(), replace(CHAT, upload_limit_bytes=100))
    assert tiny.media is not None
    assert tiny.media.kind is MediaKind.JPEG
    assert tiny.handle == "aaaaaaaaaa:3:j"
    none = _with_preview(previews, scene(), replace(CHAT, upload_limit_bytes=5))
    assert (none.media, none.handle) == (None, "")


def test_memory_is_bounded() -> None:
    engine = FakeEngine()
    previews = PreviewAttachments(engine, memory_bytes=10_000)
    for at_ms in (1000, 2000, 3000):
        _with_preview(previews, scene(at_ms=at_ms))
    assert previews.remembered_bytes == 8000
    _with_preview(previews, scene(at_ms=3000))
    assert len(engine.previews) == 3
    _with_preview(previews, scene(at_ms=1000))
    assert len(engine.previews) == 4


def test_a_chat_where_nothing_moves_gets_the_still() -> None:
    engine = FakeEngine()
    reply = _with_preview(PreviewAttachments(engine), scene(), replace(CHAT, preview_kind=MediaKind.JPEG))
    assert reply.media is not None
    assert reply.media.kind is MediaKind.JPEG
    assert not engine.previews


@pytest.mark.parametrize("locale", ["en", "zh", "ja"])
def test_a_video_that_left_the_library_is_said_in_a_plain_sentence(locale: str) -> None:
    translator, previews = Translations().of(locale), PreviewAttachments(FakeEngine(removed=True, stills=False))
    reply = previews.attach(REPLY, HANDLE, scene(), CHAT, translator, spoiler=False)
    (line,) = reply.lines
    assert (reply.media, reply.handle) == (None, "")
    assert "mkv" not in line
    assert ("no longer in my library" in line) is (locale == "en")
    assert previews.attach(reply, HANDLE, scene(), CHAT, translator, spoiler=False).lines == (line,)
