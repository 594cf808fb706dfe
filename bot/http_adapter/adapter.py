"""The HTTP adapter: listens, serves the application, and closes with the process."""

import errno
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from bot.http_adapter.application import new_application
from bot.http_adapter.services import HttpServices
from core.errors import InputError

_REASONS: Final = {
    errno.EADDRINUSE: "is used by another program; set another one, or 0 for any that is free",
    errno.EACCES: "may not be opened without privileges; set one above 1023",
}
_KEEP_ALIVE_S: Final = 30.0
_MAX_LINE_BYTES: Final = 8190
_MAX_FIELD_BYTES: Final = 8190


class HttpAdapter:
    """Serves while it is entered, as an async context manager; port 0 takes any port that is free.

    Entering raises `InputError` when the address cannot be listened on.
    """

    def __init__(self, services: HttpServices) -> None:
        self._services = services
        self._host, self._port = services.spec.host, services.spec.port
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; while nothing is, the one of the settings."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._port

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, self._host)  # noqa: S104  # what is listened on
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}/"

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            runner = web.AppRunner(
                new_application(self._services),
                access_log=None,
                handle_signals=False,
                keepalive_timeout=_KEEP_ALIVE_S,
                max_line_size=_MAX_LINE_BYTES,
                max_field_size=_MAX_FIELD_BYTES,
            )
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            try:
                await web.TCPSite(runner, self._host, self._port).start()
            except OSError as exc:
                raise _refused(exc, self._host, self._port) from exc
            stack.pop_all()
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()


def _refused(error: OSError, host: str, port: int) -> InputError:
    if error.errno in _REASONS:
        return InputError(f"WHENANIME_HTTP__PORT: port {port} of {host} {_REASONS[error.errno]}.")
    return InputError(f"WHENANIME_HTTP__HOST: {host} cannot be listened on: {error.strerror or error}.")
