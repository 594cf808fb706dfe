"""The table of names (`filenames_table.json`), and what holds for every path."""

import json
import unicodedata
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import EpisodeKind, EpisodeName
from ingest.naming.paths import parse_name

ROOT = "/media/anime"
TABLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("filenames_table.json").read_text(encoding="utf-8"))


def read(path: str, root: str = ROOT, **given_by_operator: Any) -> EpisodeName:
    return parse_name(PurePosixPath(root) / path, root=PurePosixPath(root), **given_by_operator)


@pytest.mark.parametrize("row", TABLE, ids=[row["path"] for row in TABLE])
def test_table(row: dict[str, Any]) -> None:
    assert read(row["path"], row.get("root", ROOT), **row.get("given", {})) == EpisodeName(
        show=row["show"],
        season=row["season"],
        season_name=row.get("season_name", ""),
        kind=EpisodeKind(row.get("kind", "episode")),
        first=row["first"],
        last=row.get("last", row["first"]),
        name=row.get("name", ""),
        understood=row.get("understood", True),
    )


def test_table_is_worth_its_name() -> None:
    assert len(TABLE) >= 588
    assert len({(row.get("root"), row["path"], str(row.get("given"))) for row in TABLE}) == len(TABLE)
    assert {row.get("kind", "episode") for row in TABLE} == set(EpisodeKind)


def test_names_above_the_root_are_not_read() -> None:
    assert read("IMG_2041.mp4", "/srv/Kill la Kill/Season 2/anime").show == "IMG_2041"
    assert read("05.mkv", "/srv/Kill la Kill/incoming") == read("05.mkv", "/srv/Barakamon/incoming")


def test_without_a_root_every_folder_may_be_the_show() -> None:
    assert parse_name(PurePosixPath("/srv/anime/Kill la Kill/Season 2/05.mkv")).show == "Kill la Kill"
    assert parse_name(PurePosixPath("Barakamon/05.mkv")).show == "Barakamon"


def test_a_path_outside_its_root_is_read_as_if_without_one() -> None:
    path = PurePosixPath("/srv/Barakamon/05.mkv")
    assert parse_name(path, root=PurePosixPath("/elsewhere")) == parse_name(path)


def test_windows_paths() -> None:
    drive = PureWindowsPath("D:\\")
    assert parse_name(drive / "Barakamon" / "05.mkv", root=drive).show == "Barakamon"
    assert parse_name(drive / "05.mkv", root=drive).show == "05"
    assert parse_name(drive / "05.mkv").show == "05"


def test_shows_are_composed_whatever_the_disk_says() -> None:
    composed = "がんばれ Pokémon/01-ポケモン.mp4"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert read(decomposed) == read(composed)
    assert read(unicodedata.normalize("NFD", "ガイド.mp4")).name == "ガイド"


def test_spelling_of_the_folder_joins_a_show() -> None:
    names = ["K-ON!/k.on.s01e01.1080p.mkv", "K-ON!/K-On - 02.mkv", "K-ON!/NCOP1.mkv", "K-ON!/SPs/03.mkv"]
    assert {read(name).show for name in names} == {"K-ON!"}


def test_season_zero_given_makes_a_special() -> None:
    name = read("Barakamon/03.mkv", season=0)
    assert (name.kind, name.season, name.number) == (EpisodeKind.SPECIAL, 0, "SP 3")


@pytest.mark.parametrize(
    ("word", "number"), [("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103), ("一〇三", 103), ("两百", 200)]
)
def test_chinese_numerals(word: str, number: int) -> None:
    assert read(f"某番/第{word}话.mp4").first == number


_SAYS_NOTHING_MORE = {
    "Movies/Big Buck Bunny.mkv": "a film's title with tags is its show and needs no name",
    "灌篮高手.1080P.国粤日三语.软字幕.AVC.默认国语音频.100.mkv": "the episode is what stands behind all tags",
}
_TAGS = [" [1080p][HEVC-10bit][AAC]", " (BD 1920x1080 x265 FLAC) [0AB1C2D3]", ".1080p.WEB-DL.x264", "【简体】【1080P】"]


@pytest.mark.parametrize("tags", _TAGS)
def test_release_tags_behind_a_name_do_not_change_how_it_is_read(tags: str) -> None:
    changed = []
    for row in TABLE:
        path = PurePosixPath(row["path"])
        if row.get("understood", True) and row["path"] not in _SAYS_NOTHING_MORE:
            tagged = str(path.with_name(f"{path.stem}{tags}{path.suffix}"))
            if read(tagged, row.get("root", ROOT)) != read(row["path"], row.get("root", ROOT)):
                changed.append(row["path"])
    assert changed == []


_TITLE_WORDS = st.sampled_from(
    ["Lupan", "III", "Ⅱ", "3", "100", "Part", "Stage", "某番", "よつばと", "Наруто", "원피스"]
)
_TITLES = st.lists(_TITLE_WORDS, max_size=3).map(lambda rest: " ".join(["Dangan", *rest]))


@given(title=_TITLES, season=st.integers(0, 30), episode=st.integers(0, 1400), gap=st.sampled_from([" ", " - "]))
def test_an_explicit_season_and_episode_win_over_numbers_in_the_title(
    title: str, season: int, episode: int, gap: str
) -> None:
    for path in (f"{title}{gap}S{season:02}E{episode:02}.mkv", f"{title}/S{season:02}E{episode:02}.mkv"):
        name = read(path)
        assert (name.show, name.season, name.first, name.last) == (title, season, episode, episode), path


def test_an_absolute_number_stands_where_the_season_is_said_too() -> None:
    assert read("Show - 46 (S04E10).mkv") == read("Show S04E10.mkv")


_SIGNS = st.text(alphabet="[]()【】-._ SE第话季期x01２Ⅱ٣½十〇v~#제화серия完\u0301", max_size=8)
_WORDS = st.sampled_from(
    [" - ", "Season ", "OVA", "NCOP", "Movie", "1080p", "II", "Show", "剧场版", "Part 2", "END", "S01SP", "1071", "[05"]
)
_NAMES = (st.text(max_size=40) | st.lists(_SIGNS | _WORDS, max_size=6).map("".join)).map(
    lambda text: text.replace("\0", "")
)


@given(parts=st.lists(_NAMES, min_size=1, max_size=4), deep=st.integers(0, 3), suffix=st.sampled_from(["", ".mkv"]))
def test_no_path_is_refused(parts: list[str], deep: int, suffix: str) -> None:
    path = PurePath("/media", *parts[:-1], parts[-1] + suffix)
    root = PurePath("/media", *parts[:deep])
    name = parse_name(path, root=root)
    assert name == parse_name(path, root=root)
    assert name.show
    assert unicodedata.is_normalized("NFC", name.show)
    assert (name.first is None) == (name.last is None)
    assert name.first is None or name.last is None or 0 <= name.first <= name.last
    assert name.season is None or name.season >= 0
    if not name.understood:
        assert name.first is None
        assert name.name
    given_ones = parse_name(path, root=root, show="Given", season=7)
    assert (given_ones.show, given_ones.season) == ("Given", 7)
