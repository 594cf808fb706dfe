"""`whenanime chat` on a small drawn library: lines in, replies out."""

import io
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
from rich.console import Console

from bot.chat_cli import answer_once, open_conversation
from config.settings import Settings
from core.errors import LibraryEmptyError
from core.library.feedback import CorrectionKind, FeedbackStore
from core.library.layout import DataLayout
from tests.episodes import scene_frame

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    path = tmp_path / "my shot.png"
    cv2.imwrite(str(path), scene_frame(45, 20)[:, :, ::-1])
    return path


def _converse(settings: Settings, locale: str, *lines: str) -> str:
    out = io.StringIO()
    with open_conversation(settings, locale, Console(file=out, width=100)) as conversation:
        assert all(conversation.answer_line(line) for line in lines)
    return out.getvalue()


def _process(*lines: str, arguments: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whenanime", "chat", *arguments],
        env={**os.environ, "LC_ALL": "en_GB.UTF-8", **environment, "PYTHONPATH": str(ROOT)},
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dropped_picture_is_answered_with_a_preview(library_settings: Settings, shot: Path) -> None:
    lines = _converse(library_settings, "en", f"'{shot}'").splitlines()
    assert lines[0] == "Paper Boats"
    assert any("Season 2" in line and "episode 1" in line for line in lines)
    (preview,) = DataLayout(library_settings.data_dir).previews.iterdir()
    assert str(preview) in lines
    assert b"ftyp" in preview.read_bytes()[:12]
    assert any(line.startswith("[1] ") for line in lines)


def test_a_wrong_media_root_is_named_at_the_start(
    library_settings: Settings, shot: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = library_settings.model_copy(update={"media_root": "/nowhere"})
    assert "Its video is not where it was" in _converse(settings, "en", f"'{shot}'")
    assert caplog.messages == ["The media root /nowhere is not there (media_root)."]


def test_a_filter_that_excludes_the_answer_is_told_so(library_settings: Settings, shot: Path) -> None:
    output = _converse(library_settings, "en", f"'{shot}' season:1")
    assert output.startswith(("I did not find this in Season 1.", "This is hardly from Season 1."))
    assert "In the whole library there is one: Paper Boats · Season 2" in output


def test_the_language_is_that_of_the_terminal_until_another_is_chosen(library_settings: Settings, shot: Path) -> None:
    assert "第1集" in _converse(library_settings, "zh-CN", str(shot))
    assert "第1話" in _converse(library_settings, "zh-CN", "/lang ja", str(shot))
    assert "第1話" in _converse(library_settings, "zh-CN", str(shot)), "the choice is kept"


def test_a_language_that_is_asked_for_wins_over_one_that_was_chosen(library_settings: Settings, shot: Path) -> None:
    _converse(library_settings, "en", "/lang ja")
    ended = _process(str(shot), arguments=("--locale", "zh"))
    assert "第1集" in ended.stdout, ended.stderr
    assert "第1話" in _converse(library_settings, "en", str(shot)), "it was for that session"


@pytest.mark.usefixtures("library_settings")
def test_a_language_that_is_not_spoken_is_refused() -> None:
    ended = _process("/help", arguments=("--locale", "klingon"))
    assert ended.returncode == 2
    assert "'klingon' is not spoken" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_wrong_and_what_is_right_goes_to_feedback(library_settings: Settings, shot: Path) -> None:
    out = io.StringIO()
    with open_conversation(library_settings, "en", Console(file=out, width=100)) as conversation:
        conversation.answer_line(f"'{shot}' mute")
        _press(conversation.answer_line, out, "Wrong?")
        _press(conversation.answer_line, out, "else")
        conversation.answer_line("Blue Moon, episode 2")
    store = FeedbackStore(DataLayout(library_settings.data_dir).feedback)
    (entry,) = store.entries()
    assert entry.correction.kind is CorrectionKind.TEXT
    assert entry.correction.text == "Blue Moon, episode 2"
    assert [path.read_bytes() for path in store.pictures(entry)] == [shot.read_bytes()]


def _press(say: Callable[[str], bool], out: io.StringIO, label: str) -> None:
    rows = [part for line in out.getvalue().splitlines() if line.startswith("[") for part in line.split("  ")]
    number = next(row[1:].partition("]")[0] for row in reversed(rows) if label.casefold() in row.casefold())
    say(number)


def test_more_pictures_than_a_chat_takes_in_a_minute(library_settings: Settings, shot: Path) -> None:
    bot = library_settings.bot.model_copy(update={"user_per_minute": 1, "cache_s": 0.0})
    output = _converse(library_settings.model_copy(update={"bot": bot}), "en", *[f"'{shot}' mute"] * 3)
    assert output.splitlines().count("Paper Boats") == 3


def test_answer_once_shows_a_reply(library_settings: Settings, shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer_once(library_settings, shot)
    assert "Paper Boats" in capsys.readouterr().out


def test_without_a_library_it_says_what_to_do(settings: Settings) -> None:
    with (
        pytest.raises(LibraryEmptyError, match="whenanime library add DIR"),
        open_conversation(settings, "", Console()),
    ):
        pass


@pytest.mark.usefixtures("library_settings")
def test_lines_may_be_piped_in(shot: Path) -> None:
    ended = _process(str(shot), "nowhere.png", "/quit", "never read")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("Paper Boats\n"), "no prompt where nobody types"
    assert "nowhere.png: is not there." in ended.stdout
    assert "never read" not in ended.stdout
    assert "\x1b" not in ended.stdout
    assert not ended.stderr


@pytest.mark.usefixtures("library_settings")
@pytest.mark.parametrize("key", [b"\x04", b"\x03"])
def test_at_a_terminal_there_is_a_prompt_and_keys_end_it(key: bytes) -> None:
    ours, theirs = pty.openpty()
    # a job in the background of a shell ignores Ctrl-C, and so would what it starts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-m", "whenanime", "chat", "--locale", "en"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        signal.signal(signal.SIGINT, before)
        os.close(theirs)
        output = b""
        while b"> " not in output:
            output += os.read(ours, 1024)
        for _ in range(4):  # a signal between the prompt and the wait for keys is seen with the next one
            process.send_signal(signal.SIGINT) if key == b"\x03" else os.write(ours, key)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
                break
        assert process.returncode == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
        os.close(ours)
