import pytest

from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeName, FileId, SearchFilter
from core.errors import FilterError
from core.filters import matching_files, parse_seasons, parse_show


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
