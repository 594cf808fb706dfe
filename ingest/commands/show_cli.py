"""`whenanime library show`: what is known of shows, and the operator's word on it."""

import json
from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from config.opening import start
from core.catalogue.identities import NO_IDENTITY, IdentitySource, ShowIdentity, ShowStatement
from core.errors import InputError
from ingest.commands.console import output_console
from ingest.commands.known_shows import KnownShow, known_lines, known_show, known_shows, show_json, shows_table
from ingest.library.opening import open_library
from ingest.naming.show_file import parse_link, parse_title

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Titles, numbers at AniList, adult flags and links of shows.",
)


class Field(StrEnum):
    """What can be said of a show, and taken back."""

    ANILIST = "anilist"
    NATIVE = "native"
    ROMAJI = "romaji"
    ENGLISH = "english"
    CHINESE = "chinese"
    SYNONYM = "synonym"
    ADULT = "adult"
    LINK = "link"


@app.command("set")
def set_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The show, by its name in the library or a title.")],
    anilist: Annotated[int | None, typer.Option(min=1, max=2**31 - 1, help="Its number at AniList.")] = None,
    season: Annotated[
        int | None, typer.Option(min=0, help="With --anilist or --unset anilist: the number of this season alone.")
    ] = None,
    native: Annotated[str | None, typer.Option(help="Title in the language of its country.")] = None,
    romaji: Annotated[str | None, typer.Option(help="Title in Latin letters.")] = None,
    english: Annotated[str | None, typer.Option(help="English title.")] = None,
    chinese: Annotated[str | None, typer.Option(help="Chinese title.")] = None,
    synonym: Annotated[
        list[str] | None,
        typer.Option(help="A further name; may be repeated, and replaces those said before."),
    ] = None,
    adult: Annotated[
        bool | None,
        typer.Option("--adult/--no-adult", help="Whether chats name it only where adults are."),
    ] = None,
    link: Annotated[str | None, typer.Option(help="Address of a page about it.")] = None,
    unset: Annotated[
        list[Field] | None,
        typer.Option(metavar="FIELD", help=f"Take back what was said of this: {', '.join(Field)}. May be repeated."),
    ] = None,
) -> None:
    """Say what a show is called and where it is known. It wins over show.toml and folders' names, until it is unset.

    Running bots and searches take it up; no video is read.
    """
    if season is not None and anilist is None and Field.ANILIST not in (unset or ()):
        raise InputError("--season goes with --anilist or --unset anilist.")
    texts = {"native": native, "romaji": romaji, "english": english, "chinese": chinese}
    fields: dict[str, Any] = {
        field: parse_title(text, f"--{field}") for field, text in texts.items() if text is not None
    }
    if synonym is not None:
        fields["synonyms"] = tuple(dict.fromkeys(parse_title(text, "--synonym") for text in synonym))
    if adult is not None:
        fields["adult"] = adult
    if link is not None:
        fields["link"] = parse_link(link, "--link")
    if not (fields or unset or anilist):
        raise InputError(f"Say what to set, such as --anilist 21827, or --unset one of {', '.join(Field)}.")
    settings = start()
    with open_library(settings) as library:
        show = known_show(name, known_shows(library))
        before = next((statement for statement in show.statements if statement.source is IdentitySource.OPERATOR), None)
        identity = _without(before.identity if before else NO_IDENTITY, unset or (), season)
        identity = _with_number(replace(identity, **fields), anilist, season)
        library.writer.state_shows([ShowStatement(show.name, IdentitySource.OPERATOR, identity)])
        _print_show(known_show(show.name, known_shows(library)))


@app.command("list")
def list_shows(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this show, with who says what.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a show.")] = False,
) -> None:
    """List the shows of the library with their titles, numbers at AniList, adult flags and links."""
    settings = start()
    with open_library(settings) as library:
        shows = known_shows(library)
    if name is not None:
        shows = [known_show(name, shows)]
    if as_json:
        for show in shows:
            typer.echo(json.dumps(show_json(show), ensure_ascii=False))
    elif name is not None:
        _print_show(shows[0])
    else:
        output_console().print(shows_table(shows) if shows else "The library is empty.")


def _without(identity: ShowIdentity, unset: Collection[Field], season: int | None) -> ShowIdentity:
    """An identity without fields; without the number of a season alone where one is meant."""
    for field in unset:
        if field is Field.SYNONYM:
            identity = replace(identity, synonyms=())
        elif field is Field.ANILIST:
            numbers = {} if season is None else {s: n for s, n in identity.season_anilist.items() if s != season}
            number = None if season is None else identity.anilist
            identity = replace(identity, anilist=number, season_anilist=numbers)
        else:
            none: dict[str, Any] = {field.value: None}
            identity = replace(identity, **none)
    return identity


def _with_number(identity: ShowIdentity, anilist: int | None, season: int | None) -> ShowIdentity:
    if anilist is None:
        return identity
    if season is None:
        return replace(identity, anilist=anilist)
    return replace(identity, season_anilist={**identity.season_anilist, season: anilist})


def _print_show(show: KnownShow) -> None:
    output = output_console()
    for line in known_lines(show):
        output.print(line, soft_wrap=isinstance(line, Text), highlight=False)
