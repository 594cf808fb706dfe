"""Rendering: a `Reply` as lines of text, numbered buttons and a file with the attachment."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.language.translations import Translator
from bot.messages import Media, MediaKind, Reply, Tone
from bot.terminal_adapter.button_numbers import NumberedButtons
from core.files import StagedPath, disk_reason

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
_SUFFIXES = {MediaKind.MP4: ".mp4", MediaKind.GIF: ".gif", MediaKind.JPEG: ".jpg"}


class ReplyPrinter:
    """Prints replies to a console, and writes their attachments into the folder `previews`."""

    def __init__(self, console: Console, previews: Path) -> None:
        self._console = console
        self._previews = previews

    def print(self, text: str, style: str = "") -> None:
        """Print a line in a style of Rich, without control characters."""
        self._console.print(Text(_CONTROL.sub(" ", text), style), soft_wrap=True)

    def print_reply(self, reply: Reply, rows: Sequence[NumberedButtons], translator: Translator) -> None:
        """Print a reply; `rows` are the numbered buttons of each of its rows."""
        self.print(reply.title, f"bold {_COLOURS[reply.tone]}")
        if reply.url:
            self.print(reply.url, "dim")
        for line in reply.lines:
            self.print(line)
        if reply.media:
            self._write(reply.media, translator)
        for numbered, row in zip(rows, reply.rows, strict=True):
            if numbered:
                self.print("  ".join(f"[{number}] {button.label}" for number, button in numbered.items()), "bold")
            for button in row:
                if button.url:
                    self.print(f"{button.label} {button.url}", "dim")
        if reply.text_prompt and reply.text_prompt.text != reply.title:
            self.print(reply.text_prompt.text, "cyan")
        self.print("")

    def _write(self, media: Media, translator: Translator) -> None:
        """Write an attachment and print its path, or the reason why it cannot be written."""
        digest = hashlib.sha256(media.data).hexdigest()[:8]
        stem = _UNSAFE.sub("-", Path(media.name).stem).strip("-.")[:60] or "preview"
        path = self._previews / f"{stem}-{digest}{_SUFFIXES[media.kind]}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with StagedPath(path, sync=False) as part:
                part.write_bytes(media.data)
        except OSError as exc:
            reason = disk_reason(exc, path)
            self.print(translator.gettext("{path}: cannot be written: {reason}", path=path, reason=reason), "red")
        else:
            self.print(f"{path}", "dim")
