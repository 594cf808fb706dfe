"""Bringing the catalogue up to the index: what a swap to another encoder leaves to do, also after a crash."""

from dataclasses import replace

from core.catalogue.records import FileOutcome, FileRecord
from core.domain import FileId
from core.errors import StorageError
from ingest.indexing.features import Features, load_features
from ingest.indexing.stills_upkeep import tidy_stills
from ingest.library.opening import Library
from ingest.publishing.generations import readable_generation


def settle(library: Library) -> None:
    """Let the row of every file in the index say what was made of it with the encoder of the index, all rows at once.

    An index names its encoder, so swapping its pointer is the moment from which another encoder counts; the rows follow
    here. Every run that writes begins with this, so a crash between the two is mended by whichever run comes next.
    Stored pictures that a crash left behind are deleted. Whoever calls holds the library's lock. A file whose features
    are lost keeps its row. `StorageError` when database or disk refuse.
    """
    tidy_stills(library.layout, library.reader)
    current = readable_generation(library.layout.generations)
    if current is None:
        return
    outcomes: dict[FileId, FileOutcome] = {}
    for record in library.reader.all():
        if record.searchable and record.id in current.files and record.outcome.encoder != current.encoder:
            try:
                features = load_features(library.layout.features(current.encoder, record.id))
            except StorageError:
                continue
            outcomes[record.id] = outcome_of(record, features, current.encoder)
    if outcomes:
        library.writer.set_outcomes(outcomes)


def outcome_of(record: FileRecord, features: Features, encoder: str) -> FileOutcome:
    """What came of a file with this encoder, as its features say; where they do not, as with the one before it."""
    if features.origin:
        return features.origin.outcome
    return replace(record.outcome, encoder=encoder, frames=len(features.times_ms))
