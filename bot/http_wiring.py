"""Wiring of the HTTP adapter: from settings to its services; called at the process edge only."""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path

from bot.http_adapter.adapter import HttpAdapter
from bot.http_adapter.layout_search import LayoutSearch
from bot.http_adapter.media import MediaRenderer
from bot.http_adapter.media_links import MediaLinks, read_secret
from bot.http_adapter.picture_quota import PictureQuota
from bot.http_adapter.search_record import SearchRecord
from bot.http_adapter.services import HttpServices, HttpSpec
from bot.language.translations import Translations
from bot.storage.api_keys import ApiKeyStore
from bot.storage.quota_file import QuotaFile
from bot.wiring import AdapterServices
from config.settings import Settings
from core.engine import Engine
from core.library.feedback import FeedbackStore
from core.library.layout import DataLayout


def new_http_adapter(
    settings: Settings, engine: Engine, parts: AdapterServices, health: Callable[[], Mapping[str, bool]]
) -> HttpAdapter:
    """The adapter over an engine and a dispatcher; `StorageError` when its secret can be neither read nor kept."""
    layout = DataLayout(settings.data_dir)
    secret = read_secret(layout.chats / "http-secret")
    return HttpAdapter(
        HttpServices(
            spec=http_spec(settings),
            secret=secret,
            engine=engine,
            search=parts.dispatcher,
            handler=parts.dispatcher,
            media=MediaRenderer(engine, parts.worker, settings.bot.deadline_s),
            links=MediaLinks(secret, settings.http.media_s),
            keys=ApiKeyStore(api_keys_path(settings.data_dir)),
            layout=layout,
            feedback=FeedbackStore(layout.feedback),
            answers=parts.store,
            replies=parts.dispatcher.replies,
            translations=Translations(settings.bot.locale),
            metrics=parts.metrics,
            quota=PictureQuota(secret),
            quota_store=QuotaFile(layout.chats / "quota.sqlite"),
            layouts=LayoutSearch(engine, parts.worker, parts.metrics, settings.bot.deadline_s),
            searches=SearchRecord(),
            health=health,
            queue_position=parts.worker.queue_position,
        )
    )


def http_spec(settings: Settings) -> HttpSpec:
    """What the HTTP adapter needs to know."""
    http = settings.http
    return HttpSpec(
        host=http.host,
        port=http.port,
        api=http.api,
        page=http.page,
        public_url=http.public_url,
        hosts=http.hosts,
        proxies=tuple(ip_network(text, strict=False) for text in http.proxies),
        per_minute=http.per_minute,
        quota=http.quota,
        concurrency=http.concurrency,
        key_required=http.key_required,
        picture_limit_bytes=settings.bot.picture_limit_bytes,
        file_names=settings.bot.file_names,
        found_at=settings.search.found_at,
        unsure_at=settings.search.unsure_at,
    )


def api_keys_path(data_dir: Path) -> Path:
    """The file of API keys."""
    return DataLayout(data_dir).chats / "api-keys.json"
