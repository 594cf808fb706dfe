"""Reconciling the catalogue with the index after a swap to another encoder, also after a crash."""

from dataclasses import replace

from core.catalogue.records import FileOutcome, FileRecord
from core.domain import FileId
from core.errors import StorageError
from ingest.indexing.features import Features, load_features
from ingest.indexing.stills_upkeep import delete_orphan_stills
from ingest.library.opening import Library
from ingest.publishing.generation_writer import readable_generation


def reconcile(library: Library) -> None:
    """Set the outcome of every file in the index to that of the index's encoder, in one transaction.

    The index names its encoder, so another encoder is in use from the moment that the pointer is swapped; the rows are
    updated here. Every run that writes begins with this, so that the next run repairs a crash between the two. A file
    whose features are lost keeps its row. Stored pictures that a crash left behind are deleted. The caller holds the
    library's lock. `StorageError` when database or disk refuse.
    """
    delete_orphan_stills(library.layout, library.reader)
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
    """The outcome of a file with this encoder: from its features; from its row where features of older versions lack
    it.
    """
    if features.origin:
        return features.origin.outcome
    return replace(record.outcome, encoder=encoder, frames=len(features.times_ms))
