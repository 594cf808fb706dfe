"""The terminal as a chat: lines that were typed or dropped become requests, replies become text and files."""

import asyncio
import hashlib
import re
import shlex
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from rich.console import Console
from rich.text import Text

from bot.commands import find_links, parse_options
from bot.messages import (
    Button,
    Chat,
    ChatKind,
    Command,
    CommandName,
    Link,
    Media,
    MediaKind,
    Press,
    Reply,
    Request,
    RequestId,
    Tone,
    Upload,
    UserId,
)
from core.errors import FetchError, FetchProblem, FilterError

_T = TypeVar("_T")

USER = UserId("terminal:local")
COMMANDS = "/help, /lang zh, /whenanime PATH season:2, /quit"

_QUIT = ("/quit", "/exit")
_SEARCH = "/whenanime"
_QUOTES = "'\""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_UNSAFE = re.compile(r"[^\w.-]+")
_COLOURS = {
    Tone.FOUND: "green",
    Tone.UNSURE: "yellow",
    Tone.NOT_FOUND: "blue",
    Tone.REFUSED: "yellow",
    Tone.FAILED: "red",
    Tone.INFO: "cyan",
}
_SUFFIXES = {MediaKind.MP4: ".mp4", MediaKind.GIF: ".gif", MediaKind.JPEG: ".jpg"}


class Answering(Protocol):
    """What the terminal asks of the dispatcher."""

    async def handle(self, request: Request) -> Reply | None:
        """The reply to pictures; `None` when they were answered before."""

    async def press(self, press: Press) -> Reply:
        """The reply to a button, or to a text that was asked for."""

    async def command(self, command: Command) -> Reply:
        """The reply to a command without a picture."""


@dataclass(frozen=True, slots=True)
class TerminalSpec:
    """`previews` is the folder that attachments are written to; `locale` a BCP 47 tag, empty when it is not known."""

    previews: Path
    locale: str = ""
    upload_limit_bytes: int = 8 * 1024 * 1024
    moving: MediaKind = MediaKind.MP4


@dataclass(frozen=True, slots=True)
class Typed:
    """A line taken apart: pictures and links in their order, other words, and what looks like a file but is none."""

    pictures: tuple[Path | Link, ...] = ()
    words: str = ""
    missing: tuple[str, ...] = ()


def read_line(line: str) -> Typed:
    """Take a line apart as terminals and file managers write paths: in quotes, with escaped blanks, as `file://` URLs.

    A line that is the path of a file as it stands is that file, blanks and quotation marks included.
    """
    whole = line.strip()
    bare = whole[1:-1] if whole[:1] in _QUOTES and whole[:1] == whole[-1:] else whole
    for text in (whole, bare):
        path = _local_path(text)
        if path is not None and _is_file(path):
            return Typed((path,))
    pictures: list[Path | Link] = []
    words: list[str] = []
    missing: list[str] = []
    for part in _parts(whole):
        path = _local_path(part)
        if path is None:
            pictures += [Link(url) for url in find_links(part)]
        elif _is_file(path):
            pictures.append(path)
        elif part.startswith("file:") or _looks_like_path(part):
            missing.append(str(path))
        else:
            words.append(_as_option(part))
    return Typed(tuple(pictures), " ".join(words), tuple(missing))


