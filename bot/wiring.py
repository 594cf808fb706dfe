"""Wiring: from settings to a dispatcher with all its parts; called at the process edge only."""

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.dispatch.button_presses import ButtonPresses
from bot.dispatch.dispatcher import Dispatcher
from bot.dispatch.picture_answers import PictureAnswers
from bot.dispatch.picture_requests import PictureRequests, PictureRequestSpec
from bot.dispatch.picture_search import PICTURE_MEMORY_BYTES, PictureSearch
from bot.dispatch.rate_limits import RateLimits
from bot.dispatch.result_cache import ResultCache
from bot.dispatch.show_suggestions import ShowSuggestions
from bot.dispatch.user_languages import UserLanguages
from bot.dispatch.worker import Worker
from bot.intake.link_fetcher import LinkFetcher
from bot.intake.picture_reader import PictureReader, UrlFetcher
from bot.intake.typed_options import ShowTitles
from bot.language.translations import Translations
from bot.language.user_locales import UserLocales
from bot.metrics import Metrics
from bot.replies.answers import AnswerReplies, ReplySpec
from bot.replies.attachments import PreviewAttachments
from bot.search_engine import SearchEngine
from bot.storage.answer_store import AnswerStore
from config.bot_settings import BotSettings
from config.heap import HeapTrimmer
from config.settings import Settings
from core.engine import Engine
from core.library.feedback import FeedbackStore
from core.library.layout import DataLayout
from core.stores.generation import current_generation

_PRUNE_EVERY_S: Final = 600.0
_PLATFORMS_WITH_QUOTAS: Final = ("http",)
"""Where users have quotas by address or key (`bot.http_adapter.picture_quota`)."""
_CACHED_RESULTS: Final = 1000
_DOWNLOADS: Final = 8
"""Files of platforms that are read at one time, and as many links."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AdapterServices:
    """What adapters are constructed with."""

    dispatcher: Dispatcher
    fetcher: LinkFetcher
    metrics: Metrics
    worker: Worker
    store: AnswerStore


@asynccontextmanager
async def open_adapter_services(
    settings: Settings, engine: Engine, metrics: Metrics, folder: Path
) -> AsyncIterator[AdapterServices]:
    """A dispatcher in front of an engine, which has to stay open as long.

    `folder` holds its stored answers and its users' languages; one process at a time may have it.
    """
    bot = settings.bot
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(Worker(bot.workers, bot.queue, after_call=HeapTrimmer()))
        fetcher = await stack.enter_async_context(LinkFetcher(bot.link_timeout_s, bot.link_hosts))
        store = AnswerStore(folder / "cases", bot.cases_h * 3600, limit_bytes=bot.cases_limit_bytes)
        await stack.enter_async_context(_pruning(store))
        dispatcher = new_dispatcher(
            bot,
            engine=engine,
            worker=worker,
            limits=RateLimits(
                bot.user_per_minute, bot.user_per_day, bot.per_minute, platforms_with_quotas=_PLATFORMS_WITH_QUOTAS
            ),
            store=store,
            feedback=FeedbackStore(DataLayout(settings.data_dir).feedback),
            user_locales=UserLocales(folder / "languages.json"),
            links=fetcher,
            metrics=metrics,
        )
        yield AdapterServices(dispatcher, fetcher, metrics, worker, store)


def new_dispatcher(
    bot: BotSettings,
    *,
    engine: SearchEngine,
    worker: Worker,
    limits: RateLimits,
    store: AnswerStore,
    feedback: FeedbackStore,
    user_locales: UserLocales,
    links: UrlFetcher,
    metrics: Metrics,
    clock: Callable[[], float] = time.monotonic,
    memory_bytes: int = PICTURE_MEMORY_BYTES,
) -> Dispatcher:
    """A dispatcher as the settings say, over made parts; `memory_bytes` of pictures wait at one time."""
    replies = AnswerReplies(
        ReplySpec(
            file_names=bot.file_names,
            adult_shows=bot.adult_shows,
            titles=bot.titles,
            show_url=bot.show_url,
            replaces_pages=bot.show_url != BotSettings.model_fields["show_url"].default,
        ),
        lambda: engine.identities,
    )
    previews = PreviewAttachments(engine) if bot.preview else None
    languages = UserLanguages(Translations(bot.locale), user_locales, worker)
    search = PictureSearch(
        engine=engine,
        worker=worker,
        limits=limits,
        reader=PictureReader(links, downloads=_DOWNLOADS, limit_bytes=bot.picture_limit_bytes, links_allowed=bot.links),
        cache=ResultCache(_CACHED_RESULTS, bot.cache_s, clock),
        metrics=metrics,
        memory_bytes=memory_bytes,
    )
    answers = PictureAnswers(store, replies, previews, public_search=bot.public_search)
    request_spec = PictureRequestSpec(bot.pictures, bot.deadline_s, bot.notice_s)
    metrics.watch_queue(lambda: worker.waiting)
    return Dispatcher(
        picture_requests=PictureRequests(search, answers, limits, ShowTitles(bot.titles), worker, request_spec),
        button_presses=ButtonPresses(
            worker=worker,
            limits=limits,
            store=store,
            feedback=feedback,
            languages=languages,
            replies=replies,
            previews=previews,
            deadline_s=bot.deadline_s,
        ),
        languages=languages,
        suggestions=ShowSuggestions(engine, replies.naming.shows),
        replies=replies,
        worker=worker,
        metrics=metrics,
        clock=clock,
    )


def warn_if_read_only(data_dir: Path) -> None:
    """Warn once where the disk cannot be written to, and what is lost by it; answers are given all the same."""
    layout = DataLayout(data_dir)
    for folder in (layout.chats, layout.feedback):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        try:
            with tempfile.TemporaryFile(dir=existing):
                pass
        except OSError as exc:
            _log.warning(
                "%s cannot be written to (%s): answers have no buttons, corrections and languages cannot be kept",
                existing,
                exc.strerror,
            )
            return


@asynccontextmanager
async def _pruning(store: AnswerStore) -> AsyncIterator[None]:
    """Deletes answers that are too old, also while no request comes."""

    async def prune() -> None:
        while True:
            try:
                await asyncio.to_thread(store.prune)
            except OSError as exc:
                _log.warning("old answers cannot be deleted: %s", exc)
            await asyncio.sleep(_PRUNE_EVERY_S)

    task = asyncio.create_task(prune())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def current_generation_name(data_dir: Path) -> str:
    """The name of the index that there is now. Raises what opening an engine raises without one."""
    return current_generation(DataLayout(data_dir).generations)[1].name
