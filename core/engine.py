"""What a front door may call: open, search, preview, reload, close."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.schema import open_database
from core.confidence import probabilities, verdict
from core.domain import FileId, Scene, SearchFilter, SearchResult, split_label
from core.encoders.base import Encoder
from core.encoders.opening import BUNDLED
from core.encoders.preprocess import prepare
from core.errors import LibraryEmptyError, LibraryError, StoreError
from core.filters import matching_files
from core.imaging import ImagingSpec
from core.layout import DataLayout
from core.previews import PreviewFormat, PreviewSpec, render_preview
from core.query import read_query
from core.regions import View, views
from core.scene_search import Candidate, best_hits, group_scenes
from core.stores.base import Neighbours, VectorStore
from core.stores.generation import STORE, GenerationInfo, current_generation
from core.stores.opening import open_store
from core.timecode import Millis

EVERYWHERE = SearchFilter()


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """From nearest frames to an answer: scenes in it, frames looked at per view, probabilities of the verdicts."""

    limit: int = 5
    candidates: int = 100
    found_at: float = 0.9
    unsure_at: float = 0.3


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What an engine needs to know; `media_root` is where videos are now, a folder or an http(s) URL."""

    data_dir: Path
    media_root: str | None = None
    search: SearchSpec = field(default_factory=SearchSpec)
    preview: PreviewSpec = field(default_factory=PreviewSpec)
    imaging: ImagingSpec = field(default_factory=ImagingSpec)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One generation, its encoder and the files that it was made of; replaced as a whole by `reload`."""

    folder: Path
    info: GenerationInfo
    encoder: Encoder
    store: VectorStore
    records: dict[FileId, FileRecord]

    def shot_bounds(self, file_id: FileId, time_ms: Millis) -> tuple[Millis, Millis]:
        return self.records[file_id].outcome.shot_at(time_ms)


class Engine:
    """Owns one generation. Safe to search from several threads; a search under way keeps the generation it began with.

    Opening raises `LibraryEmptyError` without an index, `EncoderMismatchError` when it was made with another encoder.
    `reopen` gives the encoder that the library names now: asked when a generation is not of the encoder at hand.
    """

    def __init__(self, spec: EngineSpec, encoder: Encoder, *, reopen: Callable[[], Encoder] | None = None) -> None:
        self._spec = spec
        self._reopen = reopen
        self._layout = DataLayout(spec.data_dir)
        self._snapshot = self._open(encoder)

    @property
    def generation(self) -> GenerationInfo:
        """The generation that is searched."""
        return self._snapshot.info

    def search(
        self, picture: Path | NDArray[np.uint8], *, where: SearchFilter = EVERYWHERE, limit: int = 0
    ) -> SearchResult:
        """The scenes that a picture may be from, best first, at most `limit` (0: as the spec says).

        `picture` is a file (still, animation, short video) or RGB (height, width, 3) uint8. `PictureError` when it
        cannot be used, `FilterError` when the filter names what is not in the library.
        """
        snapshot = self._snapshot
        encoder = snapshot.encoder
        preprocess = encoder.spec.preprocess
        clock = _StageClock()
        allowed = matching_files(where, snapshot.records.values()) if where else None
        if isinstance(picture, Path):
            want = (2 * preprocess.width, 2 * preprocess.height)
            picture = read_query(picture, self._spec.imaging, want)
        clock.stage("decode")
        looked_up = views(prepare(picture, preprocess))
        vectors = encoder.embed(np.stack([view.rgb for view in looked_up]))
        clock.stage("embed")
        neighbours = snapshot.store.search(vectors, self._spec.search.candidates, file_ids=allowed)
        clock.stage("search")
        scenes = self._scenes(snapshot, zip(neighbours, looked_up, strict=True))
        clock.stage("scenes")
        return SearchResult(
            verdict=verdict(
                scenes[0].probability if scenes else None,
                found_at=self._spec.search.found_at,
                unsure_at=self._spec.search.unsure_at,
                calibrated=encoder.spec.confidence is not None,
            ),
            scenes=tuple(scenes[: limit or self._spec.search.limit]),
            timing_ms=clock.timing_ms(),
        )

    def preview(self, scene: Scene, preview_format: PreviewFormat) -> bytes:
        """A moving preview of a scene. `MediaError` when the video is not where it was."""
        return render_preview(
            self.source(scene.file_id),
            at_ms=scene.at_ms,
            from_ms=scene.from_ms,
            to_ms=scene.to_ms,
            spec=self._spec.preview,
            preview_format=preview_format,
        )

    def source(self, file_id: FileId) -> Path | str:
        """Where a file's video is now: its path, or below the media root."""
        stamp = self._snapshot.records[file_id].stamp
        root = self._spec.media_root
        if root is None:
            return Path(stamp.path)
        if "://" in root:
            return f"{root.rstrip('/')}/{quote(stamp.relative)}"
        return Path(root) / stamp.relative

    def reload(self) -> bool:
        """Take up the current generation if it is another than the one searched; whether it was.

        Raises what opening raises, and then goes on with the old one.
        """
        folder, _info = current_generation(self._layout.generations)
        if folder == self._snapshot.folder:
            return False
        self._snapshot = self._open(self._snapshot.encoder)
        return True

    def close(self) -> None:
        """Release the index."""
        self._snapshot.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, encoder: Encoder) -> _Snapshot:
        folder, info = current_generation(self._layout.generations)
        if self._reopen and info.encoder != encoder.fingerprint:
            encoder = self._reopen()
        info.require_encoder(encoder.fingerprint)
        database = open_database(self._layout.database_url, create=False)
        try:
            records = {record.id: record for record in CatalogueReader(database).all() if record.searchable}
        finally:
            database.dispose()
        if info.files and not info.files.keys() & records.keys():
            raise LibraryError(
                f"The catalogue {self._layout.database} knows none of the files in the index. Put the catalogue that "
                "belongs to it back, or add your videos again with `whenanime library add DIR`."
            )
        return _Snapshot(folder, info, encoder, open_store(folder / STORE, info.index), records)

    def _scenes(self, snapshot: _Snapshot, found: Iterable[tuple[Neighbours, View]]) -> list[Scene]:
        hits = [
            hit
            for hit in best_hits((neighbours, view.mirrored) for neighbours, view in found)
            if split_label(hit.label)[0] in snapshot.records
        ]
        candidates = group_scenes(hits, snapshot.shot_bounds)
        chances = probabilities([one.similarity for one in candidates], snapshot.encoder.spec.confidence)
        return [
            _scene(one, snapshot.records[one.file_id], chance) for one, chance in zip(candidates, chances, strict=True)
        ]


