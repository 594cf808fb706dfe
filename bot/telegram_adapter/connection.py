"""python-telegram-bot's application, made for one event loop with others: its requests, its pace, how it is polled."""

import asyncio
import logging
from typing import Any, Final

from telegram.constants import UpdateType
from telegram.error import Conflict, TelegramError, TimedOut
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder
from telegram.request import HTTPXRequest

from bot.connection_state import ConnectionState
from bot.dispatch.protocol import PlatformMetrics
from bot.telegram_adapter.spec import PLATFORM, TelegramSpec

_log = logging.getLogger(__name__)

UPDATES: Final = (UpdateType.MESSAGE, UpdateType.EDITED_MESSAGE, UpdateType.CALLBACK_QUERY)
"""All that we want to be told of."""
POLL_S: Final = 30
"""How long Telegram waits for something to happen before it answers a poll."""

App = Application[Any, Any, Any, Any, Any, Any]

_NO_MESSAGE: Final = frozenset({"setMessageReaction", "sendChatAction", "editMessageReplyMarkup"})
_RETRIES: Final = 3
_CONNECTIONS: Final = 64
_READ_S: Final = 20.0
_UPLOAD_S: Final = 60.0
_LAST_S: Final = 3.0
_NO_UPDATES: Final = (200, b'{"ok": true, "result": []}')


class LinkState:
    """How the connection does: `healthy` while updates come in, `refused` once the token is refused for good."""

    def __init__(self, metrics: PlatformMetrics) -> None:
        self.healthy = False
        self.refused = asyncio.Event()
        self.closing = asyncio.Event()
        self._metrics = metrics
        self._state = ConnectionState("Telegram")
        self._shared = False

    def works(self) -> None:
        """Updates come in."""
        if self.closing.is_set():
            return
        self._state.restored()
        self.healthy, self._shared = True, False

    def fails(self, error: TelegramError) -> None:
        """A poll has failed; it is made again. Said once until it works again."""
        self.healthy = False
        if not isinstance(error, Conflict):
            self._metrics.platform_fault(PLATFORM, "polling")
            self._state.lost(error)
            return
        self._metrics.platform_fault(PLATFORM, "conflict")
        if not self._shared:
            _log.warning(
                "Another program uses the same Telegram token, so messages reach only one of the two. Stop the other "
                "one, or give each a token of its own."
            )
        self._shared = True


class PollRequest(HTTPXRequest):
    """Asks for updates, and tells the link how that goes.

    A refused token ends the polling quietly instead of raising in a task that nobody watches; and at the end, when the
    last updates are confirmed, it is no matter if that fails: they come again, and are known.
    """

    def __init__(self, link: LinkState) -> None:
        super().__init__(connection_pool_size=2, read_timeout=_READ_S, connect_timeout=10.0)
        self._link = link

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: D102  # as its base says
        if self._link.closing.is_set():
            return await self._last(*args, **kwargs)
        try:
            status, body = await super().do_request(*args, **kwargs)
        except TelegramError as exc:
            if isinstance(exc, TimedOut):  # which the updater keeps to itself
                self._link.fails(exc)
            raise
        if status == 401:
            self._link.refused.set()
            await self._link.closing.wait()
            return _NO_UPDATES
        if status == 200:
            self._link.works()
        # a proxy's "not found" is an invalid token to the library, which would end the polling
        return (502, body) if status == 404 else (status, body)

    async def _last(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(_LAST_S):
                status, body = await super().do_request(*args, **kwargs)
        except (TelegramError, TimeoutError):
            return _NO_UPDATES
        return (status, body) if status == 200 else _NO_UPDATES


class Limiter(AIORateLimiter):
    """Telegram's limits are on messages: reactions and the like do not use them up."""

    def __init__(self) -> None:
        super().__init__(max_retries=_RETRIES)

    async def process_request(  # noqa: D102  # as its base says
        self,
        callback: Any,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Any,
    ) -> Any:
        if endpoint in _NO_MESSAGE:
            data = {name: value for name, value in data.items() if name != "chat_id"}
        return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)


def new_application(spec: TelegramSpec, link: LinkState) -> App:
    """An application that is not yet initialised. `TelegramError` for a token that cannot be one."""
    return (
        ApplicationBuilder()
        .token(spec.token)
        .base_url(spec.base_url)
        .base_file_url(spec.base_file_url)
        .local_mode(spec.local)
        .request(
            HTTPXRequest(
                connection_pool_size=_CONNECTIONS,
                read_timeout=_READ_S,
                write_timeout=_READ_S,
                connect_timeout=10.0,
                pool_timeout=_READ_S,
                media_write_timeout=_UPLOAD_S,
            )
        )
        .get_updates_request(PollRequest(link))
        .rate_limiter(Limiter())
        .job_queue(None)
        .build()
    )
