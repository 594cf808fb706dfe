"""From settings to the objects that commands work with; called at the process edge only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from config.log_setup import set_up_logging
from config.settings import Settings, load_settings
from core.answering import SearchSpec
from core.catalogue.reader import CatalogueReader
from core.catalogue.schema import open_database
from core.catalogue.writer import CatalogueWriter
from core.encoders.base import Encoder
from core.encoders.opening import open_encoder
from core.engine import Engine, EngineSpec
from core.errors import InputError, LibraryEmptyError
from core.layout import DataLayout
from core.library_encoder import encoder_folder
from core.previews import PreviewSpec
from core.stills import StillsSpec
from core.stores.base import IndexSpec
from ingest.frames import SamplingSpec
from ingest.indexing import VideoIndexer
from ingest.rebuild import Publisher


@dataclass(frozen=True, slots=True)
class Library:
    """An open library."""

    layout: DataLayout
    reader: CatalogueReader
    writer: CatalogueWriter


def start() -> Settings:
    """Read the settings and set up logging: the first line of every command."""
    settings = load_settings()
    set_up_logging(settings.log_level)
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        raise InputError(f"WHENANIME_DATA_DIR: {settings.data_dir} is not a folder.")
    return settings


@contextmanager
def open_library(
    settings: Settings, *, missing: Literal["refuse", "create", "pretend"] = "refuse"
) -> Iterator[Library]:
    """The catalogue under the data directory.

    When there is none: `LibraryEmptyError`, or it is created, or an empty one in memory stands in for it.
    """
    layout = DataLayout(settings.data_dir)
    absent = not layout.database.exists()
    if absent and missing == "refuse":
        raise LibraryEmptyError(
            f"There is no library in {layout.root.resolve()} yet. Add videos with `whenanime library add DIR`, "
            "or set WHENANIME_DATA_DIR to where yours is."
        )
    url = "sqlite://" if absent and missing == "pretend" else layout.database_url
    database = open_database(url, create=missing != "refuse")
    try:
        yield Library(layout, CatalogueReader(database), CatalogueWriter(database))
    finally:
        database.dispose()


def encoder_of(settings: Settings) -> Encoder:
    """The encoder that the settings name, else the one that the library was made with, else the bundled one."""
    folder = encoder_folder(settings.data_dir, settings.encoder)
    return open_encoder(folder, threads=settings.threads, runtime=settings.runtime)


def index_spec(settings: Settings) -> IndexSpec:
    """HNSW settings."""
    return IndexSpec(**settings.index.model_dump())


def sampling_spec(settings: Settings) -> SamplingSpec:
    """Which frames are kept."""
    return SamplingSpec(**settings.sampling.model_dump())


def stills_spec(settings: Settings) -> StillsSpec:
    """How pictures of indexed frames are stored."""
    return StillsSpec(**settings.stills.model_dump())


def video_indexer(settings: Settings, encoder: Encoder) -> VideoIndexer:
    """What reads videos."""
    return VideoIndexer(encoder, sampling_spec(settings), stills_spec(settings))


def publisher(settings: Settings, library: Library, encoder: Encoder) -> Publisher:
    """What makes the index say what the catalogue says."""
    return Publisher(library.layout, library.reader, index_spec(settings), encoder.fingerprint, encoder.spec.dim)


def engine_spec(settings: Settings) -> EngineSpec:
    """What an engine needs to know."""
    return EngineSpec(
        data_dir=settings.data_dir,
        media_root=settings.media_root,
        search=SearchSpec(**settings.search.model_dump()),
        preview=PreviewSpec(**settings.preview.model_dump()),
    )


def open_engine(settings: Settings) -> Engine:
    """An engine on the current generation; it follows the library to another encoder, unless the settings name one."""
    return Engine(engine_spec(settings), encoder_of(settings), reopen=partial(encoder_of, settings))
