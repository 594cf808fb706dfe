"""The terminal adapter: passes typed lines to the dispatcher and prints its replies."""

import re
from collections.abc import Coroutine
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bot.dispatch.protocol import RequestHandler
from bot.intake.typed_options import COMMAND, parse_line, parse_options
from bot.language.translations import Translator
from bot.messages import (
    ButtonPress,
    Chat,
    ChatKind,
    Command,
    CommandName,
    PictureUrl,
    Reply,
    Request,
    RequestId,
    UserId,
)
from bot.replies.error_messages import problem_reply
from bot.terminal_adapter.button_numbers import ButtonNumbers, NumberedButtons
from bot.terminal_adapter.file_upload import file_upload
from bot.terminal_adapter.rendering import ReplyPrinter
from bot.terminal_adapter.spec import TerminalSpec
from core.errors import FilterError

_T = TypeVar("_T")

USER = UserId("terminal:local")
COMMANDS = "/help, /lang zh, /whenanime PATH season:2, /quit"

_QUIT = ("/quit", "/exit")
_SEARCH = f"/{COMMAND}"
_COMMAND = re.compile(r"/[a-z_]+")


class Terminal:
    """One conversation: answers lines, prints replies to `console` and writes attachments to files."""

    def __init__(self, spec: TerminalSpec, dispatcher: RequestHandler, console: Console) -> None:
        self._spec = spec
        self._dispatcher = dispatcher
        self._console = console
        self._printer = ReplyPrinter(console, spec.previews)
        self._buttons = ButtonNumbers()
        self._prompt_action = ""
        self._request_numbers = count()

    async def answer_line(self, line: str) -> bool:
        """Answer one line; false when it ends the conversation."""
        text = line.strip()
        first, _, rest = text.partition(" ")
        verb = first.lower()
        if verb in _QUIT:
            return False
        if not text and not self._prompt_action:
            return True
        if verb == _SEARCH:
            await self._search_line(rest)
        elif verb.startswith("/") and verb[1:] in set(CommandName):
            self._prompt_action = ""
            command = Command(CommandName(verb[1:]), USER, self._chat(), self._spec.locale, rest.strip())
            self._show(await self._with_status(self._dispatcher.command(command)))
        elif _COMMAND.fullmatch(verb) and not Path(first).exists():
            self._printer.print(self._translator.gettext("There is no command {name}.", name=first), "red")
            self._printer.print(self.hint())
        elif self._prompt_action:
            await self._answer_prompt(text)
        elif text.isdecimal() and self._buttons.numbers:
            await self._press(int(text))
        else:
            await self._search_line(text)
        return True

    async def answer_picture(self, picture: Path) -> None:
        """Answer one picture."""
        await self._search((picture,), "")

    def hint(self) -> str:
        """A hint for a user who does not know what to type."""
        return self._translator.gettext(
            "Type or drop a picture's path, a link to a picture, or a command: {commands}.", commands=COMMANDS
        )

    @property
    def _translator(self) -> Translator:
        return self._dispatcher.translator(USER, self._spec.locale)

    async def _search_line(self, line: str) -> None:
        """Answer the pictures of a line, and report those that do not exist."""
        typed, translator = parse_line(line), self._translator
        for name in typed.missing:
            text = translator.gettext("{name}: is a folder.", name=name) if Path(name).is_dir() else ""
            self._printer.print(text or translator.gettext("{name}: is not there.", name=name), "red")
        if typed.pictures:
            await self._search(typed.pictures, typed.options)
        elif not typed.missing:
            self._printer.print(self.hint())

    async def _search(self, pictures: tuple[Path | PictureUrl, ...], options: str) -> None:
        self._prompt_action = ""
        try:
            parsed_options = parse_options(options)
        except FilterError as exc:
            self._show(problem_reply(self._translator, exc))
            return
        request = Request(
            id=RequestId(f"terminal:{next(self._request_numbers)}"),
            user=USER,
            chat=self._chat(),
            locale=self._spec.locale,
            pictures=tuple(
                picture if isinstance(picture, PictureUrl) else file_upload(picture) for picture in pictures
            ),
            options=parsed_options,
            notify=self._notify,
        )
        reply = await self._with_status(self._dispatcher.handle(request))
        self._buttons.clear()
        if reply is not None:
            self._show(reply)

    async def _notify(self, reply: Reply) -> None:
        for line in (reply.title, *reply.lines):
            self._printer.print(line, "dim")

    async def _press(self, number: int) -> None:
        buttons = self._buttons.find(number)
        if buttons is None:
            numbers = ", ".join(map(str, self._buttons.numbers))
            text = self._translator.gettext(
                "There is no button {number}; there are: {numbers}.", number=number, numbers=numbers
            )
            self._printer.print(text, "red")
            return
        await self._send(buttons[number].action, pressed=buttons)

    async def _answer_prompt(self, text: str) -> None:
        action, self._prompt_action = self._prompt_action, ""
        if text:
            await self._send(action, text)
        else:
            self._printer.print(self._translator.gettext("Nothing was sent."))

    async def _send(self, action: str, text: str = "", pressed: NumberedButtons | None = None) -> None:
        """Press one of a reply's buttons, or answer a prompt with a text."""
        press = ButtonPress(action, USER, self._chat(), self._spec.locale, text)
        reply = await self._with_status(self._dispatcher.press(press))
        if reply.edits and pressed is not None:
            self._buttons.remove(pressed)
        self._show(reply)

    async def _with_status(self, answer: Coroutine[object, object, _T]) -> _T:
        """Await an answer; an interactive console shows meanwhile that the bot is working."""
        status: AbstractContextManager[object] = nullcontext()
        if self._console.is_terminal:
            status = self._console.status("…")
        with status:
            return await answer

    def _show(self, reply: Reply) -> None:
        self._printer.print_reply(reply, self._buttons.add(reply), self._translator)
        if reply.text_prompt:
            self._prompt_action = reply.text_prompt.action

    def _chat(self) -> Chat:
        return Chat(ChatKind.PRIVATE, self._spec.upload_limit_bytes, self._spec.moving)