@dataclass(slots=True)
class Terminal:
    """One conversation. Feed it lines with `say`; what it answers goes to `output`, attachments to files."""

    spec: TerminalSpec
    dispatcher: Answering
    output: Console
    _buttons: tuple[Button, ...] = ()
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
        elif verb.startswith("/") and verb[1:] in set(CommandName):
            self._asked = ""
            command = Command(CommandName(verb[1:]), USER, self._chat(), self.spec.locale, rest.strip())
            self._show(await self._waited(self.dispatcher.command(command)))
        elif self._asked:
            await self._answer_asked(text)
        elif text.isdecimal() and self._buttons:
            await self._press(int(text))
        else:
            await self._look_up(text)
        return True

    async def look_up(self, *pictures: Path, options: str = "") -> None:
        """Answer pictures that need not be typed."""
        await self._search(pictures, options)

    async def _look_up(self, line: str) -> None:
        typed = read_line(line)
        if typed.missing:
            for name in typed.missing:
                what = "is a folder" if Path(name).is_dir() else "is not there"
                self._say(f"{name}: {what}.", "red")
        elif not typed.pictures:
            self._say(f"Type or drop a picture's path, a link to a picture, or a command: {COMMANDS}.")
        else:
            await self._search(typed.pictures, typed.words)

    async def _search(self, pictures: tuple[Path | Link, ...], words: str) -> None:
        self._asked = ""
        try:
            options = parse_options(words)
        except FilterError as exc:
            self._say(str(exc), "red")
            return
        request = Request(
            id=RequestId(f"terminal:{next(self._numbers)}"),
            user=USER,
            chat=self._chat(),
            locale=self.spec.locale,
            pictures=tuple(one if isinstance(one, Link) else _upload(one) for one in pictures),
            options=options,
        )
        reply = await self._waited(self.dispatcher.handle(request))
        if reply is not None:
            self._show(reply)

    async def _press(self, number: int) -> None:
        if not 0 < number <= len(self._buttons):
            self._say(f"There is no button {number}; there are 1 to {len(self._buttons)}.", "red")
            return
        await self._send(self._buttons[number - 1].action)

    async def _answer_asked(self, text: str) -> None:
        action, self._asked = self._asked, ""
        if text:
            await self._send(action, text)
        else:
            self._say("Nothing was sent.")

    async def _send(self, action: str, text: str = "") -> None:
        press = Press(action, USER, self._chat(), self.spec.locale, text)
        self._show(await self._waited(self.dispatcher.press(press)))

    async def _waited(self, answer: Coroutine[object, object, _T]) -> _T:
        """The answer; somebody who watches sees that it is being looked for."""
        waiting: AbstractContextManager[object] = nullcontext()
        if self.output.is_terminal:
            waiting = self.output.status("…")
        with waiting:
            return await answer

    def _show(self, reply: Reply) -> None:
        """A reply as a chat shows it, buttons as numbers."""
        buttons = tuple(button for row in reply.rows for button in row)
        if buttons or reply.edits:
            self._buttons = buttons
        self._say(reply.title, f"bold {_COLOURS[reply.tone]}")
        if reply.url:
            self._say(reply.url, "dim")
        for line in reply.lines:
            self._say(line)
        if reply.media:
            self._keep(reply.media)
        numbers = iter(range(1, len(buttons) + 1))
        for row in reply.rows:
            self._say("  ".join(f"[{next(numbers)}] {button.label}" for button in row), "bold")
        if reply.ask:
            self._asked = reply.ask.action
            self._say(reply.ask.prompt, "cyan")
        self._say("")

    def _keep(self, media: Media) -> None:
        """Write an attachment and say where; one that cannot be written is said, and the answer stays."""
        digest = hashlib.sha256(media.data).hexdigest()[:8]
        stem = _UNSAFE.sub("-", Path(media.name).stem).strip("-.")[:60] or "preview"
        path = self.spec.previews / f"{stem}-{digest}{_SUFFIXES[media.kind]}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(media.data)
        except OSError as exc:
            self._say(f"{path}: cannot be written: {exc.strerror}", "red")
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


def _parts(line: str) -> list[str]:
    """Words as a shell reads them; at blanks where quotation marks do not pair up."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _local_path(text: str) -> Path | None:
    """The path that a text may be; `None` for a link."""
    if text.lower().startswith(("http://", "https://", "<http")):
        return None
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        return Path(text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a line that is too long for a name, or with a null character
        return False


def _looks_like_path(text: str) -> bool:
    return ":" not in text and ("/" in text or bool(_SUFFIX.search(text)))


def _as_option(word: str) -> str:
    """With the quotation marks again that held it together: `show:Two words` was `show:"Two words"`."""
    name, colon, value = word.partition(":")
    return f'{name}:"{value}"' if colon and " " in value else word
