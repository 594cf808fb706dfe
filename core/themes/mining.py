"""Mining of a season: its themes, and where each episode has them, from what its episodes share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.catalogue.segments import Evidence, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.themes.alignment import AlignmentTarget, Match, align
from core.themes.boundaries import GroupMeasure, Span
from core.themes.chapter_check import with_chapters
from core.themes.consensus import Group, SeasonGraph, absorb, carve, settle
from core.themes.episode_sound import EpisodeSound, episode_sound, silent_sound, slowed
from core.themes.episode_track import EpisodeTrack
from core.themes.fingerprint import HOP_S, PAL_SPEED
from core.themes.frame_alignment import PictureComparison
from core.themes.picture_alignment import align_pictures
from core.themes.picture_edges import PictureEdges
from core.themes.picture_search import find_by_pictures
from core.themes.roles import Part, smaller_parts, theme_parts
from core.themes.season_themes import SeasonThemes
from core.themes.stored_theme import StoredTheme

NOTHING_TO_COMPARE: Final = "nothing to compare with: it is the only episode"
NO_SOUND: Final = "it has no sound that can be decoded"
PLAYS_FASTER: Final = "it plays 4 % faster than the others, as broadcast at 25 frames a second"
_MIN_SHARED_WORDS: Final = 430
_SAME_PICTURES: Final = 0.5


def mine_season(
    episodes: Sequence[EpisodeTrack],
    chapters: Mapping[FileId, Sequence[Segment]] | None = None,
    stored: Sequence[StoredTheme] = (),
) -> SeasonThemes:
    """Themes and segments of the episodes of one season, in their order.

    `chapters` are the segments that chapters tell (`core.themes.chapters`), and the operator's corrections. `stored`
    are themes known before: they keep their ids, and the episodes, which may be one alone, are compared with them too.
    A new theme has a negative id.
    """
    return _SeasonMiner(episodes, chapters or {}, stored).mine()


@dataclass(frozen=True, slots=True)
class _Theme:
    theme: Theme
    part: Part


class _SeasonMiner:
    """One run over a season. Indices of tracks: the episodes, then the stored themes."""

    def __init__(
        self,
        episodes: Sequence[EpisodeTrack],
        chapters: Mapping[FileId, Sequence[Segment]],
        stored: Sequence[StoredTheme],
    ) -> None:
        self._episodes = list(episodes)
        self._chapters = chapters
        self._stored = list(stored)
        self._tracks = [*episodes, *(theme.track for theme in stored)]
        self._sounds: dict[int, EpisodeSound] = {
            index: episode_sound(track.sound) for index, track in enumerate(self._tracks) if track.sound is not None
        }
        self._pictures = PictureComparison(self._tracks)
        self._notes: dict[FileId, str] = {}
        self._matches: list[tuple[int, int, Match]] = []

    def mine(self) -> SeasonThemes:
        self._align()
        groups = self._groups()
        spans = [self._spans(group, groups) for group in groups]
        known = {number: theme for number, group in enumerate(groups) if (theme := self._known_theme(group))}
        durations = {index: track.duration_ms for index, track in enumerate(self._episodes)}
        kinds = {number: theme.kind for number, theme in known.items()}
        parts = theme_parts(spans, durations, kinds)
        parts += smaller_parts(spans, parts, durations, kinds)
        themes = self._themes(parts, known)
        segments = self._segments(themes)
        self._search_pictures([item.theme for item in themes], segments)
        for track in self._episodes:
            told = self._chapters.get(track.file_id, ())
            segments[track.file_id] = with_chapters(segments[track.file_id], told, track.cuts_ms, track.duration_ms)
        return SeasonThemes([item.theme for item in themes], segments, self._notes)

    def _align(self) -> None:
        """Compare all pairs of episodes, and all episodes with all stored themes."""
        count = len(self._episodes)
        heard = [index for index in range(count) if index in self._sounds]
        for second in sorted(self._sounds):
            target = AlignmentTarget(self._sounds[second].words)
            for first in heard:
                if first <= second:
                    matches = align(self._sounds[first].words, target, itself=first == second)
                    self._matches += [(first, second, match) for match in matches]
        for index in heard:
            if len(self._sounds) > 1 and not self._shares(index):
                self._try_speeds(index)
        for index, track in enumerate(self._episodes):
            if index not in self._sounds:
                self._notes[track.file_id] = NO_SOUND
                self._align_pictures(index)
            elif len(self._tracks) == 1 or (len(heard) == 1 == len(self._sounds) and track.frames is None):
                self._notes[track.file_id] = NOTHING_TO_COMPARE

    def _align_pictures(self, index: int) -> None:
        """Compare an episode without sound with all others, but later ones without sound, by pictures."""
        track = self._tracks[index]
        self._sounds[index] = silent_sound(track.duration_ms, HOP_S)
        for other in sorted(self._sounds):
            if other != index and self._sounds[other].speed == 1.0:
                matches = align_pictures(index, other, (track, self._tracks[other]), self._pictures)
                sound = self._sounds[other]
                moved = -round(sound.start_s / sound.hop_s)
                self._matches += [(index, other, replace(match, shift=match.shift + moved)) for match in matches]

    def _shares(self, index: int) -> bool:
        return any(
            first != second and index in {first, second} and match.end - match.start >= _MIN_SHARED_WORDS
            for first, second, match in self._matches
        )

    def _try_speeds(self, index: int) -> None:
        """Compare an episode that shares nothing once more as if it played faster than the others."""
        fingerprint = self._tracks[index].sound
        if fingerprint is None:
            return
        best: tuple[float, EpisodeSound, list[tuple[int, int, Match]]] | None = None
        for pitch in (True, False):
            sound = slowed(fingerprint, PAL_SPEED, pitch=pitch)
            if sound is None:
                continue
            target = AlignmentTarget(sound.words)
            matches = [
                (other, index, match)
                for other, words in self._sounds.items()
                if other != index
                for match in align(words.words, target)
            ]
            weight = sum(match.weight for _, _, match in matches)
            if any(match.end - match.start >= _MIN_SHARED_WORDS for _, _, match in matches) and (
                best is None or weight > best[0]
            ):
                best = (weight, sound, matches)
        if best:
            self._sounds[index] = best[1]
            self._matches = [item for item in self._matches if index not in item[:2]] + best[2]
            self._notes[self._tracks[index].file_id] = PLAYS_FASTER

    def _groups(self) -> list[Group]:
        graph = SeasonGraph()
        for first, second, match in sorted(self._matches, key=lambda item: (-item[2].weight, *item[:2])):
            graph.add(first, second, match)
        groups = graph.groups()
        for group in groups:
            shown = sum(self._tracks[episode].frames is not None for episode in group.episodes)
            settle(group, shown=shown > len(group.episodes) / 2)
        groups = absorb(groups)
        carve(groups)
        groups = [group for group in groups if group.end > group.start and len(group.episodes) > 1]
        edges = PictureEdges(self._sounds, self._tracks, self._pictures)
        for group in groups:
            if group.end - group.start >= _MIN_SHARED_WORDS:
                edges.correct(group)
        return groups

    def _spans(self, group: Group, groups: Sequence[Group]) -> list[Span]:
        """The spans of a group in episodes, without those in stored themes."""
        spans = GroupMeasure(group, self._sounds, self._tracks, groups, self._pictures).spans()
        return [span for span in spans if span.occurrence.episode < len(self._episodes)]

    def _known_theme(self, group: Group) -> Theme | None:
        """The stored theme that a group is, the longest of several."""
        stored = [
            self._stored[index - len(self._episodes)].theme
            for index in sorted(group.episodes)
            if index >= len(self._episodes)
        ]
        return max(stored, key=lambda theme: theme.length_ms, default=None)

    def _themes(self, parts: Sequence[Part], known: Mapping[int, Theme]) -> list[_Theme]:
        """Themes of parts: stored ones, and new ones with numbers of their kind in the order of first appearance."""
        numbers = Counter(dict.fromkeys(SegmentKind, 0))
        for item in self._stored:
            numbers[item.theme.kind] = max(numbers[item.theme.kind], item.theme.number)
        themes: list[_Theme] = []
        for part in sorted(parts, key=lambda part: (part.spans[0].occurrence.episode, part.spans[0].start_ms)):
            theme = known.get(part.group)
            if theme is None or theme.kind is not part.kind:
                numbers[part.kind] += 1
                theme = self._new_theme(part, ThemeId(-1 - len(themes)), numbers[part.kind])
            themes.append(_Theme(theme, part))
        return [replace(item, theme=_with_variant(item, themes, known)) for item in themes]

    def _new_theme(self, part: Part, theme_id: ThemeId, number: int) -> Theme:
        best = max(part.spans, key=lambda span: (span.whole, span.sure, span.agreement))
        file_id = self._episodes[best.occurrence.episode].file_id
        return Theme(theme_id, part.kind, number, file_id, best.start_ms, best.end_ms)

    def _segments(self, themes: Sequence[_Theme]) -> dict[FileId, list[Segment]]:
        segments: dict[FileId, list[Segment]] = {track.file_id: [] for track in self._episodes}
        for item in themes:
            for span in item.part.spans:
                heard = self._episodes[span.occurrence.episode].sound is not None
                evidence = [Evidence.SOUND] if heard else []
                if not heard or (span.pictures or 0.0) > _SAME_PICTURES:
                    evidence.append(Evidence.PICTURES)
                segment = Segment(
                    item.theme.kind, span.start_ms, span.end_ms, _confidence(span), tuple(evidence), item.theme.id
                )
                segments[self._episodes[span.occurrence.episode].file_id].append(segment)
        return {file: _apart(items) for file, items in segments.items()}

    def _search_pictures(self, themes: Sequence[Theme], segments: Mapping[FileId, list[Segment]]) -> None:
        """Add openings and endings that an episode shows with other sound."""
        sources = {track.file_id: index for index, track in enumerate(self._tracks)}
        for index, track in enumerate(self._episodes):
            present = segments[track.file_id]
            for kind in (SegmentKind.OPENING, SegmentKind.ENDING):
                if any(segment.kind is kind for segment in present):
                    continue
                spans = [
                    (span.share, -number, span, theme)
                    for number, theme in enumerate(themes)
                    if theme.kind is kind
                    and (span := find_by_pictures(theme, sources[theme.file_id], index, self._tracks, self._pictures))
                ]
                if not spans:
                    continue
                share, _, span, theme = max(spans, key=lambda item: item[:2])
                if all(min(span.end_ms, other.end_ms) <= max(span.start_ms, other.start_ms) for other in present):
                    confidence = min(0.8, share)
                    present.append(
                        Segment(kind, span.start_ms, span.end_ms, confidence, (Evidence.PICTURES,), theme.id)
                    )
            present.sort(key=lambda segment: segment.start_ms)


def _with_variant(item: _Theme, themes: Sequence[_Theme], known: Mapping[int, Theme]) -> Theme:
    """The theme, as a variant of the one with the same sound in the other role."""
    if item.theme.id >= 0:
        return item.theme
    original = known.get(item.part.group)
    for other in themes:
        if other.part.group == item.part.group and other.part.score > item.part.score:
            original = other.theme
    return replace(item.theme, variant_of=original.id) if original else item.theme


def _apart(segments: Sequence[Segment]) -> list[Segment]:
    """Segments by time; where two overlap by less than a second, the later one begins at the end of the earlier."""
    ordered = sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms))
    for number in range(1, len(ordered)):
        end_ms = ordered[number - 1].end_ms
        if 0 < end_ms - ordered[number].start_ms < 1000 and ordered[number].end_ms > end_ms:
            ordered[number] = replace(ordered[number], start_ms=end_ms)
    return ordered


def _confidence(span: Span) -> float:
    """Set by hand: less where an edge is not heard but inferred from other episodes, and where pictures differ."""
    return (0.95 if span.sure else 0.75) - (0.1 if span.pictures is not None and span.pictures < _SAME_PICTURES else 0)
