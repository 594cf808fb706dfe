"""Contact sheet of a season: a row an episode, time from left to right, themes as coloured bars with their first and
last frames.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.catalogue.records import FileRecord
from core.catalogue.segments import Segment, SegmentKind, ThemeId
from core.errors import StoreError
from core.library.layout import DataLayout
from core.library.stills import StillsReader
from core.pictures.pixels import Rgb
from ingest.explain.sheet import INK, MUTED, PAPER, RULE, Colour, Sheet, shortened, text_width
from ingest.themes.season_view import (
    KIND_TEXTS,
    SeasonView,
    episode_text,
    episodes_text,
    format_time,
    theme_name,
)
from ingest.themes.themes_run import season_text
from ingest.wording import counted

_WIDTH: Final = 1720
_MARGIN: Final = 28
_LABEL_WIDTH: Final = 172
_PICTURE: Final = (112, 63)
_GAP: Final = 8
_GROUP_GAP: Final = 22
_PICTURES_WIDTH: Final = 4 * _PICTURE[0] + 2 * _GAP + 2 * _GROUP_GAP
_LINE_LEFT: Final = _MARGIN + _LABEL_WIDTH
_LINE_RIGHT: Final = _WIDTH - _MARGIN - _PICTURES_WIDTH
_ROW: Final = 82
_BAR: Final = 30
_TICKS_MS: Final = (5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 3_600_000)
_TICKS_LIMIT: Final = 12
_LEGEND_ROW: Final = 26
_PALETTES: Final[Mapping[SegmentKind, Sequence[Colour]]] = {
    SegmentKind.OPENING: ((38, 99, 191), (24, 146, 178), (96, 84, 196), (64, 132, 232)),
    SegmentKind.ENDING: ((196, 72, 52), (222, 126, 28), (176, 52, 110), (150, 96, 44)),
    SegmentKind.COLD_OPEN: ((150, 160, 172),),
    SegmentKind.RECAP: ((112, 140, 84),),
    SegmentKind.PREVIEW: ((70, 150, 96), (120, 164, 60)),
    SegmentKind.EYECATCH: ((206, 172, 40), (160, 134, 30)),
    SegmentKind.SPONSOR: ((140, 108, 152),),
}
_UNSURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where times are on the sheet."""

    end_ms: int

    def x(self, time_ms: int) -> int:
        share = min(1.0, time_ms / max(1, self.end_ms))
        return _LINE_LEFT + round(share * (_LINE_RIGHT - _LINE_LEFT))


def season_sheet(view: SeasonView, layout: DataLayout) -> Sheet:
    """The contact sheet of a season, with frames from the stored pictures; where none are stored their place is empty.

    `ValueError` for a season without an episode.
    """
    if not view.records:
        raise ValueError("a season has an episode")
    colours = _theme_colours(view)
    legend = _legend(view, colours)
    top = 74 + _LEGEND_ROW * len(legend) + 34
    sheet = Sheet(_WIDTH, top + _ROW * len(view.records) + 20)
    scale = _Scale(max(record.outcome.duration_ms for record in view.records))
    _draw_header(sheet, view, legend)
    _draw_axis(sheet, scale, top, top + _ROW * len(view.records))
    for number, record in enumerate(view.records):
        _draw_row(sheet, view, record, colours, scale, layout, top + _ROW * number)
    return sheet


def _theme_colours(view: SeasonView) -> Mapping[ThemeId, Colour]:
    colours: dict[ThemeId, Colour] = {}
    for theme in view.themes:
        palette = _PALETTES[theme.kind]
        colours[theme.id] = palette[(theme.number - 1) % len(palette)]
    return colours


def _legend(view: SeasonView, colours: Mapping[ThemeId, Colour]) -> list[tuple[Colour, str, str]]:
    """A row a theme: its colour, its name, and what is known of it; then kinds of segments without a theme."""
    rows = []
    for theme in view.themes:
        records = [occurrence.record for occurrence in view.occurrences(theme.id)]
        text = f"{format_time(theme.length_ms)}, "
        text += f"in episodes {episodes_text(records)}" if records else "in no episode now"
        variant = view.theme_name(theme.variant_of)
        rows.append((colours[theme.id], theme_name(theme), f"{text}, a variant of {variant}" if variant else text))
    alone = [segment.kind for record in view.records for segment in view.segments_of(record) if segment.theme is None]
    for kind in dict.fromkeys(alone):
        count = alone.count(kind)
        rows.append((_PALETTES[kind][0], KIND_TEXTS[kind], f"{counted(count, 'time')}, by chapters or corrections"))
    return rows


def _draw_header(sheet: Sheet, view: SeasonView, legend: Sequence[tuple[Colour, str, str]]) -> None:
    title = shortened(season_text(view.season), _WIDTH - 2 * _MARGIN - 200, 24)
    end = sheet.text(title, _MARGIN, 44, size=24, weight=700)
    sheet.text(counted(len(view.records), "episode"), end + 16, 44, size=16, colour=MUTED)
    for number, (colour, name, text) in enumerate(legend):
        y = 74 + _LEGEND_ROW * number
        x = sheet.swatch(colour, _MARGIN, y)
        x = max(sheet.text(name, x, y, size=15, weight=600) + 12, _MARGIN + 130)
        sheet.text(shortened(text, _WIDTH - x - _MARGIN, 15), x, y, size=15, colour=MUTED)
    if not legend:
        text = "No part that episodes share was found." if view.searched else "Not looked at yet."
        sheet.text(text, _MARGIN, 74, size=15, colour=MUTED)


