"""What is in the library, and what would be: tables that fit a terminal, totals a show, JSON."""

import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType
from typer.testing import CliRunner

from config.settings import Settings
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeKind, EpisodeName, FileId
from core.errors import FilterError, InputError
from core.timecode import Millis
from ingest.commands import index_cli
from ingest.commands import library_cli as cli
from ingest.commands.library_json import plan_json
from ingest.commands.listing import ListedFile, ShowTotals, files_by_show
from ingest.commands.show_tables import list_tables, plan_tables, totals_table
from ingest.planning.plan import Action, PlannedFile
from tests.episodes import EPISODES

LONG = "ある魔法少女たちの終わらない夏休みについての長い題名"


def _run(*arguments: str | Path) -> tuple[int, str]:
    ended = CliRunner().invoke(cli.app, [str(each) for each in arguments], catch_exceptions=False)
    return ended.exit_code, ended.stdout


def _printed(tables: Iterable[RenderableType]) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=80)
    for table in tables:
        console.print(table)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def _file(number: int, show: str, *, state: FileState = FileState.READY, missing: bool = False) -> ListedFile:
    path = f"/srv/anime/{show}/1-{LONG}/[Group] {show} - {number:02d} [1080p][8C2B7A11] {'x' * 60}.mkv"
    name = EpisodeName(show, 1, LONG, first=number, last=number, name=f"{LONG} {number}")
    outcome = FileOutcome(state, "" if state is FileState.READY else "moov atom not found", "e", Millis(90_000), 200)
    if state is FileState.FAILED:
        outcome = FileOutcome(state, "moov atom not found")
    return ListedFile(FileRecord(FileId(number), FileStamp(path, path[11:], 1, 1, str(number)), name, outcome), missing)


FILES = [_file(2, "Kites"), _file(1, "Kites", missing=True), _file(3, "Kites", state=FileState.FAILED), _file(4, LONG)]


def test_a_list_of_long_names_fits_80_columns_and_loses_nothing() -> None:
    lines = _printed(list_tables(files_by_show(FILES), 80))
    assert max(map(cell_len, lines)) <= 80
    assert lines[0].split() == ["Season", "Episode", "Length", "Frames", "File"]
    assert lines[1] == "Kites: 3 files, 00:03:00, 400 frames, 1 failed, 1 not where they were"
    assert lines[2].startswith("in /srv/anime/Kites/1-")
    letters = "".join("".join(lines).split())
    for expected in ("failed:moovatomnotfound", "notwhereitwas", "[Group]Kites-01", "[1080p]"):
        assert expected in letters
    assert letters.count("x") == 60 * len(FILES)
    assert letters.count("題名") >= 2 * len(FILES)


def test_shows_come_in_order_and_so_do_their_episodes() -> None:
    shows = files_by_show([_file(2, "b"), _file(1, "b"), _file(1, "A")])
    assert [(show, [file.record.name.first for file in files]) for show, files in shows.items()] == [
        ("A", [1]),
        ("b", [1, 2]),
    ]


def test_totals_fit_80_columns_and_end_with_those_of_all() -> None:
    totals = [ShowTotals.of(show, files) for show, files in files_by_show(FILES).items()]
    lines = _printed([totals_table(totals)])
    assert max(map(cell_len, lines)) <= 80
    assert lines[0].split() == ["Show", "Seasons", "Files", "Length", "Frames", "Failed", "Missing"]
    assert lines[1].split() == ["Kites", "1", "3", "00:03:00", "400", "1", "1"]
    assert lines[-1].split() == ["all", "2", "shows", "4", "00:04:30", "600", "1", "1"]


def test_a_plan_fits_80_columns_and_says_what_cannot_be_read() -> None:
    plan = [
        PlannedFile(Path(file.record.stamp.path), Action.NEW, file.record.name, note="same content as the other")
        for file in FILES
    ]
    plan.append(PlannedFile(Path("/srv/other/IMG_1.mp4"), Action.NEW, EpisodeName("IMG_1", understood=False)))
    lines = _printed(plan_tables(plan, 80))
    assert max(map(cell_len, lines)) <= 80
    assert lines[0].split() == ["Action", "Season", "Episode", "File"]
    assert lines[1] == "Kites: 3 files"
    assert lines[-1].strip() == "the name cannot be read"


