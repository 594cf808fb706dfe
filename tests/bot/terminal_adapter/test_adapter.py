"""Typed lines: which requests the dispatcher gets, and what is printed."""

import asyncio
import io
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from bot.language.translations import Translations, Translator
from bot.messages import (
    Button,
    ButtonPress,
    ChatKind,
    Command,
    CommandName,
    Media,
    MediaKind,
    Options,
    PictureUrl,
    Reply,
    Request,
    TextPrompt,
    Tone,
    Upload,
    UserId,
)
from bot.terminal_adapter import USER, Terminal, TerminalSpec
from core.domain import SearchFilter
from core.errors import FetchError, FetchProblem
from tests.bot.request_handlers import PlainRequestHandler

PAGED = Reply(
    Tone.FOUND,
    "Paper Boats",
    ("Season 2, episode 1", "00:00:03"),
    rows=((Button("Next", "s:abc:1"),), (Button("Wrong?", "w:abc"), Button("Not it", "n:abc"))),
    url="https://example.org/paper-boats",
)


@dataclass
class FakeDispatcher(PlainRequestHandler):
    """Answers everything with the same reply, and records requests, presses and commands."""

    reply: Reply = PAGED
    requests: list[Request] = field(default_factory=list)
    presses: list[ButtonPress] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    language: str = ""

    async def handle(self, request: Request) -> Reply | None:
        self.requests.append(request)
        return self.reply

    async def press(self, press: ButtonPress) -> Reply:
        self.presses.append(press)
        return self.reply

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        self.language = command.argument or self.language
        return self.reply

    def translator(self, user: UserId, locale: str) -> Translator:
        assert user == USER
        return Translations().of(self.language or locale)


class TypedTerminal:
    """A terminal that types lines, and its output."""

    def __init__(self, folder: Path) -> None:
        self.dispatcher = FakeDispatcher()
        self._out = io.StringIO()
        spec = TerminalSpec(folder / "previews", "zh-CN", upload_limit_bytes=1000)
        self.terminal = Terminal(spec, self.dispatcher, Console(file=self._out, width=60))

    def __call__(self, *lines: str) -> bool:
        async def all_of_them() -> list[bool]:
            return [await self.terminal.answer_line(line) for line in lines]

        return asyncio.run(all_of_them())[-1]

    @property
    def output(self) -> str:
        return self._out.getvalue()


@pytest.fixture
def typing(tmp_path: Path) -> TypedTerminal:
    return TypedTerminal(tmp_path)


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    path = tmp_path / "my shot.png"
    path.write_bytes(b"picture")
    return path


def read_upload(upload: Upload | PictureUrl, limit_bytes: int) -> bytes:
    assert isinstance(upload, Upload)
    return asyncio.run(_awaited(upload, limit_bytes))


async def _awaited(upload: Upload, limit_bytes: int) -> bytes:
    return await upload.read(limit_bytes)


def test_a_picture_becomes_a_request_with_options(typing: TypedTerminal, shot: Path) -> None:
    assert typing(f"/whenanime '{shot}' season:2 show:\"Paper Boats\" mute")
    (request,) = typing.dispatcher.requests
    assert request.options == Options(SearchFilter(("Paper Boats",), frozenset({2})), muted=True)
    assert request.locale == "zh-CN"
    assert request.chat.kind is ChatKind.PRIVATE
    assert request.chat.upload_limit_bytes == 1000
    (upload,) = request.pictures
    assert isinstance(upload, Upload)
    assert upload.name == "my shot.png"
    assert read_upload(upload, 7) == b"picture"


def test_two_pictures_one_after_the_other_are_two_requests(typing: TypedTerminal, shot: Path) -> None:
    typing(str(shot), str(shot))
    first, second = typing.dispatcher.requests
    assert first.id != second.id


def test_a_file_that_is_too_large_or_gone_is_a_fetch_error(typing: TypedTerminal, shot: Path) -> None:
    typing(str(shot))
    (upload,) = typing.dispatcher.requests[0].pictures
    with pytest.raises(FetchError) as caught:
        read_upload(upload, 6)
    assert caught.value.problem is FetchProblem.TOO_LARGE
    shot.unlink()
    with pytest.raises(FetchError) as caught:
        read_upload(upload, 7)
    assert caught.value.problem is FetchProblem.NOT_FOUND


