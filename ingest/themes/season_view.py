"""Season view: what is known of a season's themes and episodes, for tables, exports and pictures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.segments import Season, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId, number_ranges
from core.timecode import Millis
from ingest.themes.season_grouping import SeasonFiles, group_seasons

KIND_TEXTS: Final = {
    SegmentKind.OPENING: "opening",
    SegmentKind.ENDING: "ending",
    SegmentKind.COLD_OPEN: "cold open",
    SegmentKind.RECAP: "recap",
    SegmentKind.PREVIEW: "preview",
    SegmentKind.EYECATCH: "eyecatch",
    SegmentKind.SPONSOR: "sponsor card",
}
_SHORT: Final = {SegmentKind.OPENING: "OP", SegmentKind.ENDING: "ED"}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A segment and the file that it is in."""

    record: FileRecord
    segment: Segment


@dataclass(frozen=True, slots=True)
class SeasonView:
    """A season: its episodes in their order, its themes by kind and number, segments and notes by file. `searched`:
    whether its episodes were compared.
    """

    season: Season
    records: tuple[FileRecord, ...]
    themes: tuple[Theme, ...]
    segments: Mapping[FileId, Sequence[Segment]]
    notes: Mapping[FileId, str]
    searched: bool

    def segments_of(self, record: FileRecord) -> Sequence[Segment]:
        """Segments of one episode, by time."""
        return self.segments.get(record.id, ())

    def occurrences(self, theme: ThemeId) -> list[Occurrence]:
        """Where a theme occurs, by episode and time."""
        return [
            Occurrence(record, segment)
            for record in self.records
            for segment in self.segments_of(record)
            if segment.theme == theme
        ]

    def theme_name(self, theme_id: ThemeId | None) -> str | None:
        """The name of a theme of this season; `None` without one."""
        return next((theme_name(theme) for theme in self.themes if theme.id == theme_id), None)


def theme_name(theme: Theme) -> str:
    """`OP1`, `ED2`, `preview 1`."""
    short = _SHORT.get(theme.kind)
    return f"{short}{theme.number}" if short else f"{KIND_TEXTS[theme.kind]} {theme.number}"


def read_seasons(reader: CatalogueReader, records: Iterable[FileRecord]) -> list[SeasonView]:
    """The seasons of these files, each with those of its episodes that are among them."""
    seasons = group_seasons(records, reader.mined_seasons())
    segments, notes = reader.segments(), reader.theme_notes()
    return [_view(season, segments, notes) for season in seasons]


def _view(season: SeasonFiles, segments: Mapping[FileId, Sequence[Segment]], notes: Mapping[FileId, str]) -> SeasonView:
    themes = season.mined.themes if season.mined else ()
    return SeasonView(
        season.season,
        season.records,
        tuple(sorted(themes, key=lambda theme: (list(SegmentKind).index(theme.kind), theme.number, theme.id))),
        {record.id: segments[record.id] for record in season.records if record.id in segments},
        {record.id: notes[record.id] for record in season.records if record.id in notes},
        searched=season.mined is not None,
    )


def episode_text(record: FileRecord) -> str:
    """The number of an episode, else its name, else that of its file."""
    name = record.name
    return str(name.number) if name.number is not None else name.name or record.stamp.relative.rpartition("/")[2]


def episodes_text(records: Iterable[FileRecord]) -> str:
    """`1–6, 8, OVA 2`: numbers in runs, each once."""
    texts: list[str] = []
    numbers: list[int] = []
    for record in records:
        number = record.name.number
        if isinstance(number, int):
            numbers.append(number)
        else:
            texts.append(episode_text(record))
    return ", ".join(dict.fromkeys((*number_ranges(numbers), *texts)))


def format_time(time_ms: int) -> str:
    """`1:23.5` and `1:02:03.4`: minutes and seconds with tenths, halves up, and hours where there are any."""
    tenths = (time_ms + 50) // 100
    seconds, tenth = divmod(tenths, 10)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}.{tenth}" if hours else f"{minute}:{second:02d}.{tenth}"


def first_occurrence(view: SeasonView, theme: Theme) -> tuple[FileRecord, Millis] | None:
    """The first episode that a theme is in, and when it begins there."""
    occurrences = view.occurrences(theme.id)
    return (occurrences[0].record, occurrences[0].segment.start_ms) if occurrences else None
