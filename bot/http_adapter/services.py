"""Services of the HTTP door: what its route handlers stand on, kept on the application."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aiohttp import web

from bot.dispatch.protocol import RequestHandler, SearchService
from bot.http_adapter.client_address import Network
from bot.http_adapter.layout_search import LayoutSearch
from bot.http_adapter.media import MediaRenderer
from bot.http_adapter.media_links import MediaLinks
from bot.http_adapter.picture_quota import PictureQuota, QuotaStore
from bot.http_adapter.search_record import SearchRecord
from bot.language.translations import Translations
from bot.messages import UserId
from bot.metrics import Metrics
from bot.replies.answers import AnswerReplies
from bot.storage.answer_store import AnswerStore
from bot.storage.api_keys import ApiKeyStore
from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileRecord
from core.domain import FileId
from core.library.feedback import FeedbackStore
from core.library.layout import DataLayout
from core.stores.generation import GenerationInfo
from core.video.source import VideoSource


@dataclass(frozen=True, slots=True)
class HttpSpec:
    """Settings of the HTTP door.

    `api`: trace.moe's wire and our own API are served; `page`: the web page. `public_url` stands for scheme and host
    in links (empty: as the request names them). `hosts` are names that are answered to beside its own, `*` for any.
    `proxies` are trusted to say whose request they pass on. `per_minute`
    requests of an address are answered; pictures of an address without a key are limited to `quota` a day and
    `concurrency` at one time. `file_names`: whether names of video files are told. `found_at` and `unsure_at` are the
    probabilities from which a scene is found, or unsure.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    api: bool = True
    page: bool = True
    public_url: str = ""
    hosts: tuple[str, ...] = ()
    proxies: tuple[Network, ...] = ()
    per_minute: int = 100
    quota: int = 1000
    concurrency: int = 4
    key_required: bool = False
    picture_limit_bytes: int = 25 << 20
    file_names: bool = False
    found_at: float = 0.9
    unsure_at: float = 0.3


class LibraryEngine(Protocol):
    """What of the engine the routes ask beside searches; `core.engine.Engine` has it. Quick, nothing blocks."""

    @property
    def generation(self) -> GenerationInfo:
        """The index that is searched."""

    @property
    def shows(self) -> Sequence[str]:
        """Names of the shows that are searched."""

    @property
    def records(self) -> Mapping[FileId, FileRecord]:
        """Rows of the catalogue of the videos that are searched, by file."""

    def source(self, file_id: FileId) -> VideoSource:
        """Where a file's video should be now; `FileRemovedError` when the file has left the library."""

    @property
    def identities(self) -> Mapping[str, ShowIdentity]:
        """Identities of shows, by name."""


@dataclass(frozen=True, slots=True)
class HttpServices:
    """What route handlers call. `secret` makes digests of what should not be at rest. `health` says of each part of the
    process whether it works; `queue_position` of a user is how many calls of the worker are begun before theirs, and
    seconds until that should be done.
    """

    spec: HttpSpec
    secret: bytes
    engine: LibraryEngine
    search: SearchService
    handler: RequestHandler
    media: MediaRenderer
    links: MediaLinks
    keys: ApiKeyStore
    layout: DataLayout
    feedback: FeedbackStore
    answers: AnswerStore
    replies: AnswerReplies
    translations: Translations
    metrics: Metrics
    quota: PictureQuota
    quota_store: QuotaStore
    layouts: LayoutSearch
    searches: SearchRecord
    health: Callable[[], Mapping[str, bool]]
    queue_position: Callable[[UserId], tuple[int, float]]


SERVICES: Final = web.AppKey("services", HttpServices)