def test_a_reply_is_shown_with_buttons_as_numbers(typing: TypedTerminal, shot: Path) -> None:
    typing(str(shot))
    assert typing.output.splitlines() == [
        "Paper Boats",
        "https://example.org/paper-boats",
        "Season 2, episode 1",
        "00:00:03",
        "[1] Next",
        "[2] Wrong?  [3] Not it",
        "",
    ]


def test_a_number_presses_a_button(typing: TypedTerminal, shot: Path) -> None:
    typing(str(shot), "2")
    (press,) = typing.dispatcher.presses
    assert (press.action, press.text, press.locale) == ("w:abc", "", "zh-CN")
    typing("4")
    assert "没有第 4 个按钮；现有的按钮：1, 2, 3。" in typing.output
    assert len(typing.dispatcher.presses) == 1


def test_a_button_keeps_its_number_whichever_candidate_is_shown(typing: TypedTerminal, shot: Path) -> None:
    wrong = (Button("Wrong?", "w:abc"),)
    further, back = Button("Next (3/3)", "s:abc:2", role="next"), Button("Previous", "s:abc:0", role="previous")
    typing.dispatcher.reply = Reply(Tone.FOUND, "First", rows=((Button("Next", "s:abc:1", role="next"),), wrong))
    typing(str(shot))
    typing.dispatcher.reply = Reply(Tone.UNSURE, "Second", rows=((back, further), wrong), edits=True)
    typing("1")
    assert typing.output.splitlines()[-4:-1] == ["Second", "[3] Previous  [1] Next (3/3)", "[2] Wrong?"]
    typing("1", "2", "3")
    assert [press.action for press in typing.dispatcher.presses] == ["s:abc:1", "s:abc:2", "w:abc", "s:abc:0"]
    typing(str(shot))
    assert typing.output.splitlines()[-3] == "[1] Previous  [2] Next (3/3)"  # another picture, another numbering


def test_a_question_leaves_the_buttons_above_it_where_they_were(typing: TypedTerminal, shot: Path) -> None:
    typing(str(shot))
    typing.dispatcher.reply = Reply(Tone.INFO, "Which?", rows=((Button("1", "r:abc:0"), Button("Other", "o:abc")),))
    typing("2")
    assert "[4] 1  [5] Other" in typing.output
    typing.dispatcher.reply = Reply(Tone.INFO, "Thank you.", edits=True)
    typing("4", "1")
    assert [press.action for press in typing.dispatcher.presses] == ["w:abc", "r:abc:0", "s:abc:1"]


def test_links_to_elsewhere_are_written_out(typing: TypedTerminal, shot: Path) -> None:
    typing.dispatcher.reply = Reply(
        Tone.NOT_FOUND, "No.", rows=((Button("trace.moe", url="https://trace.moe/?url=x"),),)
    )
    typing(str(shot))
    assert "trace.moe https://trace.moe/?url=x" in typing.output.splitlines()


def test_an_answer_without_buttons_leaves_those_above_and_an_edit_takes_them(typing: TypedTerminal, shot: Path) -> None:
    typing(str(shot))
    typing.dispatcher.reply = Reply(Tone.INFO, "Thank you.")
    typing("1", "2")
    assert [press.action for press in typing.dispatcher.presses] == ["s:abc:1", "w:abc"]
    typing.dispatcher.reply = Reply(Tone.INFO, "Gone.", edits=True)
    typing("1", "1")
    assert len(typing.dispatcher.presses) == 3


def test_a_text_that_is_asked_for_comes_back_with_the_action(typing: TypedTerminal, shot: Path) -> None:
    typing.dispatcher.reply = Reply(Tone.INFO, "What is it?", text_prompt=TextPrompt("Write the show's name.", "o:abc"))
    typing(str(shot))
    assert "Write the show's name." in typing.output
    typing.dispatcher.reply = Reply(Tone.INFO, "Thank you.")
    typing("12 Angry Cats")
    (press,) = typing.dispatcher.presses
    assert (press.action, press.text) == ("o:abc", "12 Angry Cats")
    typing("12 Angry Cats")
    assert len(typing.dispatcher.presses) == 1


def test_an_empty_answer_sends_nothing(typing: TypedTerminal, shot: Path) -> None:
    typing.dispatcher.reply = Reply(Tone.INFO, "What is it?", text_prompt=TextPrompt("Write it.", "o:abc"))
    typing(str(shot), "")
    assert not typing.dispatcher.presses
    assert "什么也没有发送。" in typing.output


