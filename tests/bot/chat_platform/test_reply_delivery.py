"""Delivery: which forms of a reply are tried when a platform refuses its attachment."""

from dataclasses import replace

import pytest

from bot.chat_platform.reply_delivery import AttachmentRefusal, ReplyDelivery
from bot.chat_platform.retry import Retry
from bot.messages import ButtonPress, Chat, ChatKind, Command, Media, MediaKind, Reply, Request, Tone
from tests.bot.request_handlers import PlainRequestHandler

CHAT = Chat(ChatKind.PRIVATE, 1000)
GIF = Media(MediaKind.GIF, b"moving", "scene.gif")
STILL = Media(MediaKind.JPEG, b"still", "scene.jpg")
REPLY = Reply(Tone.FOUND, "Found", media=GIF)


class Refused(Exception):  # noqa: N818  # a platform's answer
    """The platform refuses an attachment."""


class Handler(PlainRequestHandler):
    """A dispatcher whose lighter form of a GIF is a still picture."""

    async def handle(self, request: Request) -> Reply | None:
        raise NotImplementedError

    async def press(self, press: ButtonPress) -> Reply:
        raise NotImplementedError

    async def command(self, command: Command) -> Reply:
        raise NotImplementedError

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        assert chat is CHAT
        return replace(reply, media=STILL)


class Platform:
    """Accepts replies with one of the `accepted` attachments."""

    def __init__(self, *accepted: Media | None) -> None:
        self.accepted = accepted
        self.attempts: list[Media | None] = []

    async def send(self, reply: Reply) -> str:
        self.attempts.append(reply.media)
        if reply.media not in self.accepted:
            raise Refused
        return "sent"


def delivery(refusal: AttachmentRefusal | None) -> ReplyDelivery:
    return ReplyDelivery(Handler(), Retry(lambda _: False, attempts=1, pause_s=0.0), lambda _error, _media: refusal)


@pytest.mark.asyncio
async def test_an_attachment_that_is_too_large_is_replaced_by_a_lighter_one() -> None:
    platform = Platform(STILL)
    assert await delivery(AttachmentRefusal.TOO_LARGE).deliver(REPLY, CHAT, platform.send) == "sent"
    assert platform.attempts == [GIF, STILL]


@pytest.mark.asyncio
async def test_after_some_forms_the_attachment_is_left_out() -> None:
    platform = Platform(None)
    assert await delivery(AttachmentRefusal.TOO_LARGE).deliver(REPLY, CHAT, platform.send) == "sent"
    assert platform.attempts == [GIF, STILL, STILL, STILL, STILL, None]


@pytest.mark.asyncio
async def test_where_no_attachments_are_allowed_it_is_left_out_at_once() -> None:
    platform = Platform(None)
    assert await delivery(AttachmentRefusal.NOT_ALLOWED).deliver(REPLY, CHAT, platform.send) == "sent"
    assert platform.attempts == [GIF, None]


@pytest.mark.parametrize(
    ("reply", "refusal"), [(REPLY, None), (replace(REPLY, media=None), AttachmentRefusal.TOO_LARGE)]
)
@pytest.mark.asyncio
async def test_any_other_error_is_raised(reply: Reply, refusal: AttachmentRefusal | None) -> None:
    platform = Platform()
    with pytest.raises(Refused):
        await delivery(refusal).deliver(reply, CHAT, platform.send)
    assert platform.attempts == [reply.media]
