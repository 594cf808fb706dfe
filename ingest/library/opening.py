"""Opening a library, its publisher and its video indexer from settings; called at the process edge only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from config.settings import Settings
from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.schema import open_database
from core.catalogue.writer import CatalogueWriter
from core.encoders.base import Encoder
from core.errors import LibraryEmptyError
from core.library.layout import DataLayout
from core.library.stills import StillsSpec
from core.stores.base import IndexSpec
from ingest.indexing.frame_sampling import SamplingSpec
from ingest.indexing.layouts_upkeep import add_missing_layouts
from ingest.indexing.video_indexer import VideoIndexer
from ingest.publishing.publisher import Publisher
from ingest.reporting import Reporter
from ingest.wording import counted


@dataclass(frozen=True, slots=True)
class Library:
    """An open library."""

    layout: DataLayout
    reader: CatalogueReader
    writer: CatalogueWriter


@contextmanager
def open_library(
    settings: Settings, *, missing: Literal["refuse", "create", "pretend"] = "refuse"
) -> Iterator[Library]:
    """Open the library below the data directory; read-only where it cannot be written, except with `create`.

    `missing` says what happens where there is none: `LibraryEmptyError`, an empty one on disk, or an empty one in
    memory.
    """
    layout = DataLayout(settings.data_dir)
    absent = not layout.database.exists()
    if absent and missing == "refuse":
        raise LibraryEmptyError(
            f"There is no library in {layout.root.resolve()} yet. Add videos with `whenanime library add DIR`, "
            "or set WHENANIME_DATA_DIR to where yours is."
        )
    url = "sqlite://" if absent and missing == "pretend" else layout.database_url
    database = open_database(url, create=absent or missing == "create")
    try:
        yield Library(layout, CatalogueReader(database), CatalogueWriter(database))
    finally:
        database.dispose()


def index_spec(settings: Settings) -> IndexSpec:
    """The settings of a new HNSW index."""
    return IndexSpec(**settings.index.model_dump(exclude={"color_layout", "themes_once"}))


def sampling_spec(settings: Settings) -> SamplingSpec:
    """The settings of frame sampling."""
    return SamplingSpec(**settings.sampling.model_dump())


def stills_spec(settings: Settings) -> StillsSpec:
    """The settings of stored pictures."""
    return StillsSpec(**settings.stills.model_dump())


def video_indexer(settings: Settings, encoder: Encoder) -> VideoIndexer:
    """The indexer of videos."""
    return VideoIndexer(
        encoder, sampling_spec(settings), stills_spec(settings), color_layout=settings.index.color_layout
    )


def publisher(settings: Settings, library: Library, encoder: Encoder) -> Publisher:
    """The publisher of the library's index."""
    return Publisher(
        library.layout,
        library.reader,
        index_spec(settings),
        encoder.fingerprint,
        encoder.spec.dim,
        color_layout=settings.index.color_layout,
        themes_once=settings.index.themes_once,
    )


def complete_layouts(index: Publisher, reporter: Reporter, records: Sequence[FileRecord] | None = None) -> None:
    """Make the color layouts that an index wants and features do not have, from stored pictures; no video is read.

    `records` stand in for those of the catalogue. `StorageError` when the disk refuses.
    """
    if index.color_layout:
        step = partial(reporter.step, "color layouts")
        records = index.reader.all() if records is None else records
        completed = add_missing_layouts(index.layout, records, index.encoder, step)
        if completed:
            reporter.print_line(f"color layouts made from the stored pictures of {counted(completed, 'file')}")
