"""Themes and segments of seasons as tables."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from core.catalogue.records import FileRecord
from core.catalogue.segments import Evidence, Segment, SegmentKind
from ingest.themes.season_view import (
    KIND_TEXTS,
    SeasonView,
    episode_text,
    episodes_text,
    first_occurrence,
    format_time,
    theme_name,
)
from ingest.themes.themes_run import season_text
from ingest.wording import counted

_EVIDENCE_TEXTS = {
    Evidence.CORRECTION: "you",
    Evidence.CHAPTER: "chapter",
    Evidence.SOUND: "sound",
    Evidence.PICTURES: "pictures",
}


def season_tables(view: SeasonView) -> Iterator[RenderableType]:
    """A season's themes, then its episodes with their segments, then notes, a line each."""
    yield Text(f"{season_text(view.season)}: {counted(len(view.records), 'episode')}", style="bold")
    if view.themes:
        yield _themes_table(view)
    if not view.searched:
        yield Text("not looked at yet")
    if view.segments:
        yield _episodes_table(view)
    elif view.searched:
        yield Text("no opening, ending or other part was found that episodes share")
    for text, records in _notes(view):
        yield Text(f"note     {_episodes_label(records)}: {text}", overflow="fold")


def _themes_table(view: SeasonView) -> Table:
    table = Table(box=None)
    for title in ("Theme", "Episodes", "First seen", "Length", "Variant of"):
        table.add_column(title, overflow="fold", justify="right" if title == "Length" else "left")
    for theme in view.themes:
        records = [occurrence.record for occurrence in view.occurrences(theme.id)]
        first = first_occurrence(view, theme)
        table.add_row(
            theme_name(theme),
            episodes_text(records) or "none now",
            f"{_season_prefix(view)}{episode_text(first[0])} {format_time(first[1])}" if first else "",
            format_time(theme.length_ms),
            view.theme_name(theme.variant_of) or "",
        )
    return table


def _episodes_table(view: SeasonView) -> Table:
    table = Table(box=None)
    for title in ("Episode", "Part", "From", "To", "Sure", "Known by"):
        table.add_column(title, overflow="fold", justify="right" if title in {"From", "To", "Sure"} else "left")
    for record in view.records:
        segments = view.segments_of(record)
        lacking = _lacking(segments)
        for index, segment in enumerate(segments):
            table.add_row(episode_text(record) if index == 0 else "", *segment_cells(view, segment))
        if lacking:
            table.add_row("" if segments else episode_text(record), Text(lacking, style="dim"))
    return table


def segment_cells(view: SeasonView, segment: Segment) -> tuple[str, str, str, str, str]:
    """Name, start, end, confidence and evidence of a segment."""
    return (
        view.theme_name(segment.theme) or KIND_TEXTS[segment.kind],
        format_time(segment.start_ms),
        format_time(segment.end_ms),
        f"{segment.confidence:.0%}".replace("%", " %"),
        ", ".join(_EVIDENCE_TEXTS[evidence] for evidence in segment.evidence),
    )


def _lacking(segments: Sequence[Segment]) -> str:
    kinds = {segment.kind for segment in segments}
    names = [KIND_TEXTS[kind] for kind in (SegmentKind.OPENING, SegmentKind.ENDING) if kind not in kinds]
    return f"no {' and no '.join(names)}" if names else ""


def _notes(view: SeasonView) -> Iterator[tuple[str, list[FileRecord]]]:
    """Each note once, with the episodes that it is of."""
    by_text: dict[str, list[FileRecord]] = {}
    for record in view.records:
        if note := view.notes.get(record.id):
            by_text.setdefault(note, []).append(record)
    yield from by_text.items()


def _episodes_label(records: Sequence[FileRecord]) -> str:
    return f"episode{'s' if len(records) > 1 else ''} {episodes_text(records)}"


def _season_prefix(view: SeasonView) -> str:
    return "" if view.season.number is None else f"{view.season.number}×"