@pytest.mark.parametrize(
    ("name", "episode"),
    [
        (EpisodeName("Show", first=5, last=5), 5),
        (EpisodeName("Show", first=5.5, last=5.5), 5.5),
        (EpisodeName("Show", first=1, last=2), [1, 2]),
        (EpisodeName("Show", kind=EpisodeKind.OVA, first=2, last=2), 2),
        (EpisodeName("Show", kind=EpisodeKind.MOVIE), None),
    ],
)
def test_an_episode_that_is_a_range_is_a_list(name: EpisodeName, episode: object) -> None:
    values = plan_json(PlannedFile(Path("/a.mkv"), Action.NEW, name, note="why"))
    assert list(values) == [
        "file",
        "action",
        "show",
        "season",
        "season_name",
        "episode",
        "episode_name",
        "kind",
        "note",
    ]
    assert (values["episode"], values["kind"], values["note"]) == (episode, name.kind, "why")


def test_what_would_be_added_is_an_object_a_file(library_settings: Settings, drawn_videos: Path) -> None:
    assert library_settings.data_dir.is_dir()
    code, printed = _run("add", "--dry-run", "--json", drawn_videos)
    values = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert [(each["action"], each["show"], each["season"], each["episode"]) for each in values] == [
        ("unchanged", "Paper Boats", 1, 1),
        ("unchanged", "Paper Boats", 1, 2),
        ("unchanged", "Paper Boats", 2, 1),
    ]
    with pytest.raises(InputError, match="--json goes with --dry-run"):
        _run("add", "--json", drawn_videos)


def test_one_show_is_listed_whatever_its_case_and_what_it_comes_to(library_settings: Settings) -> None:
    assert library_settings.data_dir.is_dir()
    code, printed = _run("list", "--show", "paper-boats")
    assert code == 0
    (heading,) = [line for line in printed.splitlines() if line.startswith("Paper Boats")]
    assert heading.startswith("Paper Boats: 3 files, 00:00:15, ")
    assert printed.count(".mp4") + printed.count(".mkv") + printed.count(".webm") == len(EPISODES)
    with pytest.raises(FilterError, match="there is no 'Kites' in the library"):
        _run("list", "--show", "Kites")


def test_totals_are_an_object_a_show(library_settings: Settings) -> None:
    assert library_settings.data_dir.is_dir()
    (line,) = _run("list", "--shows", "--json")[1].splitlines()
    values = json.loads(line)
    assert values.pop("frames") > 0
    assert values == {
        "show": "Paper Boats",
        "seasons": [1, 2],
        "files": 3,
        "failed": 0,
        "missing": 0,
        "duration_s": 15.0,
    }


def test_videos_that_are_not_where_they_were_are_counted(
    settings: Settings, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.data_dir.name
    assert _run("add", videos)[0] == 0
    assert "not where" not in _run("list")[1]
    next(iter(sorted(videos.rglob("*.*")))).rename(videos.parent / "elsewhere.mp4")
    printed = _run("list")[1]
    assert "1 file of 3 is not where the library has them" in printed
    assert printed.count("not where it was") == 1
    missing = [json.loads(line)["missing"] for line in _run("list", "--json")[1].splitlines()]
    assert sorted(missing) == [False, False, True]
    assert len(_run("list", "--missing", "--json")[1].splitlines()) == 1
    monkeypatch.setenv("WHENANIME_MEDIA_ROOT", str(videos.parent / "wrong"))
    assert "The media root" in _run("list")[1]
    assert _run("remove", "--missing")[1].splitlines()[-1] == "1 file removed, 2 left."


def test_the_index_is_described_in_megabytes_and_hours(library_settings: Settings) -> None:
    assert library_settings.data_dir.is_dir()
    lines = CliRunner().invoke(index_cli.app, ["info"], catch_exceptions=False).stdout.splitlines()
    rows = {line[:18].strip(): line[18:].strip() for line in lines}
    assert rows["hours"] == "0.00 h"
    assert rows["index"].endswith(" MB")
    assert rows["index per frame"].endswith(" bytes")
    assert not any(len(word) > 7 and word.isdigit() for line in lines for word in line.split())
    values = json.loads(CliRunner().invoke(index_cli.app, ["info", "--json"], catch_exceptions=False).stdout)
    assert values["index_bytes"] > 10_000
