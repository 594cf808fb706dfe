"""The terminal as a chat: lines that were typed or dropped become requests, replies become text and files."""

import asyncio
import hashlib
import re
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from bot.dispatch.protocol import RequestHandler
from bot.intake.typed_options import parse_options, read_line
from bot.language.translations import Translator
from bot.messages import (
    Button,
    ButtonPress,
    Chat,
    ChatKind,
    Command,
    CommandName,
    Media,
    MediaKind,
    PictureUrl,
    Reply,
    Request,
    RequestId,
    Tone,
    Upload,
    UserId,
)
from bot.replies.error_messages import problem_reply
from core.errors import FetchError, FetchProblem, FilterError
from core.files import StagedPath, disk_reason

_T = TypeVar("_T")

USER = UserId("terminal:local")
COMMANDS = "/help, /lang zh, /whenanime PATH season:2, /quit"

_QUIT = ("/quit", "/exit")
_SEARCH = "/whenanime"
_COMMAND = re.compile(r"/[a-z_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNSAFE = re.compile(r"[^\w.-]+")
_COLOURS = {
    Tone.FOUND: "green",
    Tone.UNSURE: "yellow",
    Tone.NOT_FOUND: "blue",
    Tone.REFUSED: "yellow",
    Tone.FAILED: "red",
    Tone.INFO: "cyan",
}


@dataclass(frozen=True, slots=True)
class TerminalSpec:
    """`previews` is the folder that attachments are written to; `locale` a BCP 47 tag, empty when it is not known."""

    previews: Path
    locale: str = ""
    upload_limit_bytes: int = 8 * 1024 * 1024
    moving: MediaKind = MediaKind.MP4


@dataclass(slots=True)
class Terminal:
    """One conversation. Feed it lines with `say`; what it answers goes to `output`, attachments to files.

    Buttons are numbers. A button keeps its number, whichever candidate is shown, until the next picture.
    """

    spec: TerminalSpec
    dispatcher: RequestHandler
    output: Console
    _messages: list[dict[int, Button]] = field(default_factory=list)
    _button_numbers: dict[str, int] = field(default_factory=dict)
    _asked: str = ""
    _numbers: Iterator[int] = field(default_factory=count)

    async def say(self, line: str) -> bool:
        """Answer one line; false when it ends the conversation."""
        text = line.strip()
        first, _, rest = text.partition(" ")
        verb = first.lower()
        if verb in _QUIT:
            return False
        if not text and not self._asked:
            return True
        if verb == _SEARCH:
            await self._look_up(rest)
        elif _COMMAND.fullmatch(verb) and verb[1:] not in set(CommandName) and not Path(first).exists():
            self._say(self._words.gettext("There is no command {name}.", name=first), "red")
            self._say(self.what_to_type())
        elif verb.startswith("/") and verb[1:] in set(CommandName):
            self._asked = ""
            command = Command(CommandName(verb[1:]), USER, self._chat(), self.spec.locale, rest.strip())
            self._show(await self._waited(self.dispatcher.command(command)))
        elif self._asked:
            await self._answer_asked(text)
        elif text.isdecimal() and self._messages:
            await self._press(int(text))
        else:
            await self._look_up(text)
        return True

    async def look_up(self, *pictures: Path, options: str = "") -> None:
        """Answer pictures that need not be typed."""
        await self._search(pictures, options)

    def what_to_type(self) -> str:
        """For somebody who does not know what to type."""
        return self._words.gettext(
            "Type or drop a picture's path, a link to a picture, or a command: {commands}.", commands=COMMANDS
        )

    @property
    def _words(self) -> Translator:
        return self.dispatcher.translator(USER, self.spec.locale)

    async def _look_up(self, line: str) -> None:
        """Answer the pictures of a line, and say which are not there."""
        typed, words = read_line(line), self._words
        for name in typed.missing:
            text = words.gettext("{name}: is a folder.", name=name) if Path(name).is_dir() else ""
            self._say(text or words.gettext("{name}: is not there.", name=name), "red")
        if typed.pictures:
            await self._search(typed.pictures, typed.words)
        elif not typed.missing:
            self._say(self.what_to_type())

    async def _search(self, pictures: tuple[Path | PictureUrl, ...], words: str) -> None:
        self._asked = ""
        try:
            options = parse_options(words)
        except FilterError as exc:
            self._show(problem_reply(self._words, exc))
            return
        request = Request(
            id=RequestId(f"terminal:{next(self._numbers)}"),
            user=USER,
            chat=self._chat(),
            locale=self.spec.locale,
            pictures=tuple(one if isinstance(one, PictureUrl) else _upload(one) for one in pictures),
            options=options,
            notify=self._notify,
        )
        reply = await self._waited(self.dispatcher.handle(request))
        self._messages.clear()
        self._button_numbers.clear()
        if reply is not None:
            self._show(reply)

    async def _notify(self, reply: Reply) -> None:
        for line in (reply.title, *reply.lines):
            self._say(line, "dim")

    async def _press(self, number: int) -> None:
        message = next((buttons for buttons in reversed(self._messages) if number in buttons), None)
        if message is None:
            numbers = ", ".join(map(str, sorted(set().union(*self._messages))))
            text = self._words.gettext(
                "There is no button {number}; there are: {numbers}.", number=number, numbers=numbers
            )
            self._say(text, "red")
            return
        await self._send(message[number].action, message=message)

    async def _answer_asked(self, text: str) -> None:
        action, self._asked = self._asked, ""
        if text:
            await self._send(action, text)
        else:
            self._say(self._words.gettext("Nothing was sent."))

    async def _send(self, action: str, text: str = "", message: dict[int, Button] | None = None) -> None:
        """Press a button of a message, or send the text that was asked for."""
        press = ButtonPress(action, USER, self._chat(), self.spec.locale, text)
        reply = await self._waited(self.dispatcher.press(press))
        if reply.edits and message is not None:
            self._messages = [buttons for buttons in self._messages if buttons is not message]
        self._show(reply)

    async def _waited(self, answer: Coroutine[object, object, _T]) -> _T:
        """The answer; somebody who watches sees that it is being looked for."""
        waiting: AbstractContextManager[object] = nullcontext()
        if self.output.is_terminal:
            waiting = self.output.status("…")
        with waiting:
            return await answer

    def _show(self, reply: Reply) -> None:
        """A reply as a chat shows it, buttons as numbers."""
        self._say(reply.title, f"bold {_COLOURS[reply.tone]}")
        if reply.url:
            self._say(reply.url, "dim")
        for line in reply.lines:
            self._say(line)
        if reply.media:
            self._keep(reply.media)
        self._show_buttons(reply)
        if reply.ask:
            self._asked = reply.ask.action
            if reply.ask.prompt != reply.title:
                self._say(reply.ask.prompt, "cyan")
        self._say("")

    def _show_buttons(self, reply: Reply) -> None:
        buttons: dict[int, Button] = {}
        for row in reply.rows:
            numbered = {self._number(button): button for button in row if button.action}
            if numbered:
                self._say("  ".join(f"[{number}] {button.label}" for number, button in numbered.items()), "bold")
            buttons |= numbered
            for button in row:
                if button.url:
                    self._say(f"{button.label} {button.url}", "dim")
        if buttons:
            self._messages.append(buttons)

    def _number(self, button: Button) -> int:
        return self._button_numbers.setdefault(button.role or button.action, len(self._button_numbers) + 1)

    def _keep(self, media: Media) -> None:
        """Write an attachment and say where; one that cannot be written is said, and the answer stays."""
        digest = hashlib.sha256(media.data).hexdigest()[:8]
        stem = _UNSAFE.sub("-", Path(media.name).stem).strip("-.")[:60] or "preview"
        path = self.spec.previews / f"{stem}-{digest}{media.kind.suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with StagedPath(path, sync=False) as part:
                part.write_bytes(media.data)
        except OSError as exc:
            reason = disk_reason(exc, path)
            self._say(self._words.gettext("{path}: cannot be written: {reason}", path=path, reason=reason), "red")
        else:
            self._say(f"{path}", "dim")

    def _say(self, text: str, style: str = "") -> None:
        self.output.print(Text(_CONTROL.sub(" ", text), style), soft_wrap=True)

    def _chat(self) -> Chat:
        return Chat(ChatKind.PRIVATE, self.spec.upload_limit_bytes, self.spec.moving)


def _upload(path: Path) -> Upload:
    async def read(limit_bytes: int) -> bytes:
        return await asyncio.to_thread(_read_file, path, limit_bytes)

    return Upload(path.name, read)


def _read_file(path: Path, limit_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except FileNotFoundError as exc:
        raise FetchError(FetchProblem.NOT_FOUND, f"{path}: it is gone.") from exc
    except OSError as exc:
        raise FetchError(FetchProblem.UNREACHABLE, f"{path}: cannot be read: {exc.strerror}.") from exc
    if len(data) > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, f"{path}: it has more than {limit_bytes} bytes.")
    return data
