"""Snapshot of a library: one generation with its encoder and its files, which an engine searches."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from core.catalogue.identities import ShowIdentity, merge_statements
from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.schema import database_state, open_database
from core.catalogue.theme_map import NO_THEMES, ThemeMap
from core.domain import FileId
from core.encoders.base import Encoder
from core.errors import FileRemovedError, LibraryError, StoreError
from core.library.layout import DataLayout
from core.library.media import is_missing, video_place
from core.stores.base import VectorStore
from core.stores.color_layout_index import ColorLayoutIndex, open_layouts
from core.stores.generation import GenerationInfo, current_generation
from core.stores.loading import open_index
from core.timecode import Millis
from core.video.source import VideoSource

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """One generation, its encoder and the files that it was made of; replaced as a whole by another.

    `layouts` are the color layouts of its frames, where they were made and can be read.
    `identities` are those of its shows, by name, as far as they are known; `themes` are the openings, endings and other
    parts that its episodes share; `catalogue_state` is that of the catalogue when it was read. `media_root` is where
    the videos are now, a folder or an http(s) URL; `None`: where they were added from.
    """

    folder: Path
    info: GenerationInfo
    encoder: Encoder
    store: VectorStore
    records: dict[FileId, FileRecord]
    identities: Mapping[str, ShowIdentity]
    catalogue_state: tuple[tuple[int, int], ...]
    media_root: str | None = None
    layouts: ColorLayoutIndex | None = None
    themes: ThemeMap = NO_THEMES

    @cached_property
    def shows(self) -> tuple[str, ...]:
        """Names of the shows, in alphabetical order."""
        return tuple(sorted({record.name.show for record in self.records.values()}, key=str.casefold))

    def knows(self, file_id: FileId) -> bool:
        """Whether the catalogue still has this file."""
        return file_id in self.records

    def shot_bounds(self, file_id: FileId, time_ms: Millis) -> tuple[Millis, Millis]:
        """Returns begin and end of the shot that contains a frame."""
        return self.records[file_id].outcome.shot_at(time_ms)

    def is_missing(self, file_id: FileId) -> bool:
        """Whether a file's video is not where it should be; false for a URL, which is not requested."""
        return is_missing(self.source(file_id).place)

    def source(self, file_id: FileId) -> VideoSource:
        """Returns where a file's video should be now. `FileRemovedError` when the file was removed from the library."""
        if file_id not in self.records:
            raise FileRemovedError("The video has left the library since it was found.")
        record = self.records[file_id]
        return VideoSource(video_place(record.stamp, self.media_root), record.outcome.seekable)


def open_snapshot(
    layout: DataLayout, encoder: Encoder, reopen: Callable[[], Encoder] | None, media_root: str | None = None
) -> Snapshot:
    """Opens the current generation, with this encoder, or with that of `reopen` when the index was made with another
    one.

    `LibraryEmptyError` without an index, `EncoderMismatchError` when no encoder fits, `LibraryError` when the catalogue
    is of another library.
    """
    folder, info = current_generation(layout.generations)
    if reopen and info.encoder != encoder.fingerprint:
        encoder = reopen()
    info.require_encoder(encoder.fingerprint)
    contents = _read_catalogue(layout)
    records = contents.records
    if info.files and not info.files.keys() & records.keys():
        raise LibraryError(
            f"The catalogue {layout.database} knows none of the files in the index. Put the catalogue that "
            "belongs to it back, or add your videos again with `whenanime library add DIR`."
        )
    store = open_index(folder, info)
    return Snapshot(
        folder,
        info,
        encoder,
        store,
        records,
        contents.identities,
        contents.state,
        media_root,
        _readable_layouts(folder),
        contents.themes,
    )


def refresh_snapshot(snapshot: Snapshot, layout: DataLayout) -> Snapshot:
    """Returns the same index with the names, identities and themes of the catalogue now; `snapshot` when nothing was
    written there.

    `CatalogueError` when the catalogue cannot be read.
    """
    if database_state(layout.database) == snapshot.catalogue_state:
        return snapshot
    contents = _read_catalogue(layout)
    return replace(
        snapshot,
        records=contents.records,
        identities=contents.identities,
        catalogue_state=contents.state,
        themes=contents.themes,
    )


def _readable_layouts(generation: Path) -> ColorLayoutIndex | None:
    """Color layouts; damaged ones are only logged, as searches by picture do not need them."""
    try:
        return open_layouts(generation)
    except StoreError as exc:
        _log.warning("%s", exc)
        return None


@dataclass(frozen=True, slots=True)
class _Contents:
    """State of a catalogue, its searchable files, the identities of their shows, and their themes."""

    state: tuple[tuple[int, int], ...]
    records: dict[FileId, FileRecord]
    identities: Mapping[str, ShowIdentity]
    themes: ThemeMap


def _read_catalogue(layout: DataLayout) -> _Contents:
    state = database_state(layout.database)
    database = open_database(layout.database_url, create=False)
    try:
        reader = CatalogueReader(database)
        records = {record.id: record for record in reader.all() if record.searchable}
        statements = reader.show_statements()
        themes = ThemeMap.read(reader, records.values())
    finally:
        database.dispose()
    shows = {record.name.show for record in records.values()}
    identities = merge_statements(statement for statement in statements if statement.show in shows)
    return _Contents(state, records, identities, themes)
