"""Server-sent events: what happens to a request while its client waits (WHATWG HTML, section 9.2)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from bot.messages import Reply
from core.errors import WhenAnimeError

CONTENT_TYPE: Final = "text/event-stream"
_BEAT_S: Final = 10.0
"""A comment is sent this often, so that no proxy takes a waiting connection for a dead one."""
_PROGRESS_S: Final = 0.5
"""How often it is looked whether the progress has changed."""
_log = logging.getLogger(__name__)

Notify = Callable[[Reply], Awaitable[None]]
Json = Mapping[str, object]


def wants_events(request: web.Request) -> bool:
    """Whether the client asks for progress."""
    return CONTENT_TYPE in request.headers.get("Accept", "")


class EventStream:
    """A response of events, an async context manager. Events are `progress`, then `answer` or `problem`, each with
    JSON.
    """

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.response = web.StreamResponse(
            headers={
                "Content-Type": f"{CONTENT_TYPE}; charset=utf-8",
                "Cache-Control": "no-cache",
                "X-Accel-Buffering": "no",
            }
        )
        self._beats: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.response.prepare(self._request)
        self._beats = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beats:
            self._beats.cancel()
            await asyncio.gather(self._beats, return_exceptions=True)
        if error is None:
            await self.response.write_eof()

    async def send(self, event: str, data: Json) -> None:
        """One event."""
        text = json.dumps(data, ensure_ascii=False)  # has no line breaks of its own
        await self.response.write(f"event: {event}\ndata: {text}\n\n".encode())

    async def follow(
        self,
        search: Callable[[Notify], Awaitable[Json]],
        problem: Callable[[WhenAnimeError], Json],
        progress: Callable[[], Json] | None = None,
    ) -> None:
        """Tell the progress of a search, then its answer or what `problem` makes of its error.

        `progress` says where the search is; an event is sent whenever that changes. Without it there is one when the
        search begins, and one with what the search notifies of.
        """

        async def notify(reply: Reply) -> None:
            await self.send("progress", {"stage": "waiting", "text": " ".join((reply.title, *reply.lines)).strip()})

        try:
            async with self._telling(progress or (lambda: {"stage": "searching"})):
                answer = await search(notify)
            await self.send("answer", answer)
        except WhenAnimeError as exc:
            await self.send("problem", problem(exc))
        except (ConnectionError, asyncio.CancelledError):
            raise  # the client has gone
        except Exception:  # noqa: BLE001  # the edge of a request: its client waits for an answer
            _log.exception("a request failed in a way that is not known")
            await self.send("problem", problem(WhenAnimeError("The server could not do this.")))

    @asynccontextmanager
    async def _telling(self, progress: Callable[[], Json]) -> AsyncIterator[None]:
        """Inside the block, each change of `progress` is sent."""
        await self.send("progress", progress())
        task = asyncio.create_task(self._tell(progress, progress()))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _tell(self, progress: Callable[[], Json], told: Json) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            current = progress()
            if current != told:
                await self.send("progress", current)
            told = current

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            await self.response.write(b": waiting\n\n")
