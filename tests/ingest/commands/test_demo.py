"""The first thing a newcomer runs, as a whole process."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from ingest.commands.demo import command_text

ROOT = Path(__file__).parents[3]


def test_the_demo_finds_its_screenshot_and_writes_a_moving_preview(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "whenanime", "demo"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "en_GB.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Paper Lanterns, season 2 Winter, episode 2 The Lighthouse" in ended.stdout
    assert "4. Found in " in ended.stdout
    assert "(found)" not in ended.stdout
    chat = ended.stdout.partition("5. In a chat")[2]
    assert "\nPaper Lanterns\n" in chat
    assert "\n[1] " in chat
    (moving,) = (tmp_path / "data/demo/data/previews").iterdir()
    assert str(moving.relative_to(tmp_path)) in chat
    assert "That is the right moment" in ended.stdout
    with Image.open(tmp_path / "data/demo/previews/demo.gif") as preview:
        assert getattr(preview, "n_frames", 1) > 10
    chat_command, printed, serve_command = ended.stdout.splitlines()[-3:]
    assert chat_command == printed.partition(" search ")[0] + " chat"
    assert "<title>WhenAnime</title>" in served_page(serve_command)
    searched = subprocess.run(
        ["/bin/sh", "-c", printed],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert searched.returncode == 0, printed + searched.stderr
    assert "Paper Lanterns, season 2 Winter, episode 2 The Lighthouse" in searched.stdout
    again = subprocess.run(
        [sys.executable, "-m", "whenanime", "library", "add", "data/demo/videos"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "WHENANIME_DATA_DIR": "data/demo/data"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.split()[:3] == ["files", "unchanged", "6"]


def served_page(command: str) -> str:
    """The page that a printed command serves; its port is one that is free."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"exec env {command.strip()}"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "WHENANIME_HTTP__PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # `uv run` has a child that outlives it
    )
    try:
        assert process.stdout is not None
        serving = next(line for line in process.stdout if line.startswith("Serving "))
        request = urllib.request.Request(serving.split()[1], headers={"Accept": "text/html"})  # noqa: S310  # our own
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  # our own address
            return str(response.read(), "utf-8")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_commands_are_printed_as_the_program_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my tools/whenanime"
    program.parent.mkdir()
    program.touch(mode=0o755)
    assert command_text(str(program), {"UV_RUN_RECURSION_DEPTH": "1"}) == "uv run whenanime"
    assert command_text(str(program), {}) == f"'{program}'"
    assert command_text("/app/whenanime.py", {}) == f"{sys.executable} /app/whenanime.py"
    monkeypatch.setenv("PATH", str(program.parent))
    assert command_text(str(program), {}) == "whenanime"
