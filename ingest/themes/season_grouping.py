"""Seasons of a library, and which of them have to be mined."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.catalogue.records import FileRecord
from core.catalogue.segments import MinedSeason, Season
from core.domain import EpisodeKind, FileId

_WITHOUT_STORY: Final = frozenset({EpisodeKind.OPENING, EpisodeKind.ENDING, EpisodeKind.TRAILER, EpisodeKind.OTHER})
"""Kinds of videos that have no opening and no ending: creditless openings, menus."""


@dataclass(frozen=True, slots=True)
class SeasonFiles:
    """A season, its episodes in their order, and what was mined of it before."""

    season: Season
    records: tuple[FileRecord, ...]
    mined: MinedSeason | None = None

    @property
    def new_ids(self) -> frozenset[FileId]:
        """Ids of the episodes that were never compared."""
        known = self.mined.files if self.mined else frozenset()
        return frozenset(record.id for record in self.records) - known


def season_of(record: FileRecord) -> Season:
    """The season that a file belongs to."""
    return Season(record.name.show, record.name.season)


def group_seasons(records: Iterable[FileRecord], mined: Iterable[MinedSeason]) -> Sequence[SeasonFiles]:
    """The seasons of these files by name and number, without files that could not be read or have no story."""
    known = {season.season: season for season in mined}
    by_season: dict[Season, list[FileRecord]] = {}
    for record in records:
        if record.searchable and record.name.kind not in _WITHOUT_STORY:
            by_season.setdefault(season_of(record), []).append(record)
    return [
        SeasonFiles(
            season, tuple(sorted(by_season[season], key=lambda record: record.episode_order)), known.get(season)
        )
        for season in sorted(by_season, key=_season_order)
    ]


def orphan_seasons(seasons: Collection[SeasonFiles], mined: Iterable[MinedSeason]) -> Sequence[Season]:
    """Mined seasons that have no file any more."""
    present = {season.season for season in seasons}
    return [season.season for season in mined if season.season not in present]


def _season_order(season: Season) -> tuple[str, str, float]:
    number = float("inf") if season.number is None else season.number
    return season.show.casefold(), season.show, number


def chosen_seasons(
    seasons: Iterable[SeasonFiles], files: Mapping[FileId, object] | Collection[FileId]
) -> list[SeasonFiles]:
    """The seasons with at least one of these files."""
    return [season for season in seasons if any(record.id in files for record in season.records)]
