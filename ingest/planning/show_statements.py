"""What the sources around a run's videos say of shows, against what the catalogue has from them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement
from core.library.media import is_gone
from core.retrieval.filters import name_key
from ingest.naming.anilist_numbers import bare_number, may_be_height
from ingest.naming.release_names import parse_title
from ingest.naming.show_file import ShowFile
from ingest.planning.plan import Action, PlannedFile
from ingest.planning.show_sources import NearbySources

_NOT_IN_LIBRARY: Final = frozenset({Action.UNREADABLE, Action.PASSED_OVER, Action.DUPLICATE})
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What the sources of a run say: statements, those of the catalogue that hold no longer, and problems as (path,
    reason).
    """

    statements: tuple[ShowStatement, ...] = ()
    withdrawn: tuple[ShowStatement, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


def report_sources(
    plan: Iterable[PlannedFile], before: Collection[ShowStatement], scanned: Collection[Path]
) -> SourceReport:
    """What is said of the shows of a run's videos, against what the catalogue has from `before`.

    `scanned` are the folders that were looked through as a whole: what they hold no longer, or no longer say, is
    withdrawn, but for what lies in folders that cannot be read, and for files that are broken now.
    """
    plan = list(plan)
    videos = [planned for planned in plan if planned.action not in _NOT_IN_LIBRARY]
    previous = {statement.key: statement for statement in before if statement.source is not IdentitySource.OPERATOR}
    problems: dict[str, str] = {}
    statements: list[ShowStatement] = []
    for group in _groups(videos, lambda nearby: nearby.file.path if nearby.file else None):
        file = group[0].nearby.file or ShowFile(Path())
        meant, problem = _shows_meant(file, group)
        statements += (_of_file(file, show, group) for show in meant)
        if problem:
            problems[str(file.path)] = problem
    for group in _groups(videos, lambda nearby: nearby.numbered):
        statements += _of_number(group)
    statements = [_with_seasons_before(statement, previous, scanned) for statement in statements]
    consulted = {folder for video in videos for folder in (video.path, *video.nearby.folders)}
    now = {statement.key for statement in statements}
    withdrawn = [
        statement
        for key, statement in previous.items()
        if key not in now
        and statement.place not in problems
        and _is_below(_folder_of(statement), scanned)
        and (_folder_of(statement) in consulted or is_gone(Path(statement.place)))
    ]
    return SourceReport(tuple(statements), tuple(withdrawn), tuple(problems.items()))


def _groups(
    videos: Iterable[PlannedFile], source: Callable[[NearbySources], Path | None]
) -> Iterable[list[PlannedFile]]:
    """Videos by the path of their source, without those that have none."""
    groups: dict[Path, list[PlannedFile]] = {}
    for video in videos:
        if path := source(video.nearby):
            groups.setdefault(path, []).append(video)
    return groups.values()


def _shows_meant(file: ShowFile, videos: list[PlannedFile]) -> tuple[list[str], str]:
    """Shows that a `show.toml` speaks of: the one that it stands above, of several those that have its folder's name or
    a title of it. Without any: the reason.
    """
    shows = sorted({video.name.show for video in videos})
    if file.problem or len(shows) == 1 or not file.identity:
        return ([] if file.problem else shows), file.problem
    keys = {name_key(name) for name in (parse_title(file.path.parent.name).show, *file.identity.titles) if name}
    meant = [show for show in shows if name_key(show) in keys]
    listed = ", ".join(shows[:_TOLD]) + (", …" if len(shows) > _TOLD else "")
    return meant, "" if meant else f"stands above several shows ({listed}): put one into the folder of each show"


def _of_file(file: ShowFile, show: str, videos: list[PlannedFile]) -> ShowStatement:
    return ShowStatement(show, IdentitySource.FILE, _of_seasons(file.identity, show, videos), str(file.path))


def _of_number(videos: list[PlannedFile]) -> Iterator[ShowStatement]:
    """What a number in a name says of shows. A bare one that stands below the show's own folder is none at AniList,
    nor is one above several shows that may be the height of videos.
    """
    place, number = videos[0].nearby.numbered, videos[0].nearby.number
    if place is None or number is None:
        return
    shows = {video.name.show: video.nearby.folders for video in videos}
    bare = bare_number(place.name) == number
    if bare and len(shows) > 1 and may_be_height(number):
        return
    for show, folders in sorted(shows.items()):
        if bare and any(folder in place.parents and _same(folder, show) for folder in folders):
            continue
        yield ShowStatement(show, IdentitySource.FOLDER, _of_seasons(ShowIdentity(number), show, videos), str(place))


def _same(folder: Path, show: str) -> bool:
    return name_key(parse_title(folder.name).show or folder.name) == name_key(show)


def _of_seasons(identity: ShowIdentity, show: str, videos: list[PlannedFile]) -> ShowIdentity:
    """The identity with the number at AniList of every season of the show among these videos."""
    if identity.anilist is None:
        return identity
    seasons = {video.name.season for video in videos if video.name.show == show}
    numbers = dict.fromkeys(sorted(season for season in seasons if season is not None), identity.anilist)
    return replace(identity, season_anilist=numbers | dict(identity.season_anilist))


def _with_seasons_before(
    statement: ShowStatement, previous: Mapping[tuple[str, IdentitySource, str], ShowStatement], whole: Collection[Path]
) -> ShowStatement:
    """With the seasons that the catalogue has from the same source, where not all of its videos were looked at."""
    before = previous.get(statement.key)
    if before is None or _is_below(_folder_of(statement), whole):
        return statement
    identity, number = statement.identity, before.identity.anilist
    if identity.anilist is None:
        return statement
    numbers = {season: identity.anilist for season, of in before.identity.season_anilist.items() if of == number}
    return replace(statement, identity=replace(identity, season_anilist=numbers | dict(identity.season_anilist)))


def _folder_of(statement: ShowStatement) -> Path:
    """The folder, or the video with a number in its name, that a statement is of."""
    place = Path(statement.place)
    return place.parent if statement.source is IdentitySource.FILE else place


def _is_below(path: Path, folders: Collection[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)
