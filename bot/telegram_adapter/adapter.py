"""The Telegram adapter: connects, receives updates, and waits for answers in progress at the end."""

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

from telegram import Message, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.ext import TypeHandler

from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.language.translations import Translations
from bot.telegram_adapter.acknowledgement import Acknowledgement
from bot.telegram_adapter.albums import Albums
from bot.telegram_adapter.answers import MessageAnswers
from bot.telegram_adapter.connection import POLL_TIMEOUT_S, UPDATES, PollingState, TelegramApplication, new_application
from bot.telegram_adapter.delivery import Delivery
from bot.telegram_adapter.message_parsing import MessageParser
from bot.telegram_adapter.picture_finder import PictureFinder
from bot.telegram_adapter.platform_errors import is_token_refused, new_retry
from bot.telegram_adapter.spec import PLATFORM, TelegramSpec, Timing
from bot.telegram_adapter.wording import menu
from core.errors import PlatformError

_log = logging.getLogger(__name__)
_TIMING = Timing()
_LONGEST_PAUSE_S = 60.0
_MENU_LOCALES = ("zh", "ja")
"""Languages of the menu of commands beside the default one."""

LOGIN_REFUSED = (
    "Telegram refuses the token. Ask @BotFather for the bot's token (/mybots, API Token), set "
    "WHENANIME_TELEGRAM__TOKEN to it and start again."
)

WEBHOOK_NOT_HTTPS = (
    "Telegram calls https addresses only: an HTTPS URL must be provided for the webhook. Set WHENANIME_TELEGRAM__URL "
    "to the https:// address under which Telegram reaches this machine."
)


