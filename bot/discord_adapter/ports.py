"""What the Discord adapter asks of the parts below it."""

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.dispatch.show_suggestions import ShowSuggestion
from bot.messages import ButtonPress, Chat, Command, Reply, Request, UserId


class Answering(Protocol):
    """The dispatcher: answers, and never raises but `CancelledError`."""

    async def handle(self, request: Request) -> Reply | None:
        """The answer to pictures; `None` when this request was answered already."""

    async def press(self, press: ButtonPress) -> Reply:
        """The answer to a button, or to a text that was asked for."""

    async def command(self, command: Command) -> Reply:
        """The answer to a command without a picture."""

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> Sequence[ShowSuggestion]:
        """Shows to choose from while a name is typed."""

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The same reply with lighter media, in the end with none."""


class PlatformFetcher(Protocol):
    """Reads files that lie on a platform's own hosts."""

    async def fetch_from(self, url: str, limit_bytes: int, hosts: Collection[str]) -> bytes:
        """The file at `url`, which must be on one of `hosts`; `FetchError` when it cannot be had."""


class PlatformMetrics(Protocol):
    """Counts what happens on the platform."""

    def acknowledged(self, platform: str, seconds: float) -> None:
        """A user saw, so long after the message came, that it is being worked on."""

    def platform_fault(self, platform: str, kind: str) -> None:
        """The platform failed us."""
