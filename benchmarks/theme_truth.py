"""True segments of seasons, from the `truth.json` beside their episodes, as a catalogue has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.theme_seasons.truth import TrueSegment, read_truth
from core.catalogue.records import FileRecord
from core.catalogue.segments import Evidence, MinedSeason, Season, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.errors import InputError
from core.timecode import Millis

_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class TrueSpan:
    """An occurrence of a theme in a file, with edges as a search for themes may find them, and where it really starts.
    `season` is that of the file, `number` that of the theme, `altered` an occurrence that differs from others.
    """

    file_id: FileId
    season: Season
    episode: float
    kind: SegmentKind
    theme: str
    number: int
    start_ms: Millis
    end_ms: Millis
    true_start_ms: Millis
    altered: bool

    def holds(self, time_ms: int, margin_s: float) -> bool:
        """Whether a time is inside, not near its edges."""
        return self.start_ms + 1000 * margin_s <= time_ms <= self.end_ms - 1000 * margin_s

    def is_near(self, time_ms: int, margin_s: float) -> bool:
        """Whether a time is inside or near an edge."""
        return self.start_ms - 1000 * margin_s <= time_ms <= self.end_ms + 1000 * margin_s


def read_spans(
    folders: Sequence[Path], records: Sequence[FileRecord], edge_error_s: float, rng: np.random.Generator
) -> list[TrueSpan]:
    """The segments of the episodes in these folders that have a theme. `InputError` where there is no truth, or none of
    its episodes is in the library.
    """
    by_path = {Path(record.stamp.path): record for record in records}
    spans: list[TrueSpan] = []
    for folder in folders:
        for episode in read_truth(folder).episodes:
            record = by_path.get(episode.path.resolve())
            if record:
                spans += [
                    _span(record, f"{folder.name} {segment.theme}", segment, edge_error_s, rng)
                    for segment in episode.segments
                    if segment.theme and segment.shared
                ]
    if not spans:
        raise InputError(f"{', '.join(map(str, folders))}: no episode with a theme is in the library.")
    return spans


def season_of_spans(spans: Sequence[TrueSpan]) -> tuple[list[MinedSeason], Mapping[FileId, tuple[Segment, ...]]]:
    """The seasons and the segments of their files, as a pass over the library would store them."""
    names = sorted({(span.season.show, span.season.number or 0, span.theme) for span in spans})
    ids = {(show, theme): ThemeId(number) for number, (show, _season, theme) in enumerate(names, 1)}
    segments: dict[FileId, tuple[Segment, ...]] = {}
    for span in sorted(spans, key=lambda span: span.start_ms):
        segment = Segment(
            span.kind, span.start_ms, span.end_ms, _CONFIDENCE, (Evidence.SOUND,), ids[span.season.show, span.theme]
        )
        segments[span.file_id] = (*segments.get(span.file_id, ()), segment)
    seasons = []
    for season in dict.fromkeys(span.season for span in spans):
        of_season = [span for span in spans if span.season == season]
        themes = [_theme(of_season, theme, ids[season.show, theme]) for theme in {span.theme for span in of_season}]
        seasons.append(MinedSeason(season, "truth", frozenset(span.file_id for span in of_season), tuple(themes)))
    return seasons, segments


def _span(
    record: FileRecord, theme: str, segment: TrueSegment, edge_error_s: float, rng: np.random.Generator
) -> TrueSpan:
    errors = rng.uniform(-edge_error_s, edge_error_s, 2)
    last = theme.rpartition(" ")[2]
    return TrueSpan(
        file_id=record.id,
        season=Season(record.name.show, record.name.season),
        episode=record.name.first or 0.0,
        kind=segment.kind,
        theme=theme,
        number=int(last) if last.isdigit() else 1,
        start_ms=Millis(max(0, round(1000 * (segment.start_s + errors[0])))),
        end_ms=Millis(round(1000 * (segment.end_s + errors[1]))),
        true_start_ms=Millis(round(1000 * segment.start_s)),
        altered=bool(segment.tags),
    )


def _theme(spans: Sequence[TrueSpan], name: str, theme_id: ThemeId) -> Theme:
    """The theme of this name; the longest occurrence that is not altered stands for it."""
    of_theme = [span for span in spans if span.theme == name]
    clearest = max(of_theme, key=lambda span: (not span.altered, span.end_ms - span.start_ms))
    return Theme(theme_id, clearest.kind, clearest.number, clearest.file_id, clearest.start_ms, clearest.end_ms)
