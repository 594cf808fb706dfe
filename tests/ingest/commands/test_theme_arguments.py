"""Arguments of `whenanime library themes`: kinds, times, spans, episodes."""

import pytest

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.catalogue.segments import SegmentKind
from core.domain import EpisodeKind, EpisodeName, FileId
from core.errors import FilterError, InputError
from core.timecode import Millis
from ingest.commands.theme_arguments import find_episode, parse_kind, parse_spans, parse_time

DURATION_MS = Millis(1_440_000)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("op", SegmentKind.OPENING),
        ("Opening", SegmentKind.OPENING),
        ("OP2", SegmentKind.OPENING),
        ("片头曲", SegmentKind.OPENING),
        ("ed", SegmentKind.ENDING),
        ("エンディング", SegmentKind.ENDING),
        ("cold-open", SegmentKind.COLD_OPEN),
        ("avant", SegmentKind.COLD_OPEN),
        ("預告", SegmentKind.PREVIEW),
        ("eyecatch", SegmentKind.EYECATCH),
        ("提供", SegmentKind.SPONSOR),
        ("recap", SegmentKind.RECAP),
    ],
)
def test_a_kind_is_named_in_any_language(text: str, kind: SegmentKind) -> None:
    assert parse_kind(text) is kind


@pytest.mark.parametrize("text", ["", "xx", "Part A", "Intro"])
def test_another_kind_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(InputError, match=r"is no kind of segment; write one of: op, ed, avant"):
        parse_kind(text)


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("0", 0),
        ("83.5", 83_500),
        ("1:23.5", 83_500),
        ("01:23,050", 83_050),
        ("1:02:03", 3_723_000),
        ("90:00", 5_400_000),
        (" 1:23.4567 ", 83_456),
    ],
)
def test_a_time(text: str, time_ms: int) -> None:
    assert parse_time(text) == time_ms


@pytest.mark.parametrize("text", ["", "x", "-1", "1:60", "1:90:00", "1:2:3:4", "1e3", "nan", "1.", "١:٢٣"])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"is no time; write it like 1:23\.5"):
        parse_time(text)


@pytest.mark.parametrize(
    ("texts", "spans"),
    [
        (["1:23.5", "2:53.4"], ((83_500, 173_400),)),
        (["12:00", "12:05", "1:00", "1:05"], ((60_000, 65_000), (720_000, 725_000))),
        (["23:00", "24:00.4"], ((1_380_000, 1_440_000),)),  # the end, as a player rounds it
        (["none"], ()),
        (["None"], ()),
    ],
)
def test_spans_by_time(texts: list[str], spans: tuple[tuple[int, int], ...]) -> None:
    assert parse_spans(texts, DURATION_MS) == spans


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([], "Say from when to when"),
        (["1:00"], "Say from when to when"),
        (["1:00", "2:00", "3:00"], "Say from when to when"),
        (["2:00", "1:00"], r"The end 1:00\.0 is not after the start 2:00\.0"),
        (["1:00", "1:00"], "is not after the start"),
        (["23:00", "24:01"], r"The end 24:01\.0 is beyond that of the video, 24:00\.0"),
        (["1:00", "2:00", "1:30", "3:00"], r"Two spans overlap: one ends at 2:00\.0"),
        (["1:00", "none"], "'none' is no time"),
    ],
)
def test_spans_that_cannot_be_are_refused(texts: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parse_spans(texts, DURATION_MS)


def test_a_length_that_is_not_known_limits_nothing() -> None:
    assert parse_spans(["0", "99:00"], Millis(0)) == ((0, 5_940_000),)


def _record(number: int, path: str, show: str, season: int | None, kind: EpisodeKind, first: float) -> FileRecord:
    name = EpisodeName(show, season, "", kind, first, first)
    return FileRecord(FileId(number), FileStamp(path, path, 1, 1, path), name, FileOutcome(FileState.READY))


EPISODE, SPECIAL = EpisodeKind.EPISODE, EpisodeKind.SPECIAL
RECORDS = [
    _record(1, "/v/a/01.mkv", "夏目友人帳", 1, EPISODE, 1),
    _record(2, "/v/a/02.mkv", "夏目友人帳", 1, EPISODE, 2),
    _record(3, "/v/b/01.mkv", "夏目友人帳", 2, EPISODE, 1),
    _record(4, "/v/b/SP01.mkv", "夏目友人帳", 2, SPECIAL, 1),
    _record(5, "/v/b/03.5.mkv", "夏目友人帳", 2, EPISODE, 3.5),
    _record(6, "/v/c/01.mkv", "Steins;Gate 0", None, EPISODE, 1),
    _record(7, "/v/d/1.mkv", "86", 1, EPISODE, 5),
    _record(8, "/v/e/1.mkv", "Bocchi the Rock", 1, EPISODE, 7),
    _record(9, "/v/e/1 v2.mkv", "Bocchi the Rock", 1, EPISODE, 7),
]
IDENTITIES = {"夏目友人帳": ShowIdentity(english="Natsume's Book of Friends")}


@pytest.mark.parametrize(
    ("text", "file_id"),
    [
        ("/v/a/02.mkv", 2),
        ("夏目友人帳 1x02", 2),
        ("夏目友人帳 S02E01", 3),
        ("夏目友人帳 2×1", 3),
        ("夏目友人帳 s2 e3.5", 5),
        ("natsumes book of friends 1x01", 1),
        ("夏目友人帳 2", 2),
        ("Steins;Gate 0 1x01", 6),
        ("Steins;Gate 0 01", 6),
        ("steins gate 0 ep 1", 6),
        ("86 1x05", 7),
        ("86 #5", 7),
    ],
)
def test_an_episode_by_its_path_or_its_numbers(text: str, file_id: int) -> None:
    assert find_episode(text, RECORDS, IDENTITIES).id == file_id


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "夏目友人帳 1",
            r"may be several videos; write the path of one of them:\n.*season 1.*/v/a/01.mkv\n.*/v/b/01.mkv",
        ),
        ("Bocchi the Rock 1x07", "may be several videos"),
        ("夏目友人帳 1x09", "There is no '夏目友人帳 1x09' in the library"),
        ("夏目友人帳", "is no video of the library. Write its path"),
        ("/v/a/99.mkv", "is no video of the library"),
    ],
)
def test_an_episode_that_is_not_there_or_that_may_be_several(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        find_episode(text, RECORDS, IDENTITIES)


def test_a_show_that_is_not_there_is_named() -> None:
    with pytest.raises(
        FilterError, match=r"there is no 'Bochi the Rock' in the library\. Did you mean: Bocchi the Rock"
    ):
        find_episode("Bochi the Rock 1x07", RECORDS, IDENTITIES)
