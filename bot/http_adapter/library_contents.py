"""Contents of the library by show, season and episode: for the API and for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bot.http_adapter.services import LibraryEngine
from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileRecord
from core.errors import FileRemovedError
from core.library.media import is_missing
from core.timecode import Millis

_NO_SEASON: Final = -1


@dataclass(frozen=True, slots=True)
class EpisodeContents:
    """One video; `missing`: it is not where the library has it."""

    record: FileRecord
    missing: bool

    @property
    def duration_ms(self) -> Millis:
        """Its length."""
        return self.record.outcome.duration_ms


@dataclass(frozen=True, slots=True)
class SeasonContents:
    """Videos of one season in the order of their episodes; `season` is `None` for those of none, such as films."""

    season: int | None
    name: str
    episodes: tuple[EpisodeContents, ...]


@dataclass(frozen=True, slots=True)
class ShowContents:
    """One show."""

    name: str
    identity: ShowIdentity
    seasons: tuple[SeasonContents, ...]

    @property
    def episodes(self) -> tuple[EpisodeContents, ...]:
        """The videos of all its seasons."""
        return tuple(episode for season in self.seasons for episode in season.episodes)


def library_contents(engine: LibraryEngine) -> tuple[ShowContents, ...]:
    """All shows in the order of the alphabet. Blocking: looks on the disk whether each video is there."""
    records = sorted(engine.records.values(), key=lambda record: (record.name.show.casefold(), *_order(record)))
    return tuple(
        ShowContents(name, engine.identities.get(name, ShowIdentity()), _seasons(engine, list(of_show)))
        for name, of_show in groupby(records, key=lambda record: record.name.show)
    )


def _seasons(engine: LibraryEngine, records: Sequence[FileRecord]) -> tuple[SeasonContents, ...]:
    return tuple(
        SeasonContents(
            season,
            next((record.name.season_name for record in of_season if record.name.season_name), ""),
            tuple(EpisodeContents(record, _is_missing(engine, record)) for record in of_season),
        )
        for season, group in groupby(records, key=lambda record: record.name.season)
        for of_season in (list(group),)
    )


def _order(record: FileRecord) -> tuple[int, str, float, str]:
    name = record.name
    season = _NO_SEASON if name.season is None else name.season
    return season, name.kind, float(name.first or 0), record.stamp.relative


def _is_missing(engine: LibraryEngine, record: FileRecord) -> bool:
    try:
        return is_missing(engine.source(record.id).place)
    except FileRemovedError:
        return True
