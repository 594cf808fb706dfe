import pytest

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeName, FileId, SearchFilter
from core.errors import FilterError, FilterProblem
from core.retrieval.filters import library_names, matching_files, name_key, parse_seasons, parse_show


@pytest.mark.parametrize(
    ("text", "seasons"),
    [
        ("19,20,22-24", {19, 20, 22, 23, 24}),
        ("1", {1}),
        (" 1 , 3 - 5 ", {1, 3, 4, 5}),
        ("1，3–4", {1, 3, 4}),
        ("0", {0}),
        ("2-2", {2}),
    ],
)
def test_seasons_are_read_as_people_type_them(text: str, seasons: set[int]) -> None:
    assert parse_seasons(text) == seasons


@pytest.mark.parametrize("text", ["", ",", "x", "3-1", "1-", "-2", "1-2-3", "1-99999", "1.5"])
def test_a_bad_season_is_named(text: str) -> None:
    with pytest.raises(FilterError, match="Seasons: "):
        parse_seasons(text)


def _record(file_id: int, show: str, season: int | None) -> FileRecord:
    stamp = FileStamp(f"/{file_id}", f"{file_id}", 1, 1, str(file_id))
    return FileRecord(FileId(file_id), stamp, EpisodeName(show, season), FileOutcome(FileState.READY))


RECORDS = [
    _record(1, "Paper Lanterns", 1),
    _record(2, "Paper Lanterns", 2),
    _record(3, "海の家", 1),
    _record(4, "Film", None),
]


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        (SearchFilter(("paper lanterns",)), {1, 2}),
        (SearchFilter(("海の家", "Film")), {3, 4}),
        (SearchFilter((), frozenset({1})), {1, 3}),
        (SearchFilter(("PAPER LANTERNS",), frozenset({2, 9})), {2}),
    ],
)
def test_a_filter_admits_the_right_files(where: SearchFilter, ids: set[int]) -> None:
    assert matching_files(where, RECORDS) == ids


def test_a_show_that_is_not_there_is_named_with_near_ones() -> None:
    with pytest.raises(FilterError, match=r"Paper Lantern'.*Paper Lanterns"):
        matching_files(SearchFilter(("Paper Lantern",)), RECORDS)


def test_seasons_that_are_not_there_are_named_with_those_that_are() -> None:
    with pytest.raises(FilterError, match="its seasons: 1, 2"):
        matching_files(SearchFilter(("Paper Lanterns",), frozenset({7})), RECORDS)


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_a_show_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="Show: the name is empty"):
        parse_show(text)
    with pytest.raises(FilterError, match="Show: the name is empty"):
        matching_files(SearchFilter((text,)), RECORDS)


def test_space_around_a_show_s_name_does_not_count() -> None:
    assert parse_show(" 海の家\n") == "海の家"
    assert matching_files(SearchFilter((" film ",)), RECORDS) == {4}


SHOWS = [
    _record(number, show, None)
    for number, show in enumerate(
        ("Bocchi-the-Rock!", "Yuru-Yuri", "K-On!", "K-On!!", "Ｈｕｎｔｅｒ×Hunter", "…", "海の家 2"), 1
    )
]


@pytest.mark.parametrize(
    ("typed", "shows"),
    [
        ("Bocchi the Rock", ("Bocchi-the-Rock!",)),
        ("yuru yuri", ("Yuru-Yuri",)),
        ("ＹＵＲＵ　ＹＵＲＩ", ("Yuru-Yuri",)),
        ("hunter x hunter", ("Ｈｕｎｔｅｒ×Hunter",)),
        ("海の家２", ("海の家 2",)),
        ("K-On!", ("K-On!",)),
        ("kon", ("K-On!", "K-On!!")),
        ("…", ("…",)),
    ],
)
def test_a_show_is_found_whatever_its_hyphens_case_width_and_spaces(typed: str, shows: tuple[str, ...]) -> None:
    assert library_names(SearchFilter((typed,)), SHOWS).shows == shows
    ids = matching_files(SearchFilter((typed,)), SHOWS)
    assert {record.name.show for record in SHOWS if record.id in ids} == set(shows)


def test_names_of_other_letters_and_numbers_stay_other_names() -> None:
    names = ["Show 2", "Show 3", "Show", "が", "か", "Fate/Zero", "Fate/Stay", "!", "?"]
    assert len({name_key(name) for name in names}) == len(names)


def test_a_filter_s_error_says_what_was_given_and_what_there_is() -> None:
    for where, problem, value, choices in (
        (SearchFilter(("Yuru Yurii",)), FilterProblem.MISSPELT_SHOW, "Yuru Yurii", ("Yuru-Yuri",)),
        (SearchFilter((), frozenset({4})), FilterProblem.UNKNOWN_SEASON, "", ()),
    ):
        with pytest.raises(FilterError) as caught:
            matching_files(where, SHOWS)
        assert (caught.value.problem, caught.value.value, caught.value.choices) == (problem, value, choices)
    with pytest.raises(FilterError) as caught:
        parse_seasons("two")
    assert (caught.value.problem, caught.value.value) == (FilterProblem.BAD_SEASON, "two")


IDENTITIES = {
    "Paper Lanterns": ShowIdentity(21827, chinese="纸灯笼", synonyms=("Film", "PL"), season_anilist={2: 99}),
    "海の家": ShowIdentity(english="Paper Lanterns", romaji="Umi no Ie"),
}


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("纸灯笼", {1, 2}),
        ("pl", {1, 2}),
        ("21827", {1, 2}),
        ("99", {1, 2}),
        ("umi-no-ie", {3}),
        ("Paper Lanterns", {1, 2}),
        ("film", {4}),
    ],
)
def test_a_show_is_found_by_its_titles_and_numbers_where_no_show_has_that_name(typed: str, ids: set[int]) -> None:
    assert matching_files(SearchFilter((typed,)), RECORDS, IDENTITIES) == ids


def test_a_title_that_several_shows_have_is_all_of_them() -> None:
    identities = {"Film": ShowIdentity(chinese="海"), "海の家": ShowIdentity(chinese="海")}
    assert library_names(SearchFilter(("海",)), RECORDS, identities).shows == ("Film", "海の家")


def test_a_misspelt_title_is_answered_with_the_name_of_its_show() -> None:
    with pytest.raises(FilterError, match="Did you mean: 海の家") as caught:
        matching_files(SearchFilter(("Umi no Iee",)), RECORDS, IDENTITIES)
    assert (caught.value.problem, caught.value.choices) == (FilterProblem.MISSPELT_SHOW, ("海の家",))
