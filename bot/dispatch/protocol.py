"""What an adapter calls: the request handler (the dispatcher), platform metrics, and the fetcher of platform files."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from bot.dispatch.picture_answers import SearchAnswer
from bot.dispatch.show_suggestions import ShowSuggestion
from bot.language.translations import Translator
from bot.messages import ButtonPress, Chat, Command, Reply, Request, UserId

UserTranslator = Callable[[UserId, str], Translator]
"""`RequestHandler.translator`: of a user and a BCP 47 tag."""


class RequestHandler(Protocol):
    """Turns requests, button presses and commands into replies; `bot.dispatch.dispatcher.Dispatcher` is one.

    No method raises anything but `CancelledError`: what goes wrong is a reply.
    """

    async def handle(self, request: Request) -> Reply | None:
        """The reply to pictures; `None` when a request of this id was handled before.

        Cancelling the task takes the request out of every queue and gives back what it counted for.
        """

    async def press(self, press: ButtonPress) -> Reply:
        """The reply to a button, or to a text that a reply asked for."""

    async def command(self, command: Command) -> Reply:
        """The reply to a command without a picture."""

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> Sequence[ShowSuggestion]:
        """At most `limit` shows to choose from while a name is typed, without those that may not be named there."""

    def translator(self, user: UserId, locale: str) -> Translator:
        """The user's language: the one that the user chose, else that of a BCP 47 tag."""

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The same reply with a smaller attachment, for a platform that refused it: smaller, a still picture, none."""


class SearchService(Protocol):
    """Searches for a program rather than a reader; `bot.dispatch.dispatcher.Dispatcher` is one."""

    async def search(self, request: Request) -> SearchAnswer:
        """The result of one picture, or of several of one scene, in values.

        Limits, queue, cache and deadline are those of `RequestHandler.handle`. Raises what stands in its way, a
        `WhenAnimeError`.
        """


class PlatformMetrics(Protocol):
    """Counts what happens on a platform; `bot.metrics.Metrics` is one. `platform` is the adapter's name there."""

    def acknowledged(self, platform: str, seconds: float) -> None:
        """A user saw, so long after the message came, that it is being worked on."""

    def platform_fault(self, platform: str, kind: str) -> None:
        """A call to the platform failed."""


class PlatformFetcher(Protocol):
    """Reads files from a platform's own hosts; `bot.intake.link_fetcher.LinkFetcher` is one."""

    async def fetch_from(self, url: str, limit_bytes: int, hosts: Collection[str]) -> bytes:
        """The file at `url`, which must be on one of `hosts`; `FetchError` when it cannot be had."""
