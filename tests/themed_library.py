"""A small library of a season whose episodes share an opening, and themes as a pass would store them."""

from pathlib import Path

from config.settings import Settings
from core.catalogue.segments import Evidence, MinedSeason, Season, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.timecode import Millis
from core.video.writing import write_mp4
from ingest.library.add import add_videos
from ingest.library.opening import Library, open_library
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import CUT, RATE, scene_frame

SHOW = "Paper Boats"
OPENING_SHOTS = (100, 101)
FRAMES_BEFORE = (36, 24, 48, 30)
"""Frames of the own first shot of each episode, before its opening."""
VARIANT = 4
"""The episode whose opening has another second shot."""
CLEAREST = 2
"""The episode that has the clearest occurrence."""
OPENING_MS = 5000
FRAMES_AFTER = 30
THEME = ThemeId(1)


def draw_season(folder: Path) -> Path:
    """Four episodes of three parts: a shot of its own, the opening of two shots, and another shot of its own."""
    for episode, before in enumerate(FRAMES_BEFORE, 1):
        second = 110 if episode == VARIANT else OPENING_SHOTS[1]
        parts = [(10 * episode, before), (OPENING_SHOTS[0], CUT), (second, CUT), (10 * episode + 1, FRAMES_AFTER)]
        path = folder / SHOW / "2-Autumn" / f"{episode:02d}-Part {episode}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mp4(path, (scene_frame(n, shot) for shot, frames in parts for n in range(frames)), rate=RATE)
    return folder


def opening_start_ms(episode: int) -> Millis:
    """The time at which the opening of an episode begins."""
    return Millis(FRAMES_BEFORE[episode - 1] * 1000 // 12)


def add_season(settings: Settings, videos: Path) -> None:
    """Make the library, with an index as it is before its themes are known."""
    added = add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    assert not added.summary.problems


def store_themes(library: Library, *, confidence: float = 0.9) -> None:
    """Store the opening of the season and where it is in each episode."""
    records = library.reader.all()
    theme = THEME
    start_ms = opening_start_ms(CLEAREST)
    opening = Theme(
        theme, SegmentKind.OPENING, 1, records[CLEAREST - 1].id, start_ms, Millis(start_ms + OPENING_MS), None
    )
    library.writer.put_season(
        MinedSeason(Season(SHOW, 2), "f00d", frozenset(record.id for record in records), (opening,)),
        {record.id: (opening_segment(episode, confidence, theme),) for episode, record in enumerate(records, 1)},
        {},
    )


def opening_segment(episode: int, confidence: float = 0.9, theme: ThemeId | None = THEME) -> Segment:
    """The opening of an episode."""
    start_ms = opening_start_ms(episode)
    return Segment(SegmentKind.OPENING, start_ms, Millis(start_ms + OPENING_MS), confidence, (Evidence.SOUND,), theme)


def file_ids(settings: Settings) -> dict[int, FileId]:
    """The file of each episode."""
    with open_library(settings) as library:
        return {int(record.name.first or 0): record.id for record in library.reader.all()}
