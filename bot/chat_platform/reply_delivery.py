"""Delivery of replies: an attachment that the platform refuses is replaced by a lighter one, in the end by none."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Final, TypeVar

from bot.chat_platform.retry import Retry
from bot.dispatch.protocol import RequestHandler
from bot.messages import Chat, Media, Reply

_FORMS_LIMIT: Final = 5
"""Forms of one reply that are tried before its attachment is left out."""

T = TypeVar("T")


class AttachmentRefusal(Enum):
    """Why a platform refused an attachment."""

    TOO_LARGE = auto()
    """Or of a form that the platform does not take: a lighter one may do."""
    NOT_ALLOWED = auto()
    """The chat allows no attachments."""


class ReplyDelivery:
    """Sends replies. `refusal` says why an error refuses an attachment; `None` when the error has another reason."""

    def __init__(
        self,
        dispatcher: RequestHandler,
        retry: Retry,
        refusal: Callable[[Exception, Media], AttachmentRefusal | None],
    ) -> None:
        self._dispatcher = dispatcher
        self._retry = retry
        self._refusal = refusal

    async def deliver(self, reply: Reply, chat: Chat, send: Callable[[Reply], Awaitable[T]]) -> T:
        """Send a reply by `send`, with an attachment as light as the platform requires. Raises what `send` raises."""
        for _ in range(_FORMS_LIMIT):
            try:
                return await self._retry(partial(send, reply))
            except Exception as error:
                refusal = self._refusal(error, reply.media) if reply.media else None
                if refusal is None:
                    raise
            if refusal is AttachmentRefusal.NOT_ALLOWED:
                reply = replace(reply, media=None)
            else:
                reply = await self._dispatcher.lighter(reply, chat)
        return await self._retry(partial(send, replace(reply, media=None)))
