"""`whenanime library themes` on rows without features: what is listed, set, exported and drawn."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import pytest
from rich.console import Console
from typer.testing import CliRunner

from config.settings import Settings, load_settings
from core.catalogue.segments import Evidence, MinedSeason, Season, Segment, SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.errors import FilterError, InputError
from core.files import library_lock
from core.library.stills import StillsWriter
from core.timecode import Millis
from core.video.chapters import read_chapters
from ingest.commands import library_cli as cli
from ingest.commands.theme_tables import season_tables
from ingest.library.opening import open_library
from ingest.library.themes import mine_themes
from ingest.reporting import SilentReporter
from ingest.themes.season_view import episodes_text, format_time, read_seasons
from tests.clips import drawing
from tests.ingest.themes.fake_mining import FakeMiner, fake_fingerprint
from tests.ingest.themes.rows import add_rows, record_of


def _run(*arguments: str | Path, code: int = 0) -> str:
    ended = CliRunner().invoke(cli.app, ["themes", *map(str, arguments)], catch_exceptions=False)
    assert ended.exit_code == code, ended.output
    return ended.stdout


def _episodes(*arguments: str | Path) -> list[list[dict[str, Any]]]:
    (line,) = _run(*arguments, "--json").splitlines()
    return [episode["segments"] for episode in json.loads(line)["episodes"]]


@pytest.fixture
def mined(settings: Settings) -> Settings:
    """The settings of a library of a season of three episodes with one opening, found by a fake."""
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        mine_themes(settings, library, SilentReporter(), mine=FakeMiner(), fingerprint=fake_fingerprint)
        for file_id in (1, 2, 3):
            with StillsWriter(library.layout.stills(FileId(file_id)), quality=80) as stills:
                for time_ms in range(0, 6000, 250):
                    stills.add(Millis(time_ms), drawing(time_ms // 250, 320, 180, shot=file_id))
                stills.commit()
    return settings


@pytest.mark.usefixtures("mined")
def test_a_season_is_listed_with_its_themes_and_episodes() -> None:
    for arguments in ((), ("paper boats",), ("list", "Paper Boats"), ("--season", "1", "Paper Boats")):
        printed = _run(*arguments)
        assert "Paper Boats, season 1: 3 episodes" in printed
        rows = [line.split() for line in printed.splitlines()]
        assert ["OP1", "1–3", "1×1", "0:01.0", "0:02.0"] in rows
        assert ["1", "OP1", "0:01.0", "0:03.0", "90", "%", "sound"] in rows
        assert ["no", "ending"] in rows


@pytest.mark.usefixtures("mined")
def test_the_object_of_a_season() -> None:
    (line,) = _run("--json").splitlines()
    season = json.loads(line)
    (theme,) = season["themes"]
    assert (season["show"], season["season"], season["searched"]) == ("Paper Boats", 1, True)
    assert theme | {"first": None} == {
        "id": 1,
        "theme": "OP1",
        "kind": "opening",
        "number": 1,
        "length_s": 2.0,
        "variant_of": None,
        "episodes": [1, 2, 3],
        "first": None,
    }
    assert (theme["first"]["episode"], theme["first"]["at_s"]) == (1, 1.0)
    assert season["episodes"][2]["segments"] == [
        {"kind": "opening", "start_s": 1.0, "end_s": 3.0, "confidence": 0.9, "evidence": ["sound"], "theme": "OP1"}
    ]
    assert (season["episodes"][2]["episode"], season["episodes"][2]["note"]) == (3, None)


@pytest.mark.usefixtures("mined")
def test_what_is_set_stands_until_it_is_unset() -> None:
    assert _run("set", "Paper Boats 1x02", "op", "0:00.5", "2.5") == (
        "Paper Boats, season 1 Spring, episode 2 夜の雨2: opening 0:00.5 to 0:02.5, as you say.\n"
    )
    _first, (segment,), _third = _episodes()
    assert segment == {
        "kind": "opening",
        "start_s": 0.5,
        "end_s": 2.5,
        "confidence": 1.0,
        "evidence": ["correction"],
        "theme": "OP1",
    }
    _run("set", "Paper Boats S01E03", "op", "none")
    assert _episodes()[2] == []
    with pytest.raises(InputError, match=r"episode 3 夜の雨3: ending is not set; set is: opening\."):
        _run("unset", "Paper Boats 1x03", "ed")
    _run("unset", "Paper Boats 1x03", "OP")
    assert len(_episodes()[2]) == 1


@pytest.mark.usefixtures("mined")
def test_a_wrong_correction_changes_nothing() -> None:
    before = _episodes()
    for arguments, problem in (
        (("Paper Boats 1x02", "op", "3", "2"), "is not after the start"),
        (("Paper Boats 1x02", "op", "3", "9"), "is beyond that of the video"),
        (("Paper Boats 1x02", "song", "1", "2"), "is no kind of segment"),
        (("Paper Boats 1x09", "op", "1", "2"), "There is no"),
    ):
        with pytest.raises(InputError, match=problem):
            _run("set", *arguments)
    assert _episodes() == before


@pytest.mark.usefixtures("mined")
def test_a_show_that_is_not_there_and_a_season_without_a_show_are_refused() -> None:
    with pytest.raises(FilterError, match="there is no 'Boots'"):
        _run("Boots")
    with pytest.raises(InputError, match="--season goes with a SHOW"):
        _run("--season", "1")
    with pytest.raises(FilterError, match="its seasons: 1"):
        _run("Paper Boats", "--season", "7")


@pytest.mark.parametrize(
    ("form", "suffix"), [("ogm", ".chapters.txt"), ("matroska", ".chapters.xml"), ("json", ".json")]
)
def test_exports_are_written_at_the_places_of_the_videos(
    mined: Settings, tmp_path: Path, form: str, suffix: str
) -> None:
    del mined
    _run("set", "Paper Boats 1x03", "op", "none")
    printed = _run("export", "Paper Boats", "--format", form, "--to", tmp_path / "out")
    folder = tmp_path / "out/Paper Boats/1"
    assert sorted(path.name for path in folder.iterdir()) == [f"01{suffix}", f"02{suffix}"]
    assert printed.splitlines()[-1] == "1 episode without any part that is known: nothing is written of them."


def test_a_library_that_is_held_by_another_run_is_listed_as_stored(mined: Settings) -> None:
    with open_library(mined) as library:
        add_rows(library, mined, episodes=1, first=4)
        with library_lock(library.layout.lock):
            ended = CliRunner().invoke(cli.app, ["themes"], catch_exceptions=False)
    assert ended.exit_code == 0
    assert "Paper Boats, season 1: 4 episodes" in ended.stdout
    assert "listed as stored: Another whenanime run is changing the library" in ended.stderr


def test_where_the_index_has_another_encoder_seasons_are_looked_at_and_that_is_said(mined: Settings) -> None:
    with open_library(mined) as library:
        add_rows(library, mined, episodes=1, first=4)
    ended = CliRunner().invoke(cli.app, ["themes", "--json"], catch_exceptions=False)
    assert ended.exit_code == 0
    assert len(json.loads(ended.stdout)["episodes"]) == 4
    assert "note     the index is as it was: " in ended.stderr


def test_copies_have_the_chapters_and_are_written_over_nothing(mined: Settings, tmp_path: Path) -> None:
    videos = sorted((mined.data_dir.absolute().parent / "videos").rglob("*.mkv"))
    before = [video.read_bytes() for video in videos]
    _run("export", "--write-chapters", "--to", tmp_path / "out")
    titles = [chapter.title for chapter in read_chapters(tmp_path / "out/Paper Boats/1/01.mkv").chapters]
    assert titles[:1] == ["Part A"]  # the clips are shorter than the rows say
    _run("export", "--write-chapters", "--to", tmp_path / "out", code=1)
    _run("export", "--write-chapters", "--to", videos[0].parents[2], code=1)
    assert [video.read_bytes() for video in videos] == before
    with pytest.raises(InputError, match="Say --format ogm"):
        _run("export", "--to", tmp_path / "out")


def test_a_sheet_is_drawn_with_the_first_and_last_frames(mined: Settings, tmp_path: Path) -> None:
    del mined
    out = tmp_path / "sheet.png"
    assert _run("sheet", "Paper Boats", "--out", out) == f"wrote {out}\n"
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape[1] == 1720
    blue = (picture == (191, 99, 38)).all(axis=2)  # bars of the first opening, and frames around its pictures
    assert blue.sum() > 3 * 30 * 300
    with pytest.raises(InputError, match=r"give it a name that ends with \.png"):
        _run("sheet", "Paper Boats", "--out", tmp_path / "sheet.jpg")


def test_of_several_seasons_a_sheet_is_drawn_of_the_named_one(mined: Settings, tmp_path: Path) -> None:
    with open_library(mined) as library:
        add_rows(library, mined, episodes=1, season=2)
    with pytest.raises(InputError, match="There are several: Paper Boats, season 1, Paper Boats, season 2"):
        _run("sheet", "Paper Boats", "--out", tmp_path / "sheet.png")
    _run("sheet", "Paper Boats", "--season", "2", "--out", tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_tables_fit_into_eighty_columns_with_chinese_names(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        for file_id in (1, 2):
            record = record_of(library, file_id)
            name = record.name
            library.writer.move(record.id, record.stamp, type(name)("夏目友人帳" * 8, 1, first=file_id, last=file_id))
        themes = tuple(
            Theme(ThemeId(number), kind, number, FileId(1), Millis(0), Millis(90_000), variant_of)
            for number, kind, variant_of in (
                (1, SegmentKind.OPENING, None),
                (2, SegmentKind.SPONSOR, ThemeId(1)),
            )
        )
        evidence = (Evidence.CORRECTION, Evidence.CHAPTER, Evidence.SOUND, Evidence.PICTURES)
        segments = [
            Segment(SegmentKind.SPONSOR, Millis(3_600_000), Millis(7_199_900), 1.0, evidence, ThemeId(2)),
            Segment(SegmentKind.COLD_OPEN, Millis(0), Millis(10), 0.01, (), None),
        ]
        mined_season = MinedSeason(Season("夏目友人帳" * 8, 1), "x", frozenset({FileId(1), FileId(2)}), themes)
        library.writer.put_season(mined_season, {FileId(1): segments}, {FileId(2): "没有声音 " * 20})
        (view,) = read_seasons(library.reader, library.reader.all())
    console = Console(width=80, record=True, file=StringIO())
    for part in season_tables(view):
        console.print(part)
    lines = console.export_text().splitlines()
    assert max(map(console.render_str, lines), key=lambda text: text.cell_len).cell_len <= 80
    joined = " ".join(line.strip() for line in lines)
    assert "sponsor card 2" in joined
    assert "1:00:00.0" in joined
    assert "no opening and no ending" in joined


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([1, 2, 3], "1–3"), ([1, 2, 4, 7, 8], "1–2, 4, 7–8"), ([5], "5"), ([5, 5, 6], "5–6"), ([], "")],
)
def test_numbers_of_episodes_in_runs(settings: Settings, numbers: list[int], text: str) -> None:
    with open_library(settings, missing="create") as library:
        records = []
        for number in numbers:
            add_rows(library, settings, episodes=1, first=number)
            records.append(library.reader.all()[-1])
    assert episodes_text(records) == text


@pytest.mark.parametrize(
    ("time_ms", "text"), [(0, "0:00.0"), (83_450, "1:23.5"), (3_599_950, "1:00:00.0"), (3_723_000, "1:02:03.0")]
)
def test_a_time_as_text(time_ms: int, text: str) -> None:
    assert format_time(time_ms) == text


def test_the_setting_and_the_option_leave_the_pass_out(library_settings: Settings, drawn_videos: Path) -> None:
    del library_settings
    for arguments in (["--no-themes"], []):
        ended = CliRunner().invoke(cli.app, ["add", str(drawn_videos), *arguments], catch_exceptions=False)
        assert ended.exit_code == 0
    assert load_settings().themes.on_add
    assert not load_settings(themes={"on_add": False}).themes.on_add