def test_commands(typing: TypedTerminal) -> None:
    assert typing("/help", "/LANG zh", "/start")
    assert [(command.name, command.argument) for command in typing.dispatcher.commands] == [
        (CommandName.HELP, ""),
        (CommandName.LANGUAGE, "zh"),
        (CommandName.START, ""),
    ]
    assert not typing("/quit")
    assert not typing("/exit")


def test_what_is_no_picture_is_answered_with_what_to_do(typing: TypedTerminal, tmp_path: Path) -> None:
    typing("", "what is this", "/whenanime", "gone.png", str(tmp_path / "previews/.."), "a.png season:x")
    assert not typing.dispatcher.requests
    assert "请输入或拖入图片的路径" in typing.output
    assert "gone.png：没有这个文件。" in typing.output


def test_hints_follow_the_language_that_was_chosen(typing: TypedTerminal) -> None:
    typing("/lang ja", "gone.png", "what is this")
    assert "gone.png：ありません。" in typing.output
    assert "画像のパスか" in typing.output


def test_a_missing_picture_does_not_lose_the_others(typing: TypedTerminal, shot: Path) -> None:
    typing(f"gone.png '{shot}' mute")
    assert "gone.png：没有这个文件。" in typing.output
    (request,) = typing.dispatcher.requests
    assert [picture.name for picture in request.pictures if isinstance(picture, Upload)] == ["my shot.png"]
    assert request.options.muted


@pytest.mark.parametrize("line", ["/settings", "/wrong", "/Langs zh"])
def test_a_command_that_there_is_not_is_said(typing: TypedTerminal, line: str) -> None:
    typing(line)
    assert f"没有 {line.partition(' ')[0]} 这个命令。" in typing.output
    assert "/help" in typing.output
    assert not typing.dispatcher.commands


def test_a_command_that_there_is_not_is_no_correction(typing: TypedTerminal, shot: Path) -> None:
    typing.dispatcher.reply = Reply(Tone.INFO, "Which show?", text_prompt=TextPrompt("Which show?", "o:abc"))
    typing(str(shot), "/settings", "Blue Moon")
    assert [press.text for press in typing.dispatcher.presses] == ["Blue Moon"]


def test_a_prompt_that_is_the_headline_is_said_once(typing: TypedTerminal, shot: Path) -> None:
    typing.dispatcher.reply = Reply(Tone.INFO, "Which show?", text_prompt=TextPrompt("Which show?", "o:abc"))
    typing(str(shot))
    assert typing.output.count("Which show?") == 1


def test_a_folder_is_called_one(typing: TypedTerminal, tmp_path: Path) -> None:
    typing(f"{tmp_path}")
    assert f"{tmp_path}：这是文件夹。" in typing.output.replace("\n", "")


def test_a_season_that_cannot_be_read_is_said(typing: TypedTerminal, shot: Path) -> None:
    typing(f"'{shot}' season:3-1")
    assert not typing.dispatcher.requests
    assert "“3-1”既不是季数" in typing.output


@pytest.mark.parametrize(
    ("kind", "suffix"), [(MediaKind.MP4, ".mp4"), (MediaKind.GIF, ".gif"), (MediaKind.JPEG, ".jpg")]
)
def test_an_attachment_is_written_and_its_path_said(
    typing: TypedTerminal, shot: Path, tmp_path: Path, kind: MediaKind, suffix: str
) -> None:
    typing.dispatcher.reply = Reply(Tone.FOUND, "Found", media=Media(kind, b"moving", "../../evil name.exe"))
    typing(str(shot), str(shot))
    (written,) = (tmp_path / "previews").iterdir()
    assert written.read_bytes() == b"moving"
    assert written.suffix == suffix
    assert typing.output.splitlines().count(str(written)) == 2


def test_an_attachment_that_cannot_be_written_does_not_lose_the_answer(
    typing: TypedTerminal, shot: Path, tmp_path: Path
) -> None:
    (tmp_path / "previews").write_bytes(b"a file in the way")
    typing.dispatcher.reply = Reply(Tone.FOUND, "Found", media=Media(MediaKind.GIF, b"moving", "a.gif"))
    typing(str(shot))
    assert typing.output.startswith("Found\n")
    assert "无法写入" in typing.output


def test_control_characters_do_not_reach_the_terminal(typing: TypedTerminal, shot: Path) -> None:
    typing.dispatcher.reply = Reply(Tone.FOUND, "a\x1b[2Jb", ("c\x07[bold]d",))
    typing(str(shot))
    assert "\x1b" not in typing.output
    assert "\x07" not in typing.output
    assert "[bold]d" in typing.output