class TelegramAdapter:
    """Answers on Telegram while `run` runs; leaving it waits a limited time for the answers in progress.

    `sleep` waits in seconds before a call is repeated, `clock` gives seconds, `now` the time of day. `connected` is
    called with the bot's name once messages arrive.
    """

    def __init__(
        self,
        spec: TelegramSpec,
        dispatcher: RequestHandler,
        metrics: PlatformMetrics,
        *,
        timing: Timing = _TIMING,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        connected: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._spec = spec
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._timing = timing
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._connected = connected
        self._texts = Translations(spec.locale)
        self._polling = PollingState(metrics)
        self._albums = Albums(timing.album_window_s, self._answer_album)
        self._tasks: set[asyncio.Task[None]] = set()
        self._app: TelegramApplication | None = None
        self._answers: MessageAnswers | None = None

    @property
    def healthy(self) -> bool:
        """Whether messages arrive."""
        return self._polling.healthy

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self._timing.finish_timeout_s)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._app:
                await self._stop(self._app)
                await self._app.shutdown()
                await self._app.bot.shutdown()

    async def run(self) -> None:
        """Answer until cancelled; after that no new message is answered, and answers in progress can still be sent.

        `PlatformError` when Telegram refuses the token or the webhook, or the webhook's port cannot be listened on.
        """
        spec = self._spec
        if not (spec.token.isascii() and spec.token.isprintable()) or " " in spec.token:
            raise PlatformError(LOGIN_REFUSED)  # it cannot stand in an address
        if spec.mode == "webhook" and not spec.local and not spec.url.lower().startswith("https://"):
            raise PlatformError(WEBHOOK_NOT_HTTPS)
        try:
            app = self._app = new_application(spec, self._polling)
        except InvalidToken:
            raise PlatformError(LOGIN_REFUSED) from None
        await self._connect(app)
        self._answers = self._new_answers(app)
        app.add_handler(TypeHandler(Update, self._handle_update))
        await self._register_commands(app)
        await app.start()
        try:
            await self._listen(app)
            self._polling.succeeded()
            self._connected(f"@{app.bot.username}")
            await self._polling.refused.wait()
            raise PlatformError(LOGIN_REFUSED)
        finally:
            await self._stop(app)

    async def _stop(self, app: TelegramApplication) -> None:
        """Stop receiving updates, and start to answer those that were received."""
        self._polling.healthy = False
        self._polling.closing.set()
        if app.updater and app.updater.running:
            await app.updater.stop()
        if app.running:
            await app.stop()
        self._albums.close()

    async def _connect(self, app: TelegramApplication) -> None:
        """Initialise the application; repeatedly while Telegram or the network is down."""
        pause_s = self._timing.retry_pause_s
        while True:
            try:
                await app.initialize()
                if self._spec.mode == "webhook":
                    await app.bot.set_webhook(self._spec.url, allowed_updates=UPDATES, secret_token=self._spec.secret)
            except InvalidToken:
                # its text and that of its cause contain the token
                raise PlatformError(LOGIN_REFUSED) from None
            except (BadRequest, Forbidden) as exc:
                raise PlatformError(
                    f"Telegram refuses to be set up ({exc.message}). Check WHENANIME_TELEGRAM__URL and __SECRET."
                ) from exc
            except TelegramError as exc:
                self._polling.failed(exc)
            else:
                return
            await self._sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _new_answers(self, app: TelegramApplication) -> MessageAnswers:
        count_failure = partial(self._metrics.platform_fault, PLATFORM, "network")
        retry = new_retry(self._timing.retry_pause_s, self._sleep, count_failure)
        pictures = PictureFinder(app.bot, self._spec, retry, self._polling.refused.set)
        return MessageAnswers(
            self._dispatcher,
            Delivery(app.bot, self._dispatcher, self._metrics, retry),
            MessageParser(app.bot.bot, pictures, self._dispatcher.translator, self._spec),
            Acknowledgement(app.bot, self._metrics, self._clock),
            self._timing.press_timeout_s,
        )

    async def _register_commands(self, app: TelegramApplication) -> None:
        """Register the menu of commands in every language; commands work without it."""
        try:
            for locale in (None, *_MENU_LOCALES):
                translator = self._texts.of(locale or self._spec.locale)
                await app.bot.set_my_commands(menu(translator), language_code=locale)
        except TelegramError as exc:
            self._metrics.platform_fault(PLATFORM, "commands")
            _log.warning("Telegram did not take the menu of commands (%s).", exc.message)

    async def _listen(self, app: TelegramApplication) -> None:
        updater, spec = app.updater, self._spec
        if updater is None:
            raise AssertionError("the application was built with an updater")
        if spec.mode == "polling":
            await updater.start_polling(
                timeout=POLL_TIMEOUT_S,
                bootstrap_retries=-1,
                allowed_updates=UPDATES,
                error_callback=self._polling.failed,
            )
            return
        listener = _listening_socket(spec.listen, spec.port)
        try:
            await updater.start_webhook(
                unix=listener,  # python-telegram-bot passes any socket on, whatever the name of the parameter
                url_path=spec.path,
                webhook_url=spec.url,
                secret_token=spec.secret or None,
                bootstrap_retries=-1,
                allowed_updates=UPDATES,
            )
        except BaseException:
            listener.close()
            raise

    async def _handle_update(self, update: Update, _context: object) -> None:
        """Start to answer an update; never waits, so that updates are started in their order."""
        answers = self._answers
        if answers is None:
            return
        received_s = self._clock()
        if update.callback_query:
            self._start(answers.press(update.callback_query))
        if update.edited_message:
            self._handle_edit(answers, update.edited_message, received_s)
        message = update.message
        if message is None:
            return
        if self._now() - message.date > self._timing.max_age:
            _log.info("a message in chat %d is too old to be answered", message.chat.id)
        elif message.media_group_id:
            if self._albums.add(message) and answers.is_for_us(message):
                self._start(answers.acknowledge(message, received_s))
        elif answers.is_for_us(message):
            self._start(answers.answer((message,), received_s))

    def _handle_edit(self, answers: MessageAnswers, message: Message, received_s: float) -> None:
        """Answer a message that was edited recently, if it is for the bot now."""
        changed = message.edit_date or message.date
        if self._now() - changed <= self._timing.max_age and answers.is_for_us(message):
            self._start(answers.answer_edited(message, received_s))

    def _answer_album(self, messages: Sequence[Message]) -> None:
        """Answer an album if one of its messages is for the bot."""
        answers = self._answers
        if answers and any(map(answers.is_for_us, messages)):
            first = min(messages, key=lambda message: message.message_id)
            self._start(answers.answer(messages, self._clock(), acknowledged=answers.is_for_us(first)))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(self._logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, work: Coroutine[object, object, None]) -> None:
        """Log and count errors instead of raising them, so that one of them ends one answer and never the bot."""
        try:
            await work
        except Forbidden as exc:
            self._metrics.platform_fault(PLATFORM, "forbidden")
            _log.info("Telegram: an answer is not wanted any more (%s)", exc.message)
        except TelegramError as exc:
            if is_token_refused(exc):
                self._polling.refused.set()
            self._metrics.platform_fault(PLATFORM, "refused" if isinstance(exc, BadRequest) else "lost")
            _log.warning("Telegram: an answer could not be delivered (%s)", exc.message)
        except Exception:  # noqa: BLE001  # the process edge: one answer is lost, the bot goes on
            self._metrics.platform_fault(PLATFORM, "adapter")
            _log.exception("Telegram: an update could not be answered")


def _listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens. `PlatformError` when the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as exc:
        raise PlatformError(
            f"The webhook cannot listen on {host}, port {port} ({exc.strerror}). Set WHENANIME_TELEGRAM__LISTEN and "
            "__PORT to an address of this machine and a free port."
        ) from exc
    listener.setblocking(False)
    return listener
