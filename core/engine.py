"""What a front door may call: open, search, preview, reload, close."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from core.catalogue.identities import ShowIdentity
from core.domain import FileId, Scene, SearchFilter, SearchResult, Verdict
from core.encoders.base import Encoder
from core.errors import InputError
from core.keypoints.detector import open_detector
from core.library.layout import DataLayout
from core.library.media import VideoPlaces
from core.library.snapshot import Snapshot, open_snapshot, refresh_snapshot
from core.library.still_cache import StillCache
from core.pictures.decoding import ImagingSpec
from core.pictures.pixels import Rgb
from core.previews.rendering import render_preview
from core.previews.spec import PreviewFormat, PreviewSpec
from core.retrieval.filters import library_names, matching_files
from core.retrieval.query_frames import TimedPicture, read_frames, read_query, without_plain
from core.retrieval.view_lookup import ViewLookup
from core.search.calibration import reason, verdict
from core.search.frame_finder import FrameFinder, frame_at
from core.search.picture_search import PictureSearch, ScoredScene, SearchSpec, SearchTrace, StageClock
from core.search.sequence_search import SequenceSearch, SequenceTrace, as_sequence_trace
from core.stores.generation import GenerationInfo, current_generation
from core.video.source import VideoSource

EVERYWHERE = SearchFilter()
_ENOUGH = (1440, 1440)
"""Width and height that are enough of a picture: a frame may be a part of it."""
_EXPLAINED = 8
"""Scenes that an explanation tells of."""
_EXACT_WIDTH = 640
_SEQUENCE_REACH_MS = 1000
"""So far beyond the first and last indexed frames of a sequence its exact frame may be."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What an engine needs to know; `media_root` is where videos are now, a folder or an http(s) URL; `threads` check
    scenes and decode video for one picture (0: one for each core).
    """

    data_dir: Path
    media_root: str | None = None
    threads: int = 0
    search: SearchSpec = field(default_factory=SearchSpec)
    preview: PreviewSpec = field(default_factory=PreviewSpec)
    imaging: ImagingSpec = field(default_factory=ImagingSpec)


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer and what was found out on the way to it: what is known of each of its scenes, the way of the picture
    that shows the best one (of a sequence one of several), whether that was looked at twice, the stored picture
    (h, w, 3) of that scene, if any, and its exact frame where that is known.
    """

    result: SearchResult
    scored: tuple[ScoredScene, ...]
    lookup: ViewLookup
    looked_again: bool
    still: Rgb | None
    exact_frame: Rgb | None = None