def encoder_folder(data_dir: Path, named: Path | None) -> Path:
    """The folder of the encoder to use with a library: the one named, else the one that the library was made with if
    it is kept there, else the bundled one. `CatalogueError` when the catalogue has to be asked and refuses.
    """
    if named is not None:
        return named
    layout = DataLayout(data_dir)
    made_with = _made_with(layout)
    return layout.encoder(made_with) if made_with and layout.encoder(made_with).is_dir() else BUNDLED


def _made_with(layout: DataLayout) -> str | None:
    """Fingerprint of the encoder that the index names, or most of the files where the index is lost."""
    try:
        return current_generation(layout.generations)[1].encoder
    except (LibraryEmptyError, StoreError):
        if not layout.database.exists():
            return None
    database = open_database(layout.database_url, create=False)
    try:
        encoders = Counter(one.outcome.encoder for one in CatalogueReader(database).all() if one.searchable)
    finally:
        database.dispose()
    return next((made_with for made_with, _files in encoders.most_common(1)), None)


def _scene(candidate: Candidate, record: FileRecord, probability: float) -> Scene:
    return Scene(
        file_id=record.id,
        path=record.stamp.path,
        name=record.name,
        from_ms=candidate.from_ms,
        at_ms=candidate.at_ms,
        to_ms=candidate.to_ms,
        similarity=candidate.similarity,
        probability=probability,
        mirrored=candidate.mirrored,
    )


class _StageClock:
    """Milliseconds of consecutive stages."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._stages: dict[str, float] = {}

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self._stages[name] = (now - self._last) * 1000
        self._last = now

    def timing_ms(self) -> dict[str, float]:
        return {**self._stages, "total": (self._last - self._start) * 1000}
