"""Themes and segments of seasons as objects of JSON."""

from collections.abc import Mapping

from core.catalogue.records import FileRecord
from core.catalogue.segments import Segment, Theme
from core.timecode import to_seconds
from ingest.themes.season_view import SeasonView, first_occurrence, theme_name


def season_json(view: SeasonView) -> Mapping[str, object]:
    """The object of one season. `searched`: whether its episodes were compared; times are in seconds."""
    return {
        "show": view.season.show,
        "season": view.season.number,
        "searched": view.searched,
        "themes": [_theme_json(view, theme) for theme in view.themes],
        "episodes": [episode_json(view, record) for record in view.records],
    }


def episode_json(view: SeasonView, record: FileRecord) -> Mapping[str, object]:
    """The object of one episode: its segments by time, and what hindered the search."""
    return {
        "file": record.stamp.path,
        "episode": record.name.number,
        "episode_name": record.name.name or None,
        "segments": [segment_json(view, segment) for segment in view.segments_of(record)],
        "note": view.notes.get(record.id),
    }


def segment_json(view: SeasonView, segment: Segment) -> Mapping[str, object]:
    """The object of one segment; `theme` is the name of a theme of its season."""
    return {
        "kind": segment.kind.value,
        "start_s": to_seconds(segment.start_ms),
        "end_s": to_seconds(segment.end_ms),
        "confidence": round(segment.confidence, 3),
        "evidence": [evidence.value for evidence in segment.evidence],
        "theme": view.theme_name(segment.theme),
    }


def _theme_json(view: SeasonView, theme: Theme) -> Mapping[str, object]:
    first = first_occurrence(view, theme)
    return {
        "id": theme.id,
        "theme": theme_name(theme),
        "kind": theme.kind.value,
        "number": theme.number,
        "length_s": to_seconds(theme.length_ms),
        "variant_of": view.theme_name(theme.variant_of),
        "episodes": list(dict.fromkeys(occurrence.record.name.number for occurrence in view.occurrences(theme.id))),
        "first": first and {"file": first[0].stamp.path, "episode": first[0].name.number, "at_s": to_seconds(first[1])},
    }
