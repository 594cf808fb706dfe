"""Shows as `whenanime library show` lists them: what is known of each, and who says so."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from core.catalogue.identities import (
    FIELDS,
    NO_IDENTITY,
    TITLE_FORMS,
    IdentitySource,
    ShowIdentity,
    ShowStatement,
    field_sources,
    merge_statements,
)
from core.errors import InputError
from core.retrieval.filters import shows_named
from core.search.result_json import identity_json
from ingest.library.opening import Library
from ingest.wording import counted


@dataclass(frozen=True, slots=True)
class KnownShow:
    """A show: its name in the library, how many videos it has there, and what is said of it."""

    name: str
    videos: int
    statements: tuple[ShowStatement, ...]

    @property
    def identity(self) -> ShowIdentity:
        """What is known of it."""
        return merge_statements(self.statements).get(self.name, NO_IDENTITY)

    @property
    def sources(self) -> Mapping[str, ShowStatement]:
        """Fields of the identity, each with the statement that it comes from."""
        return field_sources(self.statements)


def known_shows(library: Library) -> list[KnownShow]:
    """Shows of the library and those that were spoken of, in the order of the alphabet."""
    videos: dict[str, int] = {}
    for record in library.reader.all():
        videos[record.name.show] = videos.get(record.name.show, 0) + 1
    statements: dict[str, list[ShowStatement]] = {}
    for statement in library.reader.show_statements():
        if statement.show in videos or statement.source is IdentitySource.OPERATOR:
            statements.setdefault(statement.show, []).append(statement)
    return [
        KnownShow(show, videos.get(show, 0), tuple(statements.get(show, ())))
        for show in sorted({*videos, *statements}, key=str.casefold)
    ]


def known_show(name: str, shows: Collection[KnownShow]) -> KnownShow:
    """The show that is meant by a name or a title.

    `FilterError` names close ones when there is none, `InputError` several that it may be.
    """
    by_name = {show.name: show for show in shows}
    if name in by_name:
        return by_name[name]
    named = shows_named(name, list(by_name), {show.name: show.identity for show in shows})
    if len(named) > 1:
        raise InputError(f"{name!r} may be several shows: {', '.join(named)}. Write its name as one of these.")
    return by_name[named[0]]


def show_json(show: KnownShow) -> Mapping[str, object]:
    """The object of one show: `seasons` are the numbers at AniList of those that have another one than the show;
    `sources` says of each field that is known who says so, and in which file or folder.
    """
    identity = show.identity
    return {
        "show": show.name,
        "videos": show.videos,
        **identity_json(identity),
        "synonyms": list(identity.synonyms),
        "adult": identity.adult,
        "link": identity.link,
        "seasons": {str(season): number for season, number in identity.season_anilist.items()},
        "sources": {
            field: {"source": statement.source, "place": statement.place or None}
            for field, statement in show.sources.items()
            if field in FIELDS and field != "season_anilist"
        },
    }


def known_lines(show: KnownShow) -> Iterator[RenderableType]:
    """Every field that is known of a show, with who says so."""
    videos = counted(show.videos, "video") if show.videos else "no video of it in the library"
    yield Text.assemble((show.name, "bold"), f": {videos}", overflow="fold")
    identity, sources = show.identity, show.sources
    texts = {field: _field_text(identity, field) for field in FIELDS if field in sources}
    if not any(texts.values()):
        yield "Nothing is said of it: `whenanime library show set` does, or a file show.toml beside its videos."
        return
    table = Table(box=None, show_header=False)
    for field, text in texts.items():
        if text:
            label = "of seasons" if field == "season_anilist" else field
            table.add_row(label, Text(text), Text(_source_text(sources[field]), style="dim"))
    yield table


def _field_text(identity: ShowIdentity, field: str) -> str:
    value = getattr(identity, field)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return ", ".join(f"season {season}: {number}" for season, number in value.items())
    return str(value)


def _source_text(statement: ShowStatement) -> str:
    return "library show set" if statement.source is IdentitySource.OPERATOR else statement.place


def shows_table(shows: Collection[KnownShow]) -> Table:
    """A row a show."""
    table = Table(box=None)
    for title in ("Show", "Videos", "AniList", "Titles", "Adult", "Link"):
        table.add_column(title, overflow="fold")
    for show in shows:
        identity = show.identity
        titles = dict.fromkeys(getattr(identity, form) for form in TITLE_FORMS)
        cells = (
            show.name,
            str(show.videos),
            ", ".join(map(str, identity.anilist_numbers)),
            "\n".join(filter(None, titles)),
            "yes" if identity.adult else "",
            identity.link or "",
        )
        table.add_row(*map(Text, cells))
    return table
