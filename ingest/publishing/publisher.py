"""Publishing an index from the catalogue and the stored features; no video is decoded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.domain import FileId
from core.errors import StorageError, StoreError
from core.library.layout import DataLayout
from core.stores.base import IndexSpec, VectorStore
from core.stores.generation import GenerationInfo, IndexName, ThemeCut, encoder_mismatch_error
from core.stores.loading import DEFAULT_BACKEND, new_store, open_index
from ingest.indexing.features import Features, load_features
from ingest.publishing.advice import reread_hint
from ingest.publishing.generation_writer import GenerationWriter, NamedIndex, readable_generation
from ingest.publishing.layout_publisher import LayoutPublisher
from ingest.publishing.theme_frames import ThemeFrames, theme_frames
from ingest.reporting import Step

STALE_MAX_SHARE = 0.25
"""Above this share of removed frames an index is built anew, not changed: HNSW keeps removed nodes."""
SELF_CHECK_FRAMES = 1000
SELF_CHECK_MIN_RECALL = 0.99
SAME_FRAME_MIN_SIMILARITY = 0.998
"""The least cosine of a frame and itself after rounding to what the store keeps."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """The current generation after publishing, whether it is new, and files left out with the reasons."""

    info: GenerationInfo | None
    changed: bool
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Brings the index up to date with the catalogue. The caller holds the library's lock.

    `index` are the settings of a new index, built by the store of `backend`; an index that is changed keeps its own.
    `color_layout`: whether there is an index of color layouts beside it. `themes_once`: frames of openings, endings and
    other parts that episodes share are in the index once a theme, not once an episode.
    """

    layout: DataLayout
    reader: CatalogueReader
    index: IndexSpec
    encoder: str
    dim: int
    backend: str = DEFAULT_BACKEND
    color_layout: bool = True
    themes_once: bool = True

    def publish(
        self, *, anew: bool = False, step: Step | None = None, records: Sequence[FileRecord] | None = None
    ) -> PublishResult:
        """Add missing files to the index, remove deleted ones, and state anew those of which other frames belong there
        since their themes have changed; with `anew`, build it from the stored features.

        `records` replace those of the catalogue. Files whose features are missing, damaged or made with another encoder
        are left out and named. `EncoderMismatchError` when all files have another encoder, `StoreError` when the new
        index does not find its own frames, `StorageError` when the disk refuses; the old index stays in use then.
        """
        generations = GenerationWriter(self.layout.generations)
        generations.clean()
        left_out: dict[str, str] = {}
        indexable = self._indexable(self.reader.all() if records is None else records, left_out)
        current = None if anew else self._extendable(generations)
        present = dict(current[1].files) if current else {}
        frames = self._theme_frames(indexable.values())
        removed = [file_id for file_id in present if file_id not in indexable]
        restated = [
            file_id
            for file_id in present
            if current and file_id in indexable and frames.digest(file_id) != current[1].cut_digest(file_id)
        ]
        stale_frames = sum(present[file_id] for file_id in (*removed, *restated))
        if current and stale_frames > STALE_MAX_SHARE * max(1, current[1].frames):
            return self.publish(anew=True, step=step, records=records)
        unchanged = present.keys() - set(restated)
        missing = [record for file_id, record in sorted(indexable.items()) if file_id not in unchanged]
        if not current and not indexable and not generations.exist():
            return PublishResult(None, changed=False, left_out=left_out)
        layouts = LayoutPublisher(
            self.layout,
            self.encoder,
            current[0] if current else None,
            frames,
            enabled=self.color_layout,
            restated=restated,
        )
        if current and not removed and not missing and not layouts.outdated(present):
            return PublishResult(current[1], changed=False, left_out=left_out)
        index = current[1].index if current else self.index
        store = open_index(*current) if current else new_store(self.backend, self.dim, index)
        try:
            store.remove_files([*removed, *restated])
            files = {file_id: count for file_id, count in present.items() if file_id in indexable}
            cuts = dict(current[1].cuts) if current else {}
            added = self._add_features(store, missing, frames, left_out, step)
            for file_id in (*removed, *restated):
                files.pop(file_id, None)
                cuts.pop(file_id, None)
            files |= {file_id: count for file_id, (count, _cut) in added.items()}
            cuts |= {file_id: cut for file_id, (_count, cut) in added.items() if cut}
            check_store(store, self._sample(files, frames))
            indexes: dict[IndexName, NamedIndex] = {IndexName.FRAMES: store}
            if layout_index := layouts.index_of(files):
                indexes[IndexName.COLOR_LAYOUT] = layout_index
            info = generations.publish(
                indexes, backend=self.backend, encoder=self.encoder, index=index, files=files, cuts=cuts
            )
        finally:
            store.close()
        return PublishResult(info, changed=True, left_out=left_out)

    def require_encoder(self) -> None:
        """`EncoderMismatchError` when the index or all features were made with another encoder."""
        current = readable_generation(self.layout.generations)
        if current:
            current.require_encoder(self.encoder)
        self._indexable(self.reader.all(), {})

    def _indexable(self, records: Iterable[FileRecord], left_out: dict[str, str]) -> dict[FileId, FileRecord]:
        """Searchable files of this encoder; those of another one are added to `left_out`."""
        searchable = [record for record in records if record.searchable]
        mismatched = [record for record in searchable if record.outcome.encoder != self.encoder]
        if mismatched and len(mismatched) == len(searchable):
            raise encoder_mismatch_error(mismatched[0].outcome.encoder, self.encoder)
        for record in mismatched:
            left_out[record.stamp.path] = (
                f"not searchable: its features were made with another encoder ({record.outcome.encoder}); "
                "`whenanime library reindex` with the encoder of the index reads it again"
            )
        return {record.id: record for record in searchable if record.outcome.encoder == self.encoder}

    def _extendable(self, generations: GenerationWriter) -> tuple[Path, GenerationInfo] | None:
        """The current generation, if frames can be added to it."""
        try:
            current = generations.current()
        except StoreError:
            return None
        if current is None or current[1].encoder != self.encoder or current[1].backend != self.backend:
            return None
        return current

    def _theme_frames(self, records: Iterable[FileRecord]) -> ThemeFrames:
        """Which frames of these files belong in the index. Those whose features are missing stand for no others."""
        present = [record for record in records if self.layout.features(self.encoder, record.id).exists()]
        return theme_frames(self.reader, present, self._features, enabled=self.themes_once)

    def _add_features(
        self,
        store: VectorStore,
        records: Iterable[FileRecord],
        frames: ThemeFrames,
        left_out: dict[str, str],
        step: Step | None,
    ) -> dict[FileId, tuple[int, ThemeCut | None]]:
        """The number of frames that were added of each file, and what was left out."""
        records = list(records)
        total, done = sum(record.outcome.frames for record in records), 0
        added: dict[FileId, tuple[int, ThemeCut | None]] = {}
        for record in records:
            try:
                features, cut = frames.of_file(record.id, self._features(record.id))
            except StorageError as exc:
                left_out[record.stamp.path] = f"{exc}; {reread_hint(record.stamp.path)}"
                continue
            if len(features.times_ms):
                store.add(features.labels(record.id), features.unit_vectors())
            added[record.id] = len(features.times_ms), cut
            done += record.outcome.frames
            if step:
                step(done, total)
        return added

    def _features(self, file_id: FileId) -> Features:
        features = load_features(self.layout.features(self.encoder, file_id))
        if features.vectors.shape[1] != self.dim:
            raise StorageError(f"the features have {features.vectors.shape[1]} numbers a frame, the encoder {self.dim}")
        return features

    def _sample(self, files: Mapping[FileId, int], frames: ThemeFrames) -> Features | None:
        """Up to `SELF_CHECK_FRAMES` frames, spread over all files, without their labels."""
        total = sum(files.values())
        share = min(1.0, SELF_CHECK_FRAMES / max(1, total))
        vectors: list[NDArray[np.float16]] = []
        for file_id, indexed in files.items():
            count = max(1, round(indexed * share))
            if indexed and len(vectors) < SELF_CHECK_FRAMES:
                features, _cut = frames.of_file(file_id, self._features(file_id))
                vectors.append(features.vectors[np.linspace(0, len(features.times_ms) - 1, count).astype(int)])
        if not vectors:
            return None
        stacked = np.concatenate(vectors)
        return Features(np.zeros(len(stacked), np.uint32), stacked)


def check_store(store: VectorStore, sample: Features | None) -> float:
    """The recall of an index for a sample of its own frames. `StoreError` below `SELF_CHECK_MIN_RECALL`."""
    if sample is None:
        return 1.0
    recall = count_recalled(store, sample.unit_vectors()) / len(sample.times_ms)
    if recall < SELF_CHECK_MIN_RECALL:
        raise StoreError(f"The new index finds only {recall:.1%} of its own frames; it was not put to use.")
    return recall


def count_recalled(store: VectorStore, vectors: NDArray[np.float32]) -> int:
    """The number of these (n, dim) vectors, all of them in the index, that a search for them finds."""
    results = store.search(vectors, 1)
    return sum(bool(len(hits.similarities) and hits.similarities[0] > SAME_FRAME_MIN_SIMILARITY) for hits in results)
