"""The pass over a library: every season that is not settled is mined, one after the other."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.segments import Season
from core.catalogue.writer import CatalogueWriter
from core.errors import StorageError, WhenAnimeError
from core.library.layout import DataLayout
from ingest.reporting import Reporter
from ingest.themes.season_grouping import SeasonFiles, group_seasons, orphan_seasons
from ingest.themes.season_pass import SeasonPass
from ingest.themes.sound_arrays import delete_other_files
from ingest.wording import counted

_log = logging.getLogger(__name__)
_STEP = "openings and endings"


@dataclass(slots=True)
class ThemesSummary:
    """What a pass came to: how many seasons of how many episodes were `searched`, the number of their themes, and of
    how many `episodes` a part is known; `problems` are sentences on seasons that could not be mined.
    """

    seasons: int = 0
    searched: int = 0
    themes: int = 0
    episodes: int = 0
    problems: list[str] = field(default_factory=list)
    interrupted: bool = False

    def text(self) -> str:
        """What was found, and in what: `2 themes in 12 of 13 episodes, 1 season`."""
        themes = counted(self.themes, "theme") if self.themes else "none"
        episodes = f"{self.episodes} of {counted(self.searched, 'episode')}"
        return f"{themes} in {episodes}, {counted(self.seasons, 'season')}"


def run_themes(
    season_pass: SeasonPass, seasons: Callable[[], Sequence[SeasonFiles]], reporter: Reporter, *, again: bool = False
) -> ThemesSummary:
    """Mine those seasons that are not settled, or all of them `again`.

    Each season is stored when it is done, and each fingerprint when it is made, so that a run that is stopped goes on
    from there. A season that cannot be mined is named in the summary. Ctrl-C ends the run with `interrupted` set.
    """
    summary = ThemesSummary()
    try:
        due = [season for season in seasons() if again or not season_pass.is_settled(season)]
        progress = _Progress(reporter, due)
        for season in due:
            _mine(season_pass, season, progress, summary, again=again)
    except KeyboardInterrupt:
        summary.interrupted = True
    except StorageError as exc:
        summary.problems.append(f"openings and endings were not looked for: {exc}")
    return summary


def tidy_themes(layout: DataLayout, reader: CatalogueReader, writer: CatalogueWriter) -> None:
    """Forget seasons that have no file any more, and delete what is stored of themes and files that are gone.

    The caller holds the library's lock. `StorageError` when disk or database refuse.
    """
    mined = reader.mined_seasons()
    records = reader.all()
    orphans = orphan_seasons(group_seasons(records, mined), mined)
    if orphans:
        writer.forget_seasons(orphans)
    delete_other_files(layout.themes_folder, {theme.id for mined in reader.mined_seasons() for theme in mined.themes})
    delete_other_files(layout.fingerprints_folder, {record.id for record in records})


@dataclass(slots=True)
class _Progress:
    """Progress over all seasons, by the numbers of their indexed frames."""

    reporter: Reporter
    seasons: Sequence[SeasonFiles]
    frames: int = 0

    def file_done(self, record: FileRecord) -> None:
        self.frames += record.outcome.frames
        self._show(min(self.frames, self._total() - 1))

    def season_done(self, season: SeasonFiles) -> None:
        index = self.seasons.index(season)
        self.frames = sum(_frames(season.records) for season in self.seasons[: index + 1])
        self._show(self.frames)

    def _show(self, frames: int) -> None:
        self.reporter.step(_STEP, frames, self._total())

    def _total(self) -> int:
        return max(1, sum(_frames(season.records) for season in self.seasons))


def _frames(records: Iterable[FileRecord]) -> int:
    return sum(record.outcome.frames for record in records)


def _mine(
    season_pass: SeasonPass, season: SeasonFiles, progress: _Progress, summary: ThemesSummary, *, again: bool
) -> None:
    try:
        result = season_pass.run(season, progress.file_done, again=again)
    except WhenAnimeError as exc:
        summary.problems.append(f"{season_text(season.season)}: openings and endings were not looked for: {exc}")
    except Exception as exc:  # noqa: BLE001  # a fault in mining costs a season its themes, not a run its videos
        _log.warning("%s could not be mined", season_text(season.season), exc_info=True)
        summary.problems.append(
            f"{season_text(season.season)}: openings and endings were not looked for: {type(exc).__name__}: {exc}"
        )
    else:
        summary.seasons += 1
        summary.searched += len(season.records)
        summary.themes += len(result.themes)
        summary.episodes += sum(bool(result.segments.get(record.id)) for record in season.records)
    progress.season_done(season)


def season_text(season: Season) -> str:
    """`Show, season 2`, or the show alone."""
    return season.show if season.number is None else f"{season.show}, season {season.number}"
