"""The HTTP adapter: listens, serves the application, and closes with the process."""

import asyncio
import errno
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Final, Self, cast

from aiohttp import web

from bot.http_adapter.application import new_application
from bot.http_adapter.connections import Connection, OpenConnections, close_slow_readers
from bot.http_adapter.services import HttpServices
from core.errors import InputError

_REASONS: Final = {
    errno.EADDRINUSE: "is used by another program; set another one, or 0 for any that is free",
    errno.EACCES: "may not be opened without privileges; set one above 1023",
}
_STOP_S: Final = 3.0
"""Time for responses that are on their way when the server stops; searches were waited for before."""


class HttpAdapter:
    """Serves while it is entered, as an async context manager; port 0 takes any port that is free.

    Entering raises `InputError` when the address cannot be listened on.
    """

    def __init__(self, services: HttpServices) -> None:
        self._services = services
        self._host, self._port = services.spec.host, services.spec.port
        self._listener: asyncio.Server | None = None
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port that is listened on; while nothing is, the one of the settings."""
        sockets = self._listener.sockets if self._listener else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._port

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, self._host)  # noqa: S104  # what is listened on
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}/"

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._services.quota.saved(self._services.quota_store))
            runner = web.AppRunner(
                new_application(self._services), access_log=None, handler_cancellation=True, shutdown_timeout=_STOP_S
            )
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            server = cast(web.Server, runner.server)
            loop = asyncio.get_running_loop()
            connection = partial(Connection, server, OpenConnections(self._services.spec.proxies), loop)
            try:
                self._listener = await loop.create_server(connection, self._host, self._port)
            except OSError as exc:
                raise _refused(exc, self._host, self._port) from exc
            stack.callback(self._close_listener)
            watching = asyncio.create_task(close_slow_readers(lambda: server.connections))
            stack.callback(watching.cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _close_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener:
            listener.close()


def _refused(error: OSError, host: str, port: int) -> InputError:
    if error.errno in _REASONS:
        return InputError(f"WHENANIME_HTTP__PORT: port {port} of {host} {_REASONS[error.errno]}.")
    return InputError(f"WHENANIME_HTTP__HOST: {host} cannot be listened on: {error.strerror or error}.")
