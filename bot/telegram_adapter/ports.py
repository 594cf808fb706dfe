"""What the Telegram adapter asks of the parts below it."""

from typing import Protocol

from bot.messages import ButtonPress, Chat, Command, Reply, Request


class Answering(Protocol):
    """The dispatcher: answers, and never raises but `CancelledError`."""

    async def handle(self, request: Request) -> Reply | None:
        """The answer to pictures; `None` when this request was answered already."""

    async def press(self, press: ButtonPress) -> Reply:
        """The answer to a button, or to a text that was asked for."""

    async def command(self, command: Command) -> Reply:
        """The answer to a command without a picture."""

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The same reply with lighter media, in the end with none."""


class PlatformMetrics(Protocol):
    """Counts what happens on the platform."""

    def acknowledged(self, platform: str, seconds: float) -> None:
        """A user saw, so long after the message came, that it is being worked on."""

    def platform_fault(self, platform: str, kind: str) -> None:
        """The platform failed us."""
