from pathlib import Path

import pytest

from core.catalogue.identities import ShowIdentity
from ingest.naming.anilist_numbers import anilist_mark, bare_number
from ingest.naming.show_file import ShowFile, read_show_file

WHOLE = """
name = "Paper Boats"
anilist = 21827
native = " 紙の船 "
romaji = "Kami no Fune"
english = "Paper Boats!"
chinese = "纸船"
synonyms = ["PB", "Boats", "PB"]
adult = false
link = "https://boats.test/show?id=1"

[seasons]
2 = 99423
"""


def _read(folder: Path, content: str | bytes) -> ShowFile:
    path = folder / "show.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_show_file(path)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_show_file_is_read_whole_also_as_editors_on_windows_save_it(tmp_path: Path, mark: bytes) -> None:
    file = _read(tmp_path, mark + WHOLE.replace("\n", "\r\n").encode())
    assert file == ShowFile(
        tmp_path / "show.toml",
        "Paper Boats",
        ShowIdentity(
            21827,
            "紙の船",
            "Kami no Fune",
            "Paper Boats!",
            "纸船",
            ("PB", "Boats"),
            adult=False,
            link="https://boats.test/show?id=1",
            season_anilist={2: 99423},
        ),
    )


def test_an_empty_show_file_says_nothing(tmp_path: Path) -> None:
    file = _read(tmp_path, "# nothing yet\n")
    assert file == ShowFile(tmp_path / "show.toml")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('anilist = "21827"', "anilist: should be a number such as 21827, not '21827'"),
        ("anilist = 0", "anilist: should be a number such as 21827, not 0"),
        ("anilist = true", "anilist: should be a number such as 21827, not True"),
        ("anilist = 21827.0", "anilist: should be"),
        ("native = 5", "native: should be a text in quotation marks, not 5"),
        ('chinese = " "', "chinese: is empty"),
        ('english = "One\\nTwo"', "english: should be one line"),
        (f'english = "{"x" * 501}"', "english: should be one line of at most 500 characters"),
        ('synonyms = "PB"', 'synonyms: should be a list such as ["One", "Two"]'),
        ("synonyms = [1]", "synonyms: should be a text"),
        ('adult = "no"', "adult: should be true or false, not 'no'"),
        ('link = "boats.test"', "link: should be an address like"),
        ('link = "javascript:alert(1)"', "link: should be an address like"),
        ('link = "http://[boats"', "link: should be an address like"),
        ("seasons = 2", "seasons: should be a table"),
        ("[seasons]\ntwo = 5", "seasons.two: 'two' is no number of a season"),
        ('[seasons]\n2 = "5"', "seasons.2: should be a number"),
        ('titel = "x"', "titel: there is no such key; there are name, anilist, native"),
        ("native = 紙の船", "is not TOML: Invalid value (at line 1, column 10)"),
        ('chinese = "纸船"'.encode("gbk"), "is not text in UTF-8; save it as UTF-8"),
        (b"#" * (1 << 20) + b"##", "is larger than 1 MiB"),
        ("x = " + "[" * 100_000, "is not TOML"),
    ],
)
def test_a_broken_show_file_names_the_key_that_is_wrong(tmp_path: Path, content: str | bytes, problem: str) -> None:
    file = _read(tmp_path, content)
    assert file.problem.startswith(problem)
    assert (file.name, file.identity) == ("", ShowIdentity())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Paper Boats [anilistid-21827]", 21827),
        ("Paper Boats (2018) [anilist-21827]", 21827),
        ("Paper Boats {anilist-21827}", 21827),
        ("Paper Boats {AniList=21827}", 21827),
        ("[anilistid-5]", 5),
        ("Paper Boats [tvdbid-21827]", None),
        ("Paper Boats [anilist-0]", None),
        ("Paper Boats anilist-21827", None),
        ("21827", None),
    ],
)
def test_the_marks_of_media_servers_are_read(name: str, number: int | None) -> None:
    assert anilist_mark(name) == number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("21827", 21827),
        ("100", 100),
        ("2101", 2101),
        ("2001", None),  # a year is a shelf
        ("1999", None),
        ("86", None),  # may be a season
        ("007", None),
        ("21827 ", None),
        ("２１８２７", None),
        ("1234567890", None),
    ],
)
def test_a_folder_of_nothing_but_a_number_is_one_at_anilist(name: str, number: int | None) -> None:
    assert bare_number(name) == number
