"""Explanations of answers, as one picture: the regions looked up, the match, the other candidates, the timings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.domain import Reason, Scene, SearchFilter, SearchResult
from core.engine import EVERYWHERE, Engine, Explanation
from core.files import write_file
from core.regions.detection import Box, RegionKind
from core.retrieval.view_lookup import View
from core.search.calibration import percent_text
from core.search.picture_search import ScoredScene
from core.timecode import format_millis
from core.verification.geometry import Verification
from ingest.explain.sheet import INK, MUTED, Colour, PlacedPicture, Points, Sheet, shortened
from ingest.wording import name_cells

_WIDTH: Final = 1400
_MARGIN: Final = 24
_GAP: Final = 40
_PANEL_WIDTH: Final = (_WIDTH - 2 * _MARGIN - _GAP) // 2
_PANEL_MIN_HEIGHT: Final = 240
_PANEL_MAX_HEIGHT: Final = 620
_ROW: Final = 26
_CANDIDATES_LIMIT: Final = 8
_PAIRS_LIMIT: Final = 40  # more lines would hide each other
_REGION_COLOURS: Final[Mapping[RegionKind, Colour]] = {
    RegionKind.WHOLE: (110, 114, 120),
    RegionKind.BORDERS: (0, 114, 178),
    RegionKind.PANEL: (200, 90, 0),
    RegionKind.CELL: (160, 80, 140),
}
_USED_COLOUR: Final[Colour] = (0, 140, 90)
_PAIR_COLOURS: Final[Sequence[Colour]] = ((0, 140, 90), (0, 114, 178), (213, 94, 0), (180, 90, 150), (86, 180, 233))
_REASONS: Final[Mapping[Reason, str]] = {
    Reason.TOO_LITTLE: "too little to go on",
    Reason.UNCALIBRATED: "the encoder was never calibrated",
    Reason.CHECK_FAILED: "checked and not confirmed",
    Reason.LOW_PROBABILITY: "not likely enough",
}
_REGION_LABELS: Final[Mapping[RegionKind, str]] = {
    RegionKind.BORDERS: "inside bars",
    RegionKind.PANEL: "inside a page, player or picture",
    RegionKind.CELL: "a cell of a collage",
}
_LEGEND: Final = (
    "Lines join the same spots of both drawings. Many of them, all alike, mean that it is that scene.",
    "On the right, what your picture does not show is faded.",
    "similarity: how alike two pictures look at first sight (1: the same); this finds the candidates.",
    "points: how many spots agree when both are compared closely; check: how well they do, with the",
    "brightness (from 0.25 on it holds). probability: what all of it comes to. also at: places where the",
    "same shot comes again, such as an opening.",
)
_LEGEND_ROW: Final = 22
_LEGEND_HEIGHT: Final = (len(_LEGEND) + 2) * _LEGEND_ROW
_COLUMNS: Final = (
    ("", 28, False),
    ("show", 290, False),
    ("season", 120, False),
    ("episode", 280, False),
    ("time", 180, False),
    ("similarity", 100, True),
    ("check", 80, True),
    ("points", 80, True),
    ("probability", 114, True),
    ("also at", 80, True),
)
"""Heading, width, and whether it holds numbers."""


@dataclass(frozen=True, slots=True)
class _ExplainedAnswer:
    """The name of a picture, and the explanation of its answer."""

    name: str
    explanation: Explanation

    @property
    def result(self) -> SearchResult:
        """The answer."""
        return self.explanation.result

    @property
    def best(self) -> ScoredScene | None:
        """The best scene, if any."""
        return next(iter(self.explanation.scored), None)

    @property
    def view(self) -> View | None:
        """The view that found the best scene, if any."""
        return self.explanation.lookup.views[self.best.view] if self.best else None


def write_explanation(
    engine: Engine, picture: Path, folder: Path, *, name: str = "", where: SearchFilter = EVERYWHERE
) -> Path:
    """Search for a picture and write the explanation to `NAME.explain.png` in `folder`, which is created; returns the
    path.

    `name` is the picture's stem if not given. Of an animation or a video, the frame that found the best scene is drawn.

    Left: the picture with all regions looked up, that of the best scene thick. Right: the stored picture of that scene
    with the part that the picture shows, and lines between points that agree. Below: the legend, the exact frame if it
    is known, the candidates and the milliseconds of each stage. An older explanation is replaced, never the picture.

    Raises what `Engine.search` raises, and `StorageError` when the file cannot be written.
    """
    explanation = engine.explain(picture, where=where)
    sheet = _draw_sheet(_ExplainedAnswer(picture.name, explanation))
    path = folder / f"{name or picture.stem}.explain.png"
    write_file(path, sheet.png(), sync=False)
    return path


def _draw_sheet(answer: _ExplainedAnswer) -> Sheet:
    still = answer.explanation.still
    pictures = [answer.explanation.lookup.picture, *([] if still is None else [still])]
    heights = [_PANEL_WIDTH * rgb.shape[0] / rgb.shape[1] for rgb in pictures]
    height = int(np.clip(max(heights), _PANEL_MIN_HEIGHT, _PANEL_MAX_HEIGHT))
    top = 96
    legend = top + height + 30
    table = legend + _LEGEND_HEIGHT + 24
    rows = max(1, min(_CANDIDATES_LIMIT, len(answer.result.scenes)))
    sheet = Sheet(_WIDTH, table + (rows + 1) * _ROW + 96)
    _draw_header(sheet, answer)
    left = sheet.picture(answer.explanation.lookup.picture, _MARGIN, top, _PANEL_WIDTH, height)
    _draw_regions(sheet, answer, left)
    _draw_match(sheet, answer, left, top, height)
    _draw_legend(sheet, answer, legend)
    _draw_exact_frame(sheet, answer, legend)
    _draw_candidates(sheet, answer, table)
    _draw_timings(sheet, answer.result.timing_ms, table + (rows + 1) * _ROW + 40)
    return sheet


def _draw_header(sheet: Sheet, answer: _ExplainedAnswer) -> None:
    result = answer.result
    end = sheet.text(result.verdict.replace("_", " "), _MARGIN, 42, size=26, weight=700)
    is_number = bool(result.scenes) and result.reason is not Reason.UNCALIBRATED
    notes = [percent_text(result.scenes[0].probability)] if is_number else []
    notes += [_REASONS[result.reason]] if result.reason else []
    notes += ["looked twice"] if answer.explanation.looked_again else []
    sheet.text(" · ".join(notes), end + 16, 42, size=18, colour=MUTED)
    sheet.text(shortened(answer.name, _PANEL_WIDTH, 16), _WIDTH - _MARGIN, 42, size=16, colour=MUTED, right=True)
    views = answer.explanation.lookup.views
    parts = len({view.region for view in views})
    looked_up = "the whole picture was looked up" if parts == 1 else f"{parts} parts were looked up"
    orientations = "as seen, mirrored and turned" if any(view.turned for view in views) else "as seen and mirrored"
    sheet.text(f"{looked_up}, {orientations}", _MARGIN, 82, size=14, colour=MUTED)
    sheet.text(_match_text(answer), _MARGIN + _PANEL_WIDTH + _GAP, 82, size=14, colour=MUTED)


def _match_text(answer: _ExplainedAnswer) -> str:
    if answer.best is None:
        return "nothing was found"
    scene = answer.best.scene
    orientation = ", yours mirrored" if answer.best.verified and answer.best.verified.shows_mirrored else ""
    orientation += f", yours turned by {answer.view.turned}°" if answer.view and answer.view.turned else ""
    place = f"stored picture of {format_millis(scene.at_ms, precise=True)}{orientation}"
    if answer.best.verified is None:
        return f"{place}: not checked"
    verified = answer.best.verified.verification
    if verified is None:
        return f"{place}: no points agree"
    return f"{place}: {verified.inliers} points agree, brightness {verified.agreement:.2f}"


def _draw_regions(sheet: Sheet, answer: _ExplainedAnswer, placed: PlacedPicture) -> None:
    """Draw all regions looked up; the used one is drawn last and labelled first, so that no other covers it."""
    views = answer.explanation.lookup.views
    used = answer.view.region if answer.view else None
    regions = [region for region in dict.fromkeys(view.region for view in views) if region != used]
    for region in regions[::-1]:
        sheet.polygon(placed.on_sheet(_corners(region.box)), _REGION_COLOURS[region.kind], 1, placed)
    if used:
        sheet.polygon(placed.on_sheet(_corners(used.box)), _USED_COLOUR, 4, placed)
    labels = [(used, _USED_COLOUR)] if used else []
    sheet.labels(
        (
            (f"{region.kind} {region.certainty:.2f}", placed.on_sheet(_corners(region.box)), colour)
            for region, colour in (*labels, *((region, _REGION_COLOURS[region.kind]) for region in regions))
        ),
        placed,
    )


def _draw_match(sheet: Sheet, answer: _ExplainedAnswer, left: PlacedPicture, top: int, height: int) -> None:
    start = _MARGIN + _PANEL_WIDTH + _GAP
    if answer.best is None or answer.explanation.still is None:
        sheet.text("no stored picture" if answer.best else "", start, top + 24, colour=MUTED)
        return
    right = sheet.picture(answer.explanation.still, start, top, _PANEL_WIDTH, height)
    verified = answer.best.verified.verification if answer.best.verified else None
    if verified is None or answer.view is None:
        return
    corners = np.column_stack([_corners(Box(0, 0, *answer.view.size)), np.ones(4)]) @ verified.matrix.T
    shown_outline = right.on_sheet(corners[:, :2] / corners[:, 2:])
    sheet.fade_outside(shown_outline, right)
    sheet.polygon(shown_outline, _USED_COLOUR, 3, right)
    order = np.linspace(0, len(verified.pairs) - 1, min(_PAIRS_LIMIT, len(verified.pairs))).round().astype(int)
    query, stored = query_points(verified, answer.view)[order], verified.pairs[order, 2:].astype(np.float64)
    sheet.lines(left.on_sheet(query), right.on_sheet(stored), _PAIR_COLOURS)


def query_points(verified: Verification, view: View) -> Points:
    """(inliers, 2) points that agree, in pixels of the picture, not of the view that was looked up."""
    return view.on_picture(verified.pairs[:, :2].astype(np.float64))


def _draw_legend(sheet: Sheet, answer: _ExplainedAnswer, top: int) -> None:
    """Draw the meaning of colours, lines and columns."""
    kinds = {view.region.kind for view in answer.explanation.lookup.views}
    x = sheet.swatch(_USED_COLOUR, _MARGIN, top)
    x = sheet.text("the part that was found", x, top, size=14) + 20
    for kind, words in _REGION_LABELS.items():
        if kind in kinds:
            x = sheet.text(words, sheet.swatch(_REGION_COLOURS[kind], x, top), top, size=14) + 20
    for number, line in enumerate(_LEGEND, 1):
        sheet.text(line, _MARGIN, top + number * _LEGEND_ROW, size=14, colour=MUTED)


def _draw_exact_frame(sheet: Sheet, answer: _ExplainedAnswer, top: int) -> None:
    """Draw the exact frame of the video beside the legend."""
    frame = answer.explanation.exact_frame
    if frame is None:
        return
    left = _MARGIN + _PANEL_WIDTH + _GAP
    placed = sheet.picture(frame, left, top - 14, _PANEL_WIDTH // 2, _LEGEND_HEIGHT)
    at = format_millis(answer.result.scenes[0].at_ms, precise=True)
    for number, line in enumerate(("The exact frame, read from the video,", f"at {at}")):
        sheet.text(line, left + placed.width + 16, top + number * _LEGEND_ROW, size=14, colour=MUTED)


def _draw_candidates(sheet: Sheet, answer: _ExplainedAnswer, top: int) -> None:
    candidates = zip(answer.result.scenes, answer.explanation.scored, strict=True)
    rows = [_candidate_cells(number, scene, scored) for number, (scene, scored) in enumerate(candidates, 1)]
    rows = rows or [("no candidates",)]
    for number, cells in enumerate([tuple(heading for heading, *_ in _COLUMNS), *rows]):
        x, y = _MARGIN, top + number * _ROW
        colour = MUTED if number == 0 else INK
        for cell, (_, width, is_number) in zip(cells, _COLUMNS, strict=False):
            at = x + width - 12 if is_number else x
            text = cell if len(cells) == 1 else shortened(cell, width - 12, 15)
            sheet.text(text, at, y, colour=colour, weight=600 if number == 1 else 400, right=is_number)
            x += width
        sheet.rule(_MARGIN, y + 8, _WIDTH - _MARGIN)


def _candidate_cells(number: int, scene: Scene, scored: ScoredScene) -> tuple[str, ...]:
    show, season, episode = name_cells(scene.name)
    clock = format_millis(scene.at_ms, precise=True)
    return (
        str(number),
        show,
        season,
        episode,
        f"{clock} exact" if scene.exact else clock,
        f"{scene.similarity:.3f}",
        "–" if scored.verified is None else f"{scored.score:.3f}",
        "–" if scene.inliers is None else str(scene.inliers),
        f"{scene.probability:.3f}",
        str(len(scene.repeats)) if scene.repeats else "",
    )


def _draw_timings(sheet: Sheet, timing_ms: Mapping[str, float], y: int) -> None:
    x = _MARGIN
    for stage, spent_ms in timing_ms.items():
        x = sheet.text(stage, x, y, size=14, colour=MUTED, weight=600 if stage == "total" else 400)
        x = sheet.text(f"{spent_ms:.0f} ms", x + 6, y, size=14, weight=600 if stage == "total" else 400) + 24


def _corners(box: Box) -> Points:
    """(4, 2) corners of a box's outline in pixels, clockwise from the upper left."""
    right, bottom = box.left + box.width, box.top + box.height
    return np.array([(box.left, box.top), (right, box.top), (right, bottom), (box.left, bottom)], np.float64) - 0.5
