"""Theme placement: scenes of a part that several episodes share, such as an opening, as an answer about that part.

The index has the frames of a theme once, in the file of its clearest occurrence. A scene there is a moment of the
theme; the answer names the first occurrence that has it. Frames of other occurrences are in the index only where they
differ, so that a scene that only such a frame has found is of that one episode, and stays there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.catalogue.records import FileRecord
from core.catalogue.segments import ThemeId
from core.catalogue.theme_map import ThemeMap, ThemeOccurrence
from core.domain import (
    EpisodeKind,
    EpisodeName,
    FileId,
    Hit,
    Occurrence,
    Scene,
    ThemeMoment,
    frame_label,
    split_label,
)
from core.retrieval.scene_grouping import SceneCandidate
from core.search.scope import SearchScope
from core.timecode import Millis

_SAME_MOMENT_GAP_MS: Final = 1500
"""Edges of two occurrences are right to about as much together."""
_SHARED_MAX_SIMILARITY_GAP: Final = 0.03
"""Frames of the clearest occurrence that are at most so much less similar show what was found."""
_EDGE_TOLERANCE_MS: Final = 1000
_ELSEWHERE_COST: Final = 1e-4  # of a cosine
_EPISODES_IN_FILE_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class ThemePlace:
    """A scene found in the occurrence `found`, and the occurrence that is `named` for it; `occurrences` are all."""

    found: ThemeOccurrence
    named: ThemeOccurrence
    occurrences: Sequence[ThemeOccurrence]

    @property
    def as_found(self) -> "ThemePlace":
        """The place with the occurrence named that was found."""
        return replace(self, named=self.found)

    @property
    def moves(self) -> bool:
        """Whether another occurrence is named than was found."""
        return self.named != self.found

    def candidate(self, scene: SceneCandidate) -> SceneCandidate:
        """The scene that was found, in the occurrence that is named."""
        shift = self.found.shift_to(self.named)
        from_ms, at_ms, to_ms = (Millis(max(0, time + shift)) for time in (scene.from_ms, scene.at_ms, scene.to_ms))
        return replace(scene, file_id=self.named.file_id, from_ms=from_ms, at_ms=at_ms, to_ms=to_ms)

    def scene(self, scene: Scene, records: Mapping[FileId, FileRecord]) -> Scene:
        """The scene found, as one of the theme. Its repeats are the other occurrences, then those elsewhere."""
        shift = self.found.shift_to(self.named)
        offset_ms = scene.at_ms - self.found.start_ms
        record = records[self.named.file_id]
        return replace(
            scene,
            file_id=record.id,
            path=record.stamp.path,
            name=record.name,
            from_ms=Millis(max(0, scene.from_ms + shift)),
            at_ms=Millis(max(0, scene.at_ms + shift)),
            to_ms=Millis(max(0, scene.to_ms + shift)),
            repeats=(*self._others(offset_ms, records), *self._beyond(scene.repeats)),
            theme=self._moment(offset_ms, records),
        )

    def _moment(self, offset_ms: int, records: Mapping[FileId, FileRecord]) -> ThemeMoment:
        theme = self.found.theme
        numbers = {number for place in self.occurrences for number in _numbers(records[place.file_id].name)}
        return ThemeMoment(
            kind=theme.kind,
            number=theme.number,
            season=records[self.named.file_id].name.season,
            offset_ms=Millis(max(0, offset_ms)),
            length_ms=self.named.length_ms,
            episodes=tuple(sorted(numbers)),
            occurrences=len(self.occurrences),
            first=self.named == self.occurrences[0],
        )

    def _others(self, offset_ms: int, records: Mapping[FileId, FileRecord]) -> list[Occurrence]:
        return [
            Occurrence(
                place.file_id,
                records[place.file_id].stamp.path,
                records[place.file_id].name,
                Millis(max(0, place.start_ms + offset_ms)),
            )
            for place in self.occurrences
            if place != self.named
        ]

    def _beyond(self, repeats: Sequence[Occurrence]) -> list[Occurrence]:
        """Repeats that are in no occurrence of the theme."""
        return [
            repeat
            for repeat in repeats
            if not any(place.file_id == repeat.file_id and place.contains(repeat.at_ms) for place in self.occurrences)
        ]


def in_every_occurrence(hits: Sequence[Hit], themes: ThemeMap, scope: SearchScope) -> Sequence[Hit]:
    """The hits of one picture, best first, with those in a theme also in its other occurrences in the scope, of which
    the index does not have the frames: a clip may begin in an opening and end after it. The frame that was really found
    stays the best one.
    """
    if not themes:
        return hits
    best = {hit.label: hit for hit in hits}
    for hit in hits:
        file_id, at_ms = split_label(hit.label)
        found = themes.at(file_id, at_ms)
        if found is None:
            continue
        for place in scope.occurrences(found.theme.id, at_ms - found.start_ms):
            label = frame_label(place.file_id, max(0, at_ms + found.shift_to(place)))
            if place != found:
                best.setdefault(label, Hit(label, hit.similarity - _ELSEWHERE_COST, hit.view))
    return sorted(best.values(), key=lambda hit: (-hit.similarity, hit.label))


def moved(scene: Scene, at_ms: Millis) -> Scene:
    """The scene at another time of its file; of a theme the time within it, and those in its other occurrences, move
    with it.
    """
    theme, by_ms = scene.theme, at_ms - scene.at_ms
    if theme is None:
        return replace(scene, at_ms=at_ms)
    others = scene.repeats[: theme.occurrences - 1]
    repeats = [replace(place, at_ms=Millis(max(0, place.at_ms + by_ms))) for place in others]
    theme = replace(theme, offset_ms=Millis(max(0, theme.offset_ms + by_ms)))
    return replace(scene, at_ms=at_ms, theme=theme, repeats=(*repeats, *scene.repeats_beyond_theme))


def theme_place(
    scene: SceneCandidate,
    repeats: Sequence[SceneCandidate],
    themes: ThemeMap,
    scope: SearchScope,
    is_missing: Callable[[FileId], bool],
    *,
    whole_range: bool = False,
) -> ThemePlace | None:
    """The place of a scene in a theme; `None` when it is in none, or with `whole_range` not as a whole.

    Of the occurrences in `scope` that have the moment, the first one is named whose video is not missing.
    """
    found = themes.at(scene.file_id, scene.at_ms)
    if found is None or (whole_range and not _holds(found, scene)):
        return None
    occurrences = themes.of_theme(found.theme.id)
    candidates = scope.occurrences(found.theme.id, scene.at_ms - found.start_ms)
    if not candidates or not _is_shared(scene, repeats, themes.clearest(found.theme.id)):
        return ThemePlace(found, found, occurrences)
    named = next((place for place in candidates if not is_missing(place.file_id)), candidates[0])
    return ThemePlace(found, named, occurrences)


class ThemeScenes:
    """Scenes of one answer by their themes."""

    def __init__(self, themes: ThemeMap) -> None:
        self._themes = themes

    def theme_of(self, scene: SceneCandidate) -> ThemeId | None:
        """The theme that a scene is in; `None` when it is in none."""
        found = self._themes.at(scene.file_id, scene.at_ms)
        return found.theme.id if found else None

    def same_moment(self, first: SceneCandidate, second: SceneCandidate) -> bool:
        """Whether two scenes of one theme show the same moment of it."""
        there, here = (self._themes.at(scene.file_id, scene.at_ms) for scene in (first, second))
        if there is None or here is None or there.theme.id != here.theme.id:
            return False
        at_ms = second.at_ms + here.shift_to(there)
        return first.from_ms - _SAME_MOMENT_GAP_MS <= at_ms <= first.to_ms + _SAME_MOMENT_GAP_MS


def _holds(occurrence: ThemeOccurrence, scene: SceneCandidate) -> bool:
    return (
        occurrence.start_ms - _EDGE_TOLERANCE_MS <= scene.from_ms
        and scene.to_ms <= occurrence.end_ms + _EDGE_TOLERANCE_MS
    )


def _is_shared(scene: SceneCandidate, repeats: Sequence[SceneCandidate], clearest: ThemeOccurrence) -> bool:
    """Whether the occurrence that stands for the theme shows what was found."""
    return any(
        candidate.file_id == clearest.file_id
        and clearest.contains(candidate.at_ms)
        and candidate.similarity >= scene.similarity - _SHARED_MAX_SIMILARITY_GAP
        for candidate in (scene, *repeats)
    )


def _numbers(name: EpisodeName) -> Sequence[float]:
    """The episodes of a file; none for a special, a film and the like."""
    if name.kind is not EpisodeKind.EPISODE or name.first is None:
        return ()
    last = name.first if name.last is None else name.last
    if last == name.first or not name.first.is_integer() or last - name.first > _EPISODES_IN_FILE_LIMIT:
        return (name.first,)
    return [float(number) for number in range(int(name.first), int(last) + 1)]
