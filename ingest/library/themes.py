"""Themes of a library: the pass over its seasons, as `library add` and `library themes` run it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from config.settings import Settings
from core.catalogue.records import FileRecord
from core.domain import FileId
from core.errors import StorageError
from core.library.media import video_place
from core.themes.fingerprint import fingerprint_sound
from core.themes.mining import mine_season
from ingest.library.opening import Library
from ingest.reporting import Reporter
from ingest.themes.episode_signals import Fingerprint
from ingest.themes.season_grouping import SeasonFiles, chosen_seasons, group_seasons
from ingest.themes.season_pass import EPISODES_AT_ONCE, Miner, SeasonPass
from ingest.themes.season_tracks import TrackReader
from ingest.themes.themes_run import ThemesSummary, run_themes, tidy_themes


def mine_themes(
    settings: Settings,
    library: Library,
    reporter: Reporter,
    *,
    files: Collection[FileId] | None = None,
    again: bool = False,
    mine: Miner = mine_season,
    fingerprint: Fingerprint = fingerprint_sound,
    episodes_at_once: int = EPISODES_AT_ONCE,
) -> ThemesSummary:
    """Mine the seasons that are not settled, of these files if given; all of them `again`.

    The caller holds the library's lock. Problems are sentences in the summary, and Ctrl-C sets `interrupted`: nothing
    that goes wrong here ends the run that called it.
    """
    season_pass = replace(_season_pass(settings, library, mine, fingerprint), episodes_at_once=episodes_at_once)
    summary = run_themes(season_pass, lambda: _seasons(library, files), reporter, again=again)
    try:
        tidy_themes(library.layout, library.reader, library.writer)
    except StorageError as exc:
        summary.problems.append(f"stored openings and endings could not be tidied: {exc}")
    return summary


def has_due_seasons(settings: Settings, library: Library, files: Collection[FileId] | None = None) -> bool:
    """Whether a season, of these files if given, has episodes that were not compared."""
    season_pass = _season_pass(settings, library, mine_season, fingerprint_sound)
    return any(not season_pass.is_settled(season) for season in _seasons(library, files))


def _season_pass(settings: Settings, library: Library, mine: Miner, fingerprint: Fingerprint) -> SeasonPass:
    tracks = TrackReader(library.layout, partial(_place, settings), fingerprint)
    return SeasonPass(library.reader, library.writer, tracks, mine)


def _seasons(library: Library, files: Collection[FileId] | None) -> Sequence[SeasonFiles]:
    seasons = group_seasons(library.reader.all(), library.reader.mined_seasons())
    return seasons if files is None else chosen_seasons(seasons, files)


def _place(settings: Settings, record: FileRecord) -> Path | str:
    return video_place(record.stamp, settings.media_root)
