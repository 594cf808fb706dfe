"""Search run: one search, from its input to its answer."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from core.domain import Scene, SearchFilter, SearchResult, Verdict
from core.errors import InputError
from core.keypoints.detector import open_detector
from core.library.snapshot import Snapshot
from core.library.still_cache import StillCache
from core.pictures.decoding import PictureLimits
from core.pictures.pixels import Rgb
from core.retrieval.query_frames import read_frames, read_query
from core.retrieval.scene_grouping import SceneGroup
from core.retrieval.timed_pictures import TimedPicture, without_plain
from core.retrieval.view_lookup import ViewLookup
from core.search.calibration import reason, verdict
from core.search.frame_finder import FrameFinder, frame_at
from core.search.picture_search import PictureSearch, ScoredScene, SearchSpec, SearchTrace, StageClock
from core.search.scope import scope_of
from core.search.sequence_search import SequenceScene, SequenceSearch, SequenceTrace, as_sequence_trace
from core.search.theme_placement import ThemePlace, moved, theme_place

EVERYWHERE: Final = SearchFilter()
PictureSource: TypeAlias = Path | bytes | Rgb
"""A file or its bytes (still, animation, short video), or RGB (height, width, 3) uint8."""

_MIN_DECODE_SIZE: Final = (1440, 1440)
"""Width and height to which a picture is decoded at least: the frame may be only a part of it."""
EXPLAINED_SCENES_LIMIT: Final = 8
"""Most scenes of an explanation."""
_EXPLAINED_FRAME_WIDTH: Final = 640
_SEQUENCE_MARGIN_MS: Final = 1000
"""How far beyond the first and last indexed frames of a sequence its exact frame may be."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer and the results of the stages before it: its scored scenes, the lookup of the picture that shows the
    best scene (of a sequence one of several), whether that had a second pass, the stored picture (h, w, 3) of that
    scene, if any, and its exact frame, if known.
    """

    result: SearchResult
    scored: tuple[ScoredScene, ...]
    lookup: ViewLookup
    looked_again: bool
    still: Rgb | None
    exact_frame: Rgb | None = None


class Searcher:
    """Resources that all searches of an engine share: settings, stored pictures, threads, and the two kinds of search.

    `threads` verify scenes and decode video for one picture (0: one for each core).
    """

    def __init__(self, spec: SearchSpec, imaging: PictureLimits, stills: StillCache, *, threads: int = 0) -> None:
        self.spec = spec
        self.imaging = imaging
        self.stills = stills
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads or os.cpu_count(), "engine")
        detector = open_detector(threads=1)
        self.pictures = PictureSearch(spec, detector, stills, self.pool)
        self.sequences = SequenceSearch(spec, detector, stills, self.pictures)

    def close(self) -> None:
        """Waits for running work and stops the threads."""
        self.pool.shutdown()


class SearchRun:
    """One search of one snapshot, for one use: filter, number of scenes, exact frame or not, time of each stage.

    `limit` scenes (0: as the spec says); `exact`: with the exact frame, if the spec enables it. `FilterError` when the
    filter names what is not in the library.
    """

    def __init__(
        self,
        searcher: Searcher,
        snapshot: Snapshot,
        where: SearchFilter = EVERYWHERE,
        *,
        limit: int = 0,
        exact: bool = True,
    ) -> None:
        self._clock = StageClock()
        self._searcher = searcher
        self._spec = searcher.spec
        self._snapshot = snapshot
        self._limit = limit or searcher.spec.limit
        self._exact = exact and searcher.spec.exact
        self._finder = FrameFinder(snapshot.source, searcher.pool, searcher.threads)
        self._where, self._scope = scope_of(where, snapshot)

    def search(self, picture: PictureSource) -> SearchResult:
        """Returns the scenes that a picture, an animation or a video may be from."""
        return self._answer(self._read(picture, self._spec.frames))

    def search_together(self, pictures: Sequence[PictureSource]) -> SearchResult:
        """Returns the scenes that several pictures may be from together, or the best scene of each."""
        if not 0 < len(pictures) <= self._spec.frames:
            raise InputError(
                f"1 to {self._spec.frames} pictures can be looked up together (search.frames), not {len(pictures)}."
            )
        decoded = [self._read(picture, 1)[0] for picture in pictures]
        usable = without_plain(decoded)
        result = self._answer(usable)
        if result.sequence or len(decoded) == 1:
            return result
        numbers = [
            number for number, picture in enumerate(decoded, 1) if any(picture is searched for searched in usable)
        ]
        scenes = [
            replace(scene, pictures=tuple(numbers[index - 1] for index in scene.pictures or (1,)))
            for scene in result.scenes
        ]
        return replace(result, scenes=tuple(scenes))

    def explain(self, picture: PictureSource) -> Explanation:
        """Returns the answer, the results of the stages before it, and the stored picture of the best scene."""
        trace = self._trace_of(self._read(picture, self._spec.frames))
        result = self._result(trace)
        scenes = _offered_scenes(trace)[: self._limit]
        scored = tuple(scene.scored for scene in scenes)
        still = self._searcher.stills.picture(scored[0].scene.file_id, scored[0].scene.at_ms) if scored else None
        best = next(iter(result.scenes), None)
        frame = None
        if best and best.exact:
            frame = frame_at(self._snapshot.source(best.file_id), best.at_ms, _EXPLAINED_FRAME_WIDTH)
        lookup = scenes[0].lookup if scenes else trace.first
        return Explanation(result, scored, lookup, trace.looked_again, still, frame)

    def trace(self, picture: PictureSource) -> SearchTrace:
        """Returns the results of all stages for one picture; of an animation or a video for its first usable frame."""
        if not isinstance(picture, np.ndarray):
            picture = read_query(picture, self._searcher.imaging, _MIN_DECODE_SIZE)
        self._clock.stage("decode")
        return self._searcher.pictures.trace(picture, self._snapshot, self._clock, self._scope)

    def _read(self, picture: PictureSource, budget: int) -> Sequence[TimedPicture]:
        if isinstance(picture, np.ndarray):
            return (TimedPicture(picture),)
        return read_frames(picture, self._searcher.imaging, _MIN_DECODE_SIZE, budget)

    def _answer(self, pictures: Sequence[TimedPicture]) -> SearchResult:
        """A picture that is not found in the files of the filter is searched in the whole library too."""
        result = self._result(self._trace_of(pictures))
        result = replace(result, where=self._where, cut_off=any(picture.cut_off for picture in pictures))
        if self._scope.is_whole or result.verdict is Verdict.FOUND or result.too_little:
            return result
        elsewhere = self._find_elsewhere(pictures)
        self._clock.stage("elsewhere")
        return replace(result, elsewhere=elsewhere, timing_ms=self._clock.timing_ms())

    def _find_elsewhere(self, pictures: Sequence[TimedPicture]) -> Scene | None:
        """The scene that is found with certainty in what the filter excludes."""
        everywhere = SearchRun(self._searcher, self._snapshot, limit=1, exact=self._exact)
        result = everywhere._result(everywhere._trace_of(pictures))
        best = result.scenes[0] if result.verdict is Verdict.FOUND else None
        return None if best is None or self._scope.contains(best) or best.pictures else best

    def _trace_of(self, pictures: Sequence[TimedPicture]) -> SequenceTrace:
        """Trace of one or several pictures; of one, the frames of a likely scene are read meanwhile."""
        self._clock.stage("decode")
        if len(pictures) > 1:
            return self._searcher.sequences.trace(pictures, self._snapshot, self._clock, self._scope)
        expect = self._begin_finding if self._exact else None
        return as_sequence_trace(
            self._searcher.pictures.trace(pictures[0].rgb, self._snapshot, self._clock, self._scope, expect)
        )

    def _result(self, trace: SequenceTrace) -> SearchResult:
        spec, offered = self._spec, _offered_scenes(trace)
        probability_limit = spec.unsure_max_probability if trace.too_little else 1.0
        probability = min(trace.scenes[0].scored.probability, probability_limit) if trace.scenes else None
        scenes = [self._scene(scene, probability_limit) for scene in offered[: self._limit]]
        if self._exact and scenes and scenes[0].probability >= spec.unsure_at:
            scenes[0] = self._with_matched_frame(scenes[0], offered[0])
        self._clock.stage("exact frame")
        calibrated = self._snapshot.encoder.spec.confidence is not None
        outcome = verdict(probability, found_at=spec.found_at, unsure_at=spec.unsure_at, calibrated=calibrated)
        refuted = bool(scenes) and scenes[0].inliers == 0
        return SearchResult(
            verdict=outcome,
            scenes=tuple(scenes),
            timing_ms=self._clock.timing_ms(),
            reason=reason(outcome, too_little=trace.too_little, calibrated=calibrated, check_failed=refuted),
        )

    def _scene(self, scene: SequenceScene, probability_limit: float) -> Scene:
        answer, place = scene.scene(self._snapshot.records), self._theme_place(scene.scored, whole_range=scene.sequence)
        if place:
            answer = place.scene(answer, self._snapshot.records)
        return replace(
            answer,
            probability=min(scene.scored.probability, probability_limit),
            video_missing=self._snapshot.is_missing(answer.file_id),
        )

    def _theme_place(self, shown: SceneGroup | ScoredScene, *, whole_range: bool = False) -> ThemePlace | None:
        snapshot = self._snapshot
        return theme_place(
            shown.scene, shown.repeats, snapshot.themes, self._scope, snapshot.is_missing, whole_range=whole_range
        )

    def _begin_finding(self, group: SceneGroup) -> None:
        place = self._theme_place(group)
        self._finder.begin(place.candidate(group.scene) if place else group.scene)

    def _with_matched_frame(self, scene: Scene, traced: SequenceScene) -> Scene:
        """Returns the scene with its exact frame, if that is found in the video.

        Where the first occurrence of a theme does not have the frame, the occurrence is named that was found.
        """
        margin_ms = _SEQUENCE_MARGIN_MS if scene.sequence else 0
        place = self._theme_place(traced.scored, whole_range=traced.sequence)
        found = replace(traced.scored, scene=place.candidate(traced.scored.scene)) if place else traced.scored
        frame = self._finder.find(found, traced.lookup, margin_ms)
        if frame is None and place and place.moves:
            frame = self._finder.find(traced.scored, traced.lookup, margin_ms)
            if frame is not None:
                as_found = place.as_found.scene(traced.scene(self._snapshot.records), self._snapshot.records)
                scene = replace(as_found, probability=scene.probability)
        if frame is None:
            return scene
        # a sequence may begin after its first drawing does: its time is then the beginning of the sequence
        at_ms = max(frame.at_ms, min(scene.from_ms, frame.to_ms)) if scene.sequence else frame.at_ms
        from_ms, to_ms = min(scene.from_ms, at_ms), max(scene.to_ms, at_ms)
        return replace(moved(scene, at_ms), from_ms=from_ms, to_ms=to_ms, exact=frame.is_exact)


def _offered_scenes(trace: SequenceTrace) -> Sequence[SequenceScene]:
    """All scenes of a trace; where the pictures show too little, only those that were verified."""
    if not trace.too_little:
        return trace.scenes
    return [scene for scene in trace.scenes if scene.scored.score > 0]
