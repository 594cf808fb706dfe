"""`whenanime library show`: the operator's word on shows, by whatever name they are known."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement
from core.errors import CatalogueError, FilterError, InputError
from ingest.commands import library_cli as cli
from ingest.library.opening import open_library
from tests.unprivileged import read_only

SHOW = "Paper Boats"


def _run(*arguments: str) -> str:
    ended = CliRunner().invoke(cli.app, ["show", *arguments], catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.stdout


def _json(*arguments: str) -> dict[str, Any]:
    (line,) = _run("list", "--json", *arguments).splitlines()
    return dict(json.loads(line))


@pytest.fixture
def _with_file(library_settings: Settings) -> None:
    identity = ShowIdentity(7, native="紙の船", adult=True, season_anilist={1: 7, 2: 8})
    with open_library(library_settings) as library:
        library.writer.state_shows([ShowStatement(SHOW, IdentitySource.FILE, identity, "/videos/show.toml")])


@pytest.mark.usefixtures("library_settings")
def test_a_show_is_set_by_its_chinese_title_and_what_is_said_can_be_taken_back() -> None:
    _run("set", "paper boats", "--chinese", " 纸船 ", "--english", "Boats", "--synonym", "PB", "--synonym", "折紙")
    _run("set", "纸船", "--anilist", "21827", "--adult", "--link", "https://boats.test/")
    assert _json("折紙") == {
        "show": SHOW,
        "videos": 3,
        "anilist": 21827,
        "titles": {"native": None, "romaji": None, "english": "Boats", "chinese": "纸船"},
        "synonyms": ["PB", "折紙"],
        "adult": True,
        "link": "https://boats.test/",
        "seasons": {},
        "sources": {
            field: {"source": "operator", "place": None}
            for field in ("anilist", "english", "chinese", "synonyms", "adult", "link")
        },
    }
    _run("set", "21827", "--unset", "anilist", "--unset", "synonym", "--no-adult", "--synonym", "Ships")
    show = _json(SHOW)
    assert (show["anilist"], show["synonyms"], show["adult"]) == (None, ["Ships"], False)
    for field in ("english", "chinese", "synonym", "adult", "link"):
        _run("set", SHOW, "--unset", field)
    assert _json(SHOW)["sources"] == {}
    assert "Nothing is said of it" in _run("list", SHOW)


@pytest.mark.usefixtures("_with_file")
def test_the_operator_wins_over_the_file_until_the_word_is_taken_back() -> None:
    printed = _run("set", SHOW, "--no-adult", "--anilist", "9")
    rows = [line.split() for line in printed.splitlines()]
    assert ["anilist", "9", "library", "show", "set"] in rows
    assert ["native", "紙の船", "/videos/show.toml"] in rows
    assert ["adult", "no", "library", "show", "set"] in rows
    assert _json()["seasons"] == {"2": 8}
    _run("set", SHOW, "--unset", "adult", "--unset", "anilist")
    show = _json()
    assert (show["adult"], show["anilist"], show["sources"]["anilist"]["place"]) == (True, 7, "/videos/show.toml")


@pytest.mark.usefixtures("_with_file")
def test_a_season_may_have_a_number_of_its_own() -> None:
    _run("set", SHOW, "--anilist", "99", "--season", "2")
    assert (_json()["anilist"], _json()["seasons"]) == (7, {"2": 99})
    _run("set", SHOW, "--unset", "anilist", "--season", "2")
    assert _json()["seasons"] == {"2": 8}


@pytest.mark.usefixtures("library_settings")
def test_a_show_that_is_not_there_is_answered_with_close_names() -> None:
    for command in (["set", "Paper Boat", "--anilist", "1"], ["list", "Paper Boat"]):
        with pytest.raises(FilterError, match="Did you mean: Paper Boats"):
            _run(*command)


@pytest.mark.usefixtures("library_settings")
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "Say what to set, such as --anilist 21827"),
        (("--english", " "), "--english: is empty"),
        (("--link", "boats"), "--link: should be an address"),
        (("--season", "2"), "--season goes with --anilist or --unset anilist"),
    ],
)
def test_what_cannot_be_said_is_refused(options: tuple[str, ...], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        _run("set", SHOW, *options)


def test_all_shows_are_listed_with_what_is_known_of_them(library_settings: Settings) -> None:
    assert [line.split() for line in _run("list").splitlines()][1:] == [[*SHOW.split(), "3"]]
    _run("set", SHOW, "--chinese", "纸船", "--anilist", "21827", "--adult")
    (row,) = _run("list").splitlines()[1:]
    assert row.split() == ["Paper", "Boats", "3", "21827", "纸船", "yes"]
    with open_library(library_settings) as library:
        library.writer.remove([record.id for record in library.reader.all()])
    assert "no video of it in the library" in _run("list", "纸船")


def test_a_library_that_cannot_be_written_says_so(library_settings: Settings) -> None:
    with read_only(library_settings.data_dir), pytest.raises(CatalogueError, match="cannot be written"):
        _run("set", SHOW, "--anilist", "1")
