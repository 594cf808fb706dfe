"""Theme map: which parts of which files are occurrences of which theme."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.segments import Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.timecode import Millis

OCCURRENCE_MIN_CONFIDENCE: Final = 0.5
"""Segments of less confidence are no occurrences: their edges are more often wrong than right. Frames of a segment that
are unlike those of its theme stay in the index and are answered by themselves, whatever the edges."""
_SKIPPED_KINDS: Final = frozenset({SegmentKind.OPENING, SegmentKind.ENDING, SegmentKind.EYECATCH, SegmentKind.SPONSOR})
"""Kinds that are no part of the story, also where no theme is known, as in a single film with chapters."""


@dataclass(frozen=True, slots=True)
class ThemeOccurrence:
    """A part of one file that shows a theme, or as much of it as fits between `start_ms` and `end_ms`."""

    theme: Theme
    file_id: FileId
    start_ms: Millis
    end_ms: Millis
    confidence: float = 1.0

    @property
    def length_ms(self) -> Millis:
        """Length of this occurrence."""
        return Millis(self.end_ms - self.start_ms)

    def contains(self, time_ms: int) -> bool:
        """Whether a time of its file lies in it."""
        return self.start_ms <= time_ms < self.end_ms

    def shift_to(self, occurrence: "ThemeOccurrence") -> int:
        """Milliseconds from a time in this occurrence to the same time of the theme in another one."""
        return occurrence.start_ms - self.start_ms

    def overlaps(self, start_ms: int, end_ms: int) -> bool:
        """Whether it shares more than its edges with a part of its file."""
        return self.start_ms < end_ms and start_ms < self.end_ms


class ThemeMap:
    """Occurrences of themes in the files of `records`, each with a segment of the theme of at least
    `OCCURRENCE_MIN_CONFIDENCE`. Immutable.
    """

    def __init__(
        self,
        segments: Mapping[FileId, Sequence[Segment]],
        themes: Iterable[Theme],
        records: Iterable[FileRecord],
    ) -> None:
        themes_by_id = {theme.id: theme for theme in themes}
        ordered = sorted(records, key=_broadcast_order)
        self._by_file: dict[FileId, tuple[ThemeOccurrence, ...]] = {}
        self._by_theme: dict[ThemeId, tuple[ThemeOccurrence, ...]] = {}
        self._skipped: dict[FileId, tuple[Segment, ...]] = {}
        for record in ordered:
            of_file = segments.get(record.id, ())
            occurrences = tuple(_occurrences(record.id, of_file, themes_by_id))
            if occurrences:
                self._by_file[record.id] = occurrences
            skipped = tuple(segment for segment in of_file if segment.kind in _SKIPPED_KINDS or segment.theme)
            if skipped:
                self._skipped[record.id] = skipped
            for occurrence in occurrences:
                self._by_theme[occurrence.theme.id] = (*self._by_theme.get(occurrence.theme.id, ()), occurrence)

    @classmethod
    def read(cls, reader: CatalogueReader, records: Iterable[FileRecord]) -> "ThemeMap":
        """The map of these files by the catalogue. `CatalogueError` when it cannot be read."""
        themes = [theme for season in reader.mined_seasons() for theme in season.themes]
        return cls(reader.segments(), themes, records)

    def __bool__(self) -> bool:
        return bool(self._by_file)

    @property
    def themes(self) -> Sequence[ThemeId]:
        """Themes that occur."""
        return list(self._by_theme)

    def in_file(self, file_id: FileId) -> Sequence[ThemeOccurrence]:
        """Occurrences in a file, by time."""
        return self._by_file.get(file_id, ())

    def of_theme(self, theme: ThemeId) -> Sequence[ThemeOccurrence]:
        """Occurrences of a theme, by season and episode, those of one file by time."""
        return self._by_theme.get(theme, ())

    def at(self, file_id: FileId, time_ms: int) -> ThemeOccurrence | None:
        """The occurrence at a time of a file; of several that overlap the one that begins last."""
        occurrences = self._by_file.get(file_id, ())
        begun = bisect_right(occurrences, time_ms, key=lambda occurrence: occurrence.start_ms)
        return next((found for found in reversed(occurrences[:begun]) if found.contains(time_ms)), None)

    def is_skipped(self, file_id: FileId, time_ms: int) -> bool:
        """Whether a time of a file is in a part that a search without themes leaves out."""
        return any(
            segment.confidence >= OCCURRENCE_MIN_CONFIDENCE and segment.start_ms <= time_ms < segment.end_ms
            for segment in self._skipped.get(file_id, ())
        )

    def clearest(self, theme: ThemeId) -> ThemeOccurrence:
        """The occurrence that stands for a theme: the one that the theme names, else that of the highest confidence.

        `KeyError` for a theme that does not occur.
        """
        occurrences = self._by_theme[theme]
        for occurrence in occurrences:
            named = occurrence.theme
            if occurrence.file_id == named.file_id and occurrence.overlaps(named.start_ms, named.end_ms):
                return occurrence
        return max(occurrences, key=lambda occurrence: occurrence.confidence)


def _occurrences(
    file_id: FileId, segments: Sequence[Segment], themes: Mapping[ThemeId, Theme]
) -> Iterable[ThemeOccurrence]:
    for segment in sorted(segments, key=lambda segment: segment.start_ms):
        theme = themes.get(segment.theme) if segment.theme is not None else None
        if theme and segment.confidence >= OCCURRENCE_MIN_CONFIDENCE:
            yield ThemeOccurrence(theme, file_id, segment.start_ms, segment.end_ms, segment.confidence)


def _broadcast_order(record: FileRecord) -> tuple[float, bool, float, str, FileId]:
    """Seasons in their order, files without one last."""
    season = float("inf") if record.name.season is None else record.name.season
    return season, *record.episode_order


NO_THEMES: Final = ThemeMap({}, (), ())
"""The map of a library without themes."""