class Engine:
    """Owns one generation. Safe to search from several threads; a search under way keeps the generation it began with.

    Opening raises `LibraryEmptyError` without an index, `EncoderMismatchError` when it was made with another encoder.
    `reopen` gives the encoder that the library names now: asked when a generation is not of the encoder at hand.
    """

    def __init__(self, spec: EngineSpec, encoder: Encoder, *, reopen: Callable[[], Encoder] | None = None) -> None:
        self._spec = spec
        self._reopen = reopen
        self._layout = DataLayout(spec.data_dir)
        self._snapshot = open_snapshot(self._layout, encoder, reopen, spec.media_root)
        self._stills = StillCache(self._layout.stills)
        self._pool = ThreadPoolExecutor(spec.threads or os.cpu_count(), "engine")
        detector = open_detector(threads=1)
        self._answerer = PictureSearch(spec.search, detector, self._stills, self._pool)
        self._sequences = SequenceSearch(spec.search, detector, self._stills, self._answerer)

    @property
    def generation(self) -> GenerationInfo:
        """The generation that is searched."""
        return self._snapshot.info

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of the shows that are searched, in the order of the alphabet."""
        return self._snapshot.shows

    @property
    def identities(self) -> Mapping[str, ShowIdentity]:
        """Identities of the shows that are searched, by the show's name, of those of which anything is known.

        A new mapping when the catalogue has changed.
        """
        return self._snapshot.identities

    def search(
        self,
        picture: Path | Rgb,
        *,
        where: SearchFilter = EVERYWHERE,
        limit: int = 0,
        exact: bool = True,
    ) -> SearchResult:
        """The scenes that a picture may be from, best first, at most `limit` (0: as the spec says); `exact`: with the
        exact frame, if the spec wants it.

        `picture` is a file (still, animation, short video) or RGB (height, width, 3) uint8. An animation or a video is
        looked up as a sequence: a scene is then from its first to its last frame. `PictureError` when it cannot be
        used, `FilterError` when the filter names what is not in the library.

        What is not found where `where` says is looked for in the whole library too: see `SearchResult.elsewhere`.
        """
        snapshot, clock = self._snapshot, StageClock()
        scope = _scope(where, snapshot)
        taken = self._taken(picture, self._spec.search.frames)
        return self._answer(taken, snapshot, clock, scope, limit, exact=exact)

    def search_together(
        self,
        pictures: Sequence[Path | Rgb],
        *,
        where: SearchFilter = EVERYWHERE,
        limit: int = 0,
        exact: bool = True,
    ) -> SearchResult:
        """The scenes that several pictures, in the order of time, may be from together; plain ones are left out.

        Where no scene holds most of them it is the best scene of each picture, best first, and each says of which
        pictures it is. `InputError` when there is no picture or more than `SearchSpec.frames`; otherwise raises what
        `search` raises.
        """
        snapshot, clock, most = self._snapshot, StageClock(), self._spec.search.frames
        if not 0 < len(pictures) <= most:
            raise InputError(f"1 to {most} pictures can be looked up together (search.frames), not {len(pictures)}.")
        scope = _scope(where, snapshot)
        given = [self._taken(one, 1)[0] for one in pictures]
        taken = without_plain(given)
        result = self._answer(taken, snapshot, clock, scope, limit, exact=exact)
        if result.sequence or len(given) == 1:
            return result
        numbers = [number for number, one in enumerate(given, 1) if any(one is other for other in taken)]
        scenes = [
            replace(scene, pictures=tuple(numbers[index - 1] for index in scene.pictures or (1,)))
            for scene in result.scenes
        ]
        return replace(result, scenes=tuple(scenes))

    def explain(self, picture: Path | Rgb, *, where: SearchFilter = EVERYWHERE) -> Explanation:
        """The answer, what was found out on the way to it, and the stored picture of the best scene.

        Raises what `search` raises.
        """
        snapshot, clock = self._snapshot, StageClock()
        allowed = _scope(where, snapshot).file_ids
        taken = self._taken(picture, self._spec.search.frames)
        exact = self._spec.search.exact
        seen, finder = self._seen(taken, snapshot, clock, allowed, exact=exact)
        result = self._told(seen, snapshot, clock, _EXPLAINED, finder, exact=exact)
        seen = _worth_telling(seen)
        judged = tuple(one.scored for one in seen.scenes[:_EXPLAINED])
        lookup = seen.scenes[0].lookup if seen.scenes else seen.first
        still = self._stills.picture(judged[0].scene.file_id, judged[0].scene.at_ms) if judged else None
        best = next(iter(result.scenes), None)
        frame = frame_at(snapshot.source(best.file_id), best.at_ms, _EXACT_WIDTH) if best and best.exact else None
        return Explanation(result, judged, lookup, seen.looked_again, still, frame)

    def _taken(self, picture: Path | Rgb, most: int) -> Sequence[TimedPicture]:
        if isinstance(picture, Path):
            return read_frames(picture, self._spec.imaging, _ENOUGH, most)
        return (TimedPicture(picture),)

    def _answer(
        self,
        pictures: Sequence[TimedPicture],
        snapshot: Snapshot,
        clock: StageClock,
        scope: "_Scope",
        limit: int,
        *,
        exact: bool,
    ) -> SearchResult:
        exact = exact and self._spec.search.exact
        seen, finder = self._seen(pictures, snapshot, clock, scope.file_ids, exact=exact)
        result = self._told(seen, snapshot, clock, limit, finder, exact=exact)
        result = replace(result, where=scope.where, cut_off=any(picture.cut_off for picture in pictures))
        if scope.file_ids is None or result.verdict is Verdict.FOUND or result.too_little:
            return result
        seen, finder = self._seen(pictures, snapshot, StageClock(), None, exact=exact)
        whole = self._told(seen, snapshot, StageClock(), 1, finder, exact=exact)
        clock.stage("elsewhere")
        best = whole.scenes[0] if whole.verdict is Verdict.FOUND else None
        if best and (best.file_id in scope.file_ids or best.pictures):
            best = None
        return replace(result, elsewhere=best, timing_ms=clock.timing_ms())

    def _seen(
        self,
        pictures: Sequence[TimedPicture],
        snapshot: Snapshot,
        clock: StageClock,
        allowed: frozenset[FileId] | None,
        *,
        exact: bool,
    ) -> tuple[SequenceTrace, FrameFinder]:
        """What came of the pictures, and what may have begun to look for the exact frame meanwhile."""
        clock.stage("decode")
        finder = FrameFinder(snapshot.source, self._pool, self._spec.threads)
        if len(pictures) > 1:
            return self._sequences.trace(pictures, snapshot, clock, allowed), finder
        begin = finder.begin if exact else None
        return as_sequence_trace(self._answerer.trace(pictures[0].rgb, snapshot, clock, allowed, begin)), finder

    def _told(
        self,
        seen: SequenceTrace,
        snapshot: Snapshot,
        clock: StageClock,
        limit: int,
        finder: FrameFinder,
        *,
        exact: bool,
    ) -> SearchResult:
        spec = self._spec.search
        most = spec.doubtful_limit if seen.too_little else 1.0
        best = min(seen.scenes[0].scored.probability, most) if seen.scenes else None
        seen = _worth_telling(seen)
        scenes = [
            replace(
                joint.scene(snapshot.records),
                probability=min(joint.scored.probability, most),
                video_missing=snapshot.is_missing(joint.scored.scene.file_id),
            )
            for joint in seen.scenes[: limit or spec.limit]
        ]
        reach_ms = _SEQUENCE_REACH_MS if scenes and scenes[0].sequence else 0
        worth_it = exact and bool(scenes) and scenes[0].probability >= spec.unsure_at
        frame = finder.find(seen.scenes[0].scored, seen.scenes[0].lookup, reach_ms) if worth_it else None
        if frame:
            first = scenes[0]
            # a drawing that a sequence begins in the middle of is told from there on
            at_ms = max(frame.at_ms, min(first.from_ms, frame.to_ms)) if first.sequence else frame.at_ms
            from_ms, to_ms = min(first.from_ms, at_ms), max(first.to_ms, at_ms)
            scenes[0] = replace(first, from_ms=from_ms, at_ms=at_ms, to_ms=to_ms, exact=frame.certain)
        clock.stage("exact frame")
        calibrated = snapshot.encoder.spec.confidence is not None
        said = verdict(best, found_at=spec.found_at, unsure_at=spec.unsure_at, calibrated=calibrated)
        refuted = bool(scenes) and scenes[0].inliers == 0
        return SearchResult(
            verdict=said,
            scenes=tuple(scenes),
            timing_ms=clock.timing_ms(),
            reason=reason(said, too_little=seen.too_little, calibrated=calibrated, check_failed=refuted),
        )

    def trace(self, picture: Path | Rgb, *, where: SearchFilter = EVERYWHERE) -> SearchTrace:
        """All that a search finds out on its way, for calibrating and explaining. Raises what `search` raises."""
        snapshot, clock = self._snapshot, StageClock()
        allowed = _scope(where, snapshot).file_ids
        rgb = self._read(picture)
        clock.stage("decode")
        return self._answerer.trace(rgb, snapshot, clock, allowed)

    def preview(self, scene: Scene, preview_format: PreviewFormat, *, limit_bytes: int | None = None) -> bytes:
        """A moving preview of a scene, of at most `limit_bytes` (`None`: as the spec says).

        `MediaError` when the video is not where it was, or when it cannot be made so small; `FileRemovedError` when it
        has left the library.
        """
        spec = self._spec.preview
        if limit_bytes is not None:
            spec = replace(spec, limit_bytes=min(limit_bytes, spec.limit_bytes))
        source = self.source(scene.file_id)
        return render_preview(
            source.place,
            at_ms=scene.at_ms,
            from_ms=scene.from_ms,
            to_ms=scene.to_ms,
            whole_range=scene.sequence,
            spec=spec,
            preview_format=preview_format,
            seekable=source.seekable,
        )

    def still(self, scene: Scene) -> bytes | None:
        """The stored picture nearest to a scene's moment, a JPEG; `None` when the library keeps none."""
        return self._stills.jpeg(scene.file_id, scene.at_ms)

    def source(self, file_id: FileId) -> VideoSource:
        """Where a file's video should be now: its path, or below the media root.

        `FileRemovedError` when the file has left the library.
        """
        return self._snapshot.source(file_id)

    @property
    def videos(self) -> VideoPlaces:
        """Where the videos of the library should be."""
        return VideoPlaces([record.stamp for record in self._snapshot.records.values()], self._spec.media_root)

    def reload(self) -> bool:
        """Take up the current generation if it is another than the one searched; whether it was. Otherwise take up
        names and identities of shows, if the catalogue was written since.

        Raises what opening raises, and then goes on with the old one.
        """
        folder, _info = current_generation(self._layout.generations)
        if folder == self._snapshot.folder:
            self._snapshot = refresh_snapshot(self._snapshot, self._layout)
            return False
        self._snapshot = open_snapshot(self._layout, self._snapshot.encoder, self._reopen, self._spec.media_root)
        return True

    def close(self) -> None:
        """Release the index."""
        self._pool.shutdown()
        self._snapshot.store.close()
        self._stills.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, picture: Path | Rgb) -> Rgb:
        return read_query(picture, self._spec.imaging, _ENOUGH) if isinstance(picture, Path) else picture


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to look: the filter with names as the library has them, and its files; `None` for all."""

    where: SearchFilter
    file_ids: frozenset[FileId] | None


def _scope(where: SearchFilter, snapshot: Snapshot) -> _Scope:
    if not where:
        return _Scope(EVERYWHERE, None)
    records = snapshot.records.values()
    return _Scope(library_names(where, records), matching_files(where, records))


def _worth_telling(seen: SequenceTrace) -> SequenceTrace:
    """All that came of pictures; where those show too little, no scene that its check did not bear out."""
    if not seen.too_little:
        return seen
    return replace(seen, scenes=tuple(scene for scene in seen.scenes if scene.scored.score > 0))
