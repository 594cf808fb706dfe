"""The HTTP adapter over a dispatcher whose engine answers by heart, on a port of its own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray

from bot.http_adapter.adapter import HttpAdapter
from bot.http_adapter.layout_search import LayoutSearch
from bot.http_adapter.media import MediaRenderer
from bot.http_adapter.media_links import MediaLinks, MediaMoment
from bot.http_adapter.picture_quota import PictureQuota
from bot.http_adapter.search_record import SearchRecord
from bot.http_adapter.services import HttpServices, HttpSpec
from bot.language.translations import Translations
from bot.storage.api_keys import ApiKeyStore
from bot.storage.quota_file import QuotaFile
from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileRecord
from core.domain import FileId, Scene, SearchFilter, SearchResult
from core.engine import EVERYWHERE
from core.library.layout import DataLayout
from core.previews.spec import Preview, PreviewFormat, PreviewSides
from core.video.source import VideoSource
from tests.bot.fake_engine import FakeEngine
from tests.bot.results import result, scene
from tests.bot.world import Bot, opened

SECRET = b"s" * 32
LIFETIME_S = 3600.0


@dataclass
class HttpEngine(FakeEngine):
    """A fake engine that also tells its library, and renders frames."""

    records: Mapping[FileId, FileRecord] = field(default_factory=dict)
    identities: Mapping[str, ShowIdentity] = field(default_factory=dict)
    rendered: list[tuple[str, int | None, bool]] = field(default_factory=list)
    sides: list[PreviewSides | None] = field(default_factory=list)
    frames: bool = True
    layout_answers: Sequence[SearchResult] | Exception = ()
    layouts: list[tuple[list[list[int]], SearchFilter]] = field(default_factory=list)

    def source(self, file_id: FileId) -> VideoSource:
        return VideoSource(Path(self.records[file_id].stamp.path))

    def preview(
        self,
        moment: Scene | MediaMoment,
        preview_format: PreviewFormat,
        *,
        limit_bytes: int | None = None,
        width: int | None = None,
        sound: bool = False,
        sides: PreviewSides | None = None,
    ) -> Preview:
        self.sides.append(sides)
        self.rendered.append((preview_format, width, sound))
        named = moment if isinstance(moment, Scene) else _scene_of(moment)
        return super().preview(named, preview_format, limit_bytes=limit_bytes)

    def search_layouts(
        self,
        layouts: NDArray[np.integer[Any]],
        *,
        where: SearchFilter = EVERYWHERE,
        limit: int = 0,  # noqa: ARG002  # as the engine has it
    ) -> tuple[SearchResult, ...]:
        self.layouts.append((layouts.tolist(), where))
        if isinstance(self.layout_answers, Exception):
            raise self.layout_answers
        return tuple(self.layout_answers) or tuple(result() for _ in layouts)

    def frame(self, moment: Scene | MediaMoment, width: int) -> bytes | None:
        self.rendered.append(("frame", width, False))
        return f"jpeg {moment.at_ms} {width}".encode() if self.frames else None


@dataclass
class Server:
    """What a test talks to."""

    bot: Bot
    services: HttpServices
    adapter: HttpAdapter
    session: aiohttp.ClientSession

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.adapter.port}{path}"


@asynccontextmanager
async def served(
    folder: Path,
    engine: HttpEngine | None = None,
    *,
    spec: HttpSpec | None = None,
    health: Mapping[str, bool] | None = None,
    **settings: object,
) -> AsyncIterator[Server]:
    """A server; `settings` are those of the bot."""
    engine = engine or HttpEngine()
    async with opened(folder, engine, **settings) as bot:  # type: ignore[arg-type]  # passed on as they are
        services = HttpServices(
            spec=spec or HttpSpec(port=0),
            secret=SECRET,
            engine=engine,  # type: ignore[arg-type]  # its generation has a name only
            search=bot.dispatcher,
            handler=bot.dispatcher,
            media=MediaRenderer(engine, bot.worker, 30.0),
            links=MediaLinks(SECRET, LIFETIME_S),
            keys=ApiKeyStore(folder / "api-keys.json"),
            layout=DataLayout(folder),
            feedback=bot.feedback,
            answers=bot.store,
            replies=bot.dispatcher.replies,
            translations=Translations(),
            metrics=bot.metrics,
            quota=PictureQuota(SECRET),
            quota_store=QuotaFile(folder / "bot" / "quota.sqlite"),
            layouts=LayoutSearch(engine, bot.worker, bot.metrics, 30.0),
            searches=SearchRecord(),
            health=lambda: {} if health is None else health,
            queue_position=bot.worker.queue_position,
        )
        async with HttpAdapter(services) as adapter, aiohttp.ClientSession() as session:
            yield Server(bot, services, adapter, session)


def _scene_of(moment: MediaMoment) -> Scene:
    """A scene at a moment: the fake engine tells previews apart by their shows."""
    return replace(
        scene(file_id=moment.file_id),
        from_ms=moment.from_ms,
        at_ms=moment.at_ms,
        to_ms=moment.to_ms,
        sequence=moment.sequence,
    )
