"""The command line as a user meets it: whole processes."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.episodes import scene_frame

ROOT = Path(__file__).parent.parent


def _run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whenanime", *map(str, arguments)],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def _picture(path: Path, number: int, shot: int) -> Path:
    cv2.imwrite(str(path), scene_frame(number, shot)[:, :, ::-1])
    return path


def test_help_names_every_command_and_imports_none_of_them() -> None:
    code = "import sys, whenanime\ntry: whenanime.app(['--help'])\nexcept SystemExit: pass\nprint(*sorted(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    for command in ("demo", "library", "search", "bot", "chat", "index", "settings", "train"):
        assert f"\n  {command} " in ended.stdout
    loaded = set(ended.stdout.splitlines()[-1].split())
    heavy = {"numpy", "av", "cv2", "onnxruntime", "sqlalchemy", "torch", "pydantic", "discord", "telegram", "aiohttp"}
    assert not loaded & (heavy | {"ingest", "training", "bot"})


def test_the_version_is_printed() -> None:
    ended = _run("--version")
    assert ended.returncode == 0
    assert ended.stdout == f"whenanime {importlib.metadata.version('whenanime')}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["sarch", "x.png"], "No such command 'sarch'. Did you mean 'search'?"),
        (["library", "lst"], "No such command 'lst'. Did you mean 'list'?"),
        (["library", "feedback", "exprot"], "No such command 'exprot'. Did you mean 'export'?"),
        (["search"], "Missing argument 'PICTURE...'"),
        (["library", "add", "--season", "x", "."], "Invalid value for '--season'"),
        (["library", "remove"], "Say what to remove"),
        (["search", "--season", "3-1", "x.png"], "'3-1' is not a range of seasons"),
        (["library", "add", "."], "There is no video in ."),
        (["search", "x.png", "--season", ","], "Seasons: there is no number in it"),
        (["search", "x.png", "--preview", sys.executable], "is not a folder"),
    ],
)
def test_what_cannot_be_understood_ends_with_two(arguments: list[str], message: str) -> None:
    ended = _run(*arguments)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_library_it_says_how_to_make_one(tmp_path: Path) -> None:
    picture = _picture(tmp_path / "a.png", 1, 1)
    for arguments in (["search", picture], ["index", "info"], ["library", "list"]):
        ended = _run(*arguments)
        assert ended.returncode == 1
        assert "whenanime library add DIR" in ended.stderr


def test_a_bad_setting_is_one_line() -> None:
    ended = _run("library", "list", WHENANIME_SAMPLING__RATE_HZ="fast")
    assert ended.returncode == 2
    assert ended.stderr.startswith("whenanime: WHENANIME_SAMPLING__RATE_HZ: ")
    assert len(ended.stderr.splitlines()) == 1


def test_add_list_search_remove(drawn_videos: Path, tmp_path: Path) -> None:
    dry = _run("library", "add", "--dry-run", drawn_videos)
    assert dry.returncode == 0
    assert "夜の雨" in dry.stdout
    assert not (tmp_path / "data").exists()

    added = _run("library", "add", drawn_videos)
    assert added.returncode == 0, added.stderr
    assert "[3/3]" in added.stderr
    assert "frames kept" in added.stdout

    pictures = [_picture(tmp_path / "one.png", 12, 0), _picture(tmp_path / "猫 two.png", 45, 21)]
    searched = _run("search", *pictures, "--json", "--preview", tmp_path / "previews")
    assert searched.returncode == 0, searched.stderr
    answers = [json.loads(line) for line in searched.stdout.splitlines()]
    assert [answer["picture"] for answer in answers] == list(map(str, pictures))
    assert set(answers[0]) == {
        "picture",
        "verdict",
        "reason",
        "too_little",
        "elsewhere",
        "sequence",
        "cut_off",
        "scenes",
        "timing_ms",
    }
    best = answers[1]["scenes"][0]
    assert (best["show"], best["season"], best["season_name"], best["episode"]) == ("Paper Boats", 2, "Autumn", 1)
    assert best["episode_name"] == 'It\'s "late" 🍂'
    assert best["from_s"] <= best["at_s"] <= best["to_s"]
    assert abs(best["at_s"] - 45 / 12) <= 0.5
    assert set(best) == {
        *("show", "season", "season_name", "episode", "episode_name", "file", "from_s", "at_s", "to_s"),
        *(
            "probability",
            "similarity",
            "mirrored",
            "turned",
            "backwards",
            "region",
            "shown",
            "inliers",
            "exact",
            "also",
            "video_missing",
            "theme",
            "anilist",
            "titles",
        ),
    }
    assert (tmp_path / "previews/猫 two.gif").read_bytes().startswith(b"GIF89a")
    assert b"ftyp" in (tmp_path / "previews/one.mp4").read_bytes()[:12]

    removed = _run("library", "remove", "--show", "paper boats", "--season", "2")
    assert removed.returncode == 0, removed.stderr
    after = json.loads(_run("search", pictures[1], "--json").stdout)
    assert {scene["season"] for scene in after["scenes"]} == {1}
    assert _run("index", "check").returncode == 0
    assert json.loads(_run("index", "info", "--json").stdout)["files"] == 2


def test_one_bad_picture_does_not_spoil_the_others(drawn_videos: Path, tmp_path: Path) -> None:
    _run("library", "add", drawn_videos)
    good = _picture(tmp_path / "good.png", 12, 0)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    ended = _run("search", tmp_path / "bad.png", good)
    assert ended.returncode == 1
    assert "bad.png" in ended.stderr
    assert "good.png: " in ended.stdout
    assert _run("search", tmp_path / "bad.png").returncode == 2


def test_failed_files_are_listed(drawn_videos: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "01.mp4").write_bytes(b"PK\x03\x04 a zip, by its first bytes")
    ended = _run("library", "add", broken, drawn_videos)
    assert ended.returncode == 1
    listed = _run("library", "list", "--failed", "--json")
    (row,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert row["file"] == str(broken / "01.mp4")
    assert row["state"] == "failed"
    assert row["problem"]


def test_what_the_output_cannot_show_does_not_end_it(drawn_videos: Path) -> None:
    ended = _run("library", "add", "--dry-run", drawn_videos, PYTHONIOENCODING="ascii")
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    assert "unexpected error" not in ended.stderr
    assert "???" in ended.stdout


_INTERRUPTED_IMPORT = """
import sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
from whenanime import main
main()
"""


@pytest.mark.parametrize("name", ["typer", "ingest.commands.settings_cli", "config.settings"])
def test_ctrl_c_while_it_starts_is_no_traceback(name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_IMPORT.format(name=name), "settings"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr


def test_ctrl_c_that_an_import_made_another_error_of_is_no_unexpected_error(tmp_path: Path) -> None:
    (tmp_path / "compiled.py").write_text(
        "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt as exc:\n    raise ImportError('no') from exc\n"
    )
    code = "import whenanime\nwhenanime.COMMANDS['settings'] = ('compiled', '')\nwhenanime.main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "settings"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (130, "")


def test_no_installed_distribution_owns_our_top_level_names() -> None:
    owners = importlib.metadata.packages_distributions()
    ours = {"config", "core", "ingest", "training", "bot", "whenanime"}
    foreign = {name: owners[name] for name in ours & set(owners) if set(owners[name]) != {"whenanime"}}
    assert not foreign
