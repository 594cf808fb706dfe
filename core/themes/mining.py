"""Mining of a season: its themes, and where each episode has them, from what its episodes share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.catalogue.segments import Evidence, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.themes.boundaries import GroupMeasure, Span
from core.themes.chapter_check import with_chapters
from core.themes.consensus import Group, SeasonGraph, absorb, carve, settle
from core.themes.episode_track import EpisodeTrack
from core.themes.frame_alignment import PictureComparison
from core.themes.picture_edges import PictureEdges
from core.themes.picture_search import find_by_pictures
from core.themes.roles import Part, smaller_parts, theme_parts
from core.themes.season_alignment import MIN_SHARED_WORDS, SeasonAlignment
from core.themes.season_notes import missing_notes
from core.themes.season_themes import SeasonThemes
from core.themes.stored_theme import StoredTheme

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
        self._pictures = PictureComparison(self._tracks)
        self._alignment = SeasonAlignment(self._tracks, len(self._episodes), self._pictures)
        self._sounds = self._alignment.sounds

    def mine(self) -> SeasonThemes:
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
        return SeasonThemes([item.theme for item in themes], segments, self._notes(segments))

    def _notes(self, segments: Mapping[FileId, Sequence[Segment]]) -> dict[FileId, str]:
        """A sentence for each episode in which something hindered the search, or that lacks what others have."""
        notes = {}
        for index, track in enumerate(self._episodes):
            sentences = [self._alignment.notes[index]] if index in self._alignment.notes else []
            sentences += missing_notes(segments, track.file_id)
            if sentences:
                notes[track.file_id] = "; ".join(sentences)
        return notes

    def _groups(self) -> list[Group]:
        graph = SeasonGraph()
        for first, second, match in sorted(self._alignment.matches, key=lambda item: (-item[2].weight, *item[:2])):
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
            if group.end - group.start >= MIN_SHARED_WORDS:
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
        best = max(part.spans, key=self._clarity)
        file_id = self._episodes[best.occurrence.episode].file_id
        return Theme(theme_id, part.kind, number, file_id, best.start_ms, best.end_ms)

    def _clarity(self, span: Span) -> tuple[float, ...]:
        """How well an occurrence stands for its theme: with sound, at the usual speed, whole, under nothing else."""
        index = span.occurrence.episode
        heard = self._episodes[index].sound is not None and self._sounds[index].speed == 1.0
        return heard, span.whole, span.sure, span.agreement

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
