"""From settings to a dispatcher with all that stands behind it; called at the process edge only."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.dispatch.dispatcher import Dispatcher, DispatcherSpec
from bot.dispatch.rate_limits import RateLimits
from bot.dispatch.worker import Worker
from bot.intake.link_fetcher import LinkFetcher
from bot.language.translations import Translations
from bot.metrics import Metrics
from bot.replies.answers import Replies, ReplySpec
from bot.storage.answer_store import AnswerStore
from config.heap import HeapTrimmer
from config.settings import Settings
from core.engine import Engine
from core.library.feedback import FeedbackStore
from core.library.layout import DataLayout
from core.stores.generation import current_generation

_PRUNE_EVERY_S: Final = 600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What adapters stand on."""

    dispatcher: Dispatcher
    fetcher: LinkFetcher
    metrics: Metrics


@asynccontextmanager
async def open_parts(settings: Settings, engine: Engine, metrics: Metrics, folder: Path) -> AsyncIterator[Parts]:
    """A dispatcher in front of an engine, which has to stay open as long.

    `folder` holds its cases and its users' languages; one process at a time may have it.
    """
    bot = settings.bot
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(Worker(bot.workers, bot.queue, tidy=HeapTrimmer()))
        fetcher = await stack.enter_async_context(LinkFetcher(bot.link_timeout_s, bot.link_hosts))
        cases = AnswerStore(folder / "cases", bot.cases_h * 3600, limit_bytes=bot.cases_limit_bytes)
        await stack.enter_async_context(_pruned(cases))
        layout = DataLayout(settings.data_dir)
        dispatcher = Dispatcher(
            engine=engine,
            worker=worker,
            limits=RateLimits(bot.user_per_minute, bot.user_per_day, bot.per_minute),
            cases=cases,
            feedback=FeedbackStore(layout.feedback),
            fetcher=fetcher,
            texts=Translations(bot.locale),
            replies=Replies(
                ReplySpec(
                    file_names=bot.file_names, adult_shows=bot.adult_shows, titles=bot.titles, show_url=bot.show_url
                )
            ),
            metrics=metrics,
            spec=DispatcherSpec(
                languages=folder / "languages.json",
                pictures=bot.pictures,
                picture_limit_bytes=bot.picture_limit_bytes,
                deadline_s=bot.deadline_s,
                notice_s=bot.notice_s,
                cache_s=bot.cache_s,
                preview=bot.preview,
                links=bot.links,
                public_search=bot.public_search,
                titles=bot.titles,
            ),
        )
        yield Parts(dispatcher, fetcher, metrics)


def warn_if_read_only(data_dir: Path) -> None:
    """Log once what cannot be kept where the disk refuses; answers are given all the same."""
    layout = DataLayout(data_dir)
    for folder in (layout.chats, layout.feedback):
        there = next(one for one in (folder, *folder.parents) if one.exists())
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as exc:
            _log.warning(
                "%s cannot be written to (%s): answers have no buttons, corrections and languages cannot be kept",
                there,
                exc.strerror,
            )
            return


@asynccontextmanager
async def _pruned(cases: AnswerStore) -> AsyncIterator[None]:
    """What is too old goes also while nobody asks for anything."""

    async def prune() -> None:
        while True:
            try:
                await asyncio.to_thread(cases.prune)
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
