"""Connection to Telegram: python-telegram-bot's application, its requests, rate limits and polling."""

import asyncio
import logging
from typing import Any, Final

from telegram.constants import UpdateType
from telegram.error import Conflict, TelegramError, TimedOut
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder
from telegram.request import HTTPXRequest

from bot.chat_platform.connection_state import ConnectionState
from bot.dispatch.protocol import PlatformMetrics
from bot.telegram_adapter.spec import PLATFORM, TelegramSpec

_log = logging.getLogger(__name__)

UPDATES: Final = (UpdateType.MESSAGE, UpdateType.EDITED_MESSAGE, UpdateType.CALLBACK_QUERY)
"""The types of updates that the bot receives."""
POLL_TIMEOUT_S: Final = 30
"""How long Telegram waits for an update before it answers a poll."""

TelegramApplication = Application[Any, Any, Any, Any, Any, Any]

_NO_MESSAGE_METHODS: Final = frozenset({"setMessageReaction", "sendChatAction", "editMessageReplyMarkup"})
"""Methods that do not count for Telegram's limits on messages."""
_RATE_LIMIT_RETRIES: Final = 3
_CONNECTIONS_LIMIT: Final = 64
_READ_TIMEOUT_S: Final = 20.0
_UPLOAD_TIMEOUT_S: Final = 60.0
_CONFIRM_TIMEOUT_S: Final = 3.0
_EMPTY_RESPONSE: Final = (200, b'{"ok": true, "result": []}')


class PollingState:
    """State of polling: `healthy` while updates arrive, `refused` once the token is refused, `closing` at the end."""

    def __init__(self, metrics: PlatformMetrics) -> None:
        self.healthy = False
        self.refused = asyncio.Event()
        self.closing = asyncio.Event()
        self._metrics = metrics
        self._connection = ConnectionState("Telegram")
        self._conflict = False

    def succeeded(self) -> None:
        """A poll has succeeded: updates arrive."""
        if self.closing.is_set():
            return
        self._connection.restored()
        self.healthy, self._conflict = True, False

    def failed(self, error: TelegramError) -> None:
        """A poll has failed and will be repeated. A warning until the next success is logged once."""
        self.healthy = False
        if not isinstance(error, Conflict):
            self._metrics.platform_fault(PLATFORM, "polling")
            self._connection.lost(error)
            return
        self._metrics.platform_fault(PLATFORM, "conflict")
        if not self._conflict:
            _log.warning(
                "Another program uses the same Telegram token, so messages reach only one of the two. Stop the other "
                "one, or give each a token of its own."
            )
        self._conflict = True


class PollRequest(HTTPXRequest):
    """Requests updates, and reports each result to the `PollingState`.

    A refused token ends the polling quietly instead of raising in a task that nobody awaits. The confirmation of the
    last updates at the end may fail: they are delivered again, and their requests are known.
    """

    def __init__(self, polling: PollingState) -> None:
        super().__init__(connection_pool_size=2, read_timeout=_READ_TIMEOUT_S, connect_timeout=10.0)
        self._polling = polling

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: D102  # as its base says
        if self._polling.closing.is_set():
            return await self._confirm_updates(*args, **kwargs)
        try:
            status, body = await super().do_request(*args, **kwargs)
        except TelegramError as exc:
            if isinstance(exc, TimedOut):  # the updater does not report these
                self._polling.failed(exc)
            raise
        if status == 401:
            self._polling.refused.set()
            await self._polling.closing.wait()
            return _EMPTY_RESPONSE
        if status == 200:
            self._polling.succeeded()
        # python-telegram-bot takes a proxy's "not found" for an invalid token, and would end the polling
        return (502, body) if status == 404 else (status, body)

    async def _confirm_updates(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(_CONFIRM_TIMEOUT_S):
                status, body = await super().do_request(*args, **kwargs)
        except (TelegramError, TimeoutError):
            return _EMPTY_RESPONSE
        return (status, body) if status == 200 else _EMPTY_RESPONSE


class Limiter(AIORateLimiter):
    """Rate limiter; Telegram's limits are on messages, so reactions, chat actions and the like are not counted."""

    def __init__(self) -> None:
        super().__init__(max_retries=_RATE_LIMIT_RETRIES)

    async def process_request(  # noqa: D102  # as its base says
        self,
        callback: Any,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Any,
    ) -> Any:
        if endpoint in _NO_MESSAGE_METHODS:
            data = {name: value for name, value in data.items() if name != "chat_id"}
        return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)


def new_application(spec: TelegramSpec, polling: PollingState) -> TelegramApplication:
    """An application that is not initialised. `InvalidToken` for a text that cannot be a token."""
    return (
        ApplicationBuilder()
        .token(spec.token)
        .base_url(spec.base_url)
        .base_file_url(spec.base_file_url)
        .local_mode(spec.local)
        .request(
            HTTPXRequest(
                connection_pool_size=_CONNECTIONS_LIMIT,
                read_timeout=_READ_TIMEOUT_S,
                write_timeout=_READ_TIMEOUT_S,
                connect_timeout=10.0,
                pool_timeout=_READ_TIMEOUT_S,
                media_write_timeout=_UPLOAD_TIMEOUT_S,
            )
        )
        .get_updates_request(PollRequest(polling))
        .rate_limiter(Limiter())
        .job_queue(None)
        .build()
    )