def _draw_axis(sheet: Sheet, scale: _Scale, top: int, bottom: int) -> None:
    step = next((tick for tick in _TICKS_MS if scale.end_ms / tick <= _TICKS_LIMIT), _TICKS_MS[-1])
    for time_ms in range(0, scale.end_ms + 1, step):
        x = scale.x(time_ms)
        sheet.box(RULE, x, top, x + 1, bottom)
        label = format_time(time_ms).removesuffix(".0")
        sheet.text(label, x - text_width(label, 12) // 2, top - 8, size=12, colour=MUTED)
    for left, title in zip(_picture_lefts()[::2], ("opening: first, last", "ending: first, last"), strict=True):
        sheet.text(title, left, top - 8, size=12, colour=MUTED)


def _draw_row(
    sheet: Sheet,
    view: SeasonView,
    record: FileRecord,
    colours: Mapping[ThemeId, Colour],
    scale: _Scale,
    layout: DataLayout,
    top: int,
) -> None:
    segments = view.segments_of(record)
    middle = top + _ROW // 2
    sheet.rule(_MARGIN, top, _WIDTH - _MARGIN)
    label = episode_text(record)
    has_name = bool(record.name.name) and record.name.name != label
    sheet.text(
        shortened(label, _LABEL_WIDTH - 16, 17), _MARGIN, middle if has_name else middle + 6, size=17, weight=600
    )
    if has_name:
        sheet.text(shortened(record.name.name, _LABEL_WIDTH - 16, 13), _MARGIN, middle + 20, size=13, colour=MUTED)
    if note := view.notes.get(record.id):
        sheet.text(shortened(note, _LINE_RIGHT - _LINE_LEFT, 12), _LINE_LEFT, top + _ROW - 8, size=12, colour=MUTED)
    bar = middle - _BAR // 2
    sheet.box((236, 237, 238), _LINE_LEFT, bar, scale.x(record.outcome.duration_ms), bar + _BAR)
    for segment in segments:
        _draw_bar(sheet, view, segment, _colour(segment, colours), scale, bar)
    _draw_pictures(sheet, record, segments, colours, layout, top + (_ROW - _PICTURE[1]) // 2)


def _draw_bar(sheet: Sheet, view: SeasonView, segment: Segment, colour: Colour, scale: _Scale, top: int) -> None:
    left, right = scale.x(segment.start_ms), max(scale.x(segment.end_ms), scale.x(segment.start_ms) + 3)
    sheet.box(colour, left, top, right, top + _BAR)
    name = view.theme_name(segment.theme) or KIND_TEXTS[segment.kind]
    if segment.confidence < _UNSURE:
        name = f"{name}?"
    if text_width(name, 13, 600) + 6 <= right - left:
        x = left + (right - left - text_width(name, 13, 600)) // 2
        sheet.text(name, x, top + 20, size=13, colour=PAPER, weight=600)


def _draw_pictures(
    sheet: Sheet,
    record: FileRecord,
    segments: Sequence[Segment],
    colours: Mapping[ThemeId, Colour],
    layout: DataLayout,
    top: int,
) -> None:
    """The first and the last frame of the opening and of the ending, framed in the colours of their bars."""
    lefts = _picture_lefts()
    width, height = _PICTURE
    try:
        reader = StillsReader(layout.stills(record.id))
    except StoreError:
        reader = None
    for index, kind in enumerate((SegmentKind.OPENING, SegmentKind.ENDING)):
        segment = next((segment for segment in segments if segment.kind is kind), None)
        if segment is None:
            middle = (lefts[2 * index] + lefts[2 * index + 1] + width) // 2
            text = f"no {KIND_TEXTS[kind]}"
            sheet.text(text, middle - text_width(text, 13) // 2, top + height // 2 + 5, size=13, colour=MUTED)
            continue
        frames = _end_frames(reader, segment) if reader else ()
        if not frames:
            sheet.text("no stored picture", lefts[2 * index], top + height // 2 + 5, size=13, colour=MUTED)
        for left, frame in zip(lefts[2 * index : 2 * index + 2], frames, strict=False):
            sheet.box(_colour(segment, colours), left - 3, top - 3, left + width + 3, top + height + 3)
            sheet.box(INK, left, top, left + width, top + height)
            sheet.picture(frame, *_centred(frame, left, top), width, height)
    if reader:
        reader.close()


def _end_frames(reader: StillsReader, segment: Segment) -> Sequence[Rgb]:
    """The first and the last stored picture within a segment; nothing where none can be read."""
    times = reader.times_ms
    inside = times[(times >= segment.start_ms) & (times < segment.end_ms)]
    if not len(inside):
        return ()
    try:
        return [reader.rgb(int(inside[0])), reader.rgb(int(inside[-1]))]
    except StoreError:
        return ()


def _centred(frame: Rgb, left: int, top: int) -> tuple[int, int]:
    """Left upper corner of a picture in the middle of its place."""
    width, height = _PICTURE
    scale = min(width / frame.shape[1], height / frame.shape[0])
    return left + round((width - frame.shape[1] * scale) / 2), top + round((height - frame.shape[0] * scale) / 2)


def _colour(segment: Segment, colours: Mapping[ThemeId, Colour]) -> Colour:
    known = colours.get(segment.theme) if segment.theme is not None else None
    return known or _PALETTES[segment.kind][0]


def _picture_lefts() -> list[int]:
    """Left edges of the four pictures of a row."""
    left = _LINE_RIGHT + _GROUP_GAP
    step = _PICTURE[0] + _GAP
    group = 2 * step - _GAP + _GROUP_GAP
    return [left, left + step, left + group, left + group + step]
