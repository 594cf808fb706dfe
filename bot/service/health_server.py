"""The health server: `/healthz` for the supervisor that restarts the bot, `/metrics` for Prometheus."""

import errno
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.metrics import CONTENT_TYPE, Metrics
from core.errors import InputError

_REASONS = {
    errno.EADDRINUSE: "is used by another program; set another one, or 0 for any that is free",
    errno.EACCES: "may not be opened without privileges; set one above 1023",
}


class HealthServer:
    """Serves while it is entered, as an async context manager; `port` 0 takes any port that is free.

    `health` says of each part whether it works. `/healthz` answers 200 when all do and 503 otherwise, and names each.
    Entering raises `InputError` when the address cannot be listened on.
    """

    def __init__(self, host: str, port: int, metrics: Metrics, health: Callable[[], Mapping[str, bool]]) -> None:
        self._host = host
        self._port = port
        self._metrics = metrics
        self._health = health
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; before and afterwards, the one from the settings."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._port

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/healthz", self._serve_health)
        app.router.add_get("/metrics", self._serve_metrics)
        app.on_response_prepare.append(_set_headers)
        async with AsyncExitStack() as stack:
            runner = web.AppRunner(app, access_log=None, handle_signals=False)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            try:
                await web.TCPSite(runner, self._host, self._port).start()
            except OSError as exc:
                raise _listen_error(exc, self._host, self._port) from exc
            stack.pop_all()
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    async def _serve_health(self, _request: web.Request) -> web.Response:
        parts = dict(self._health())
        well = all(parts.values())
        return web.json_response({"ok": well, "parts": parts}, status=200 if well else 503)

    async def _serve_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def _set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Hide the versions of libraries, and forbid caching."""
    response.headers["Server"] = "WhenAnime"
    response.headers["Cache-Control"] = "no-store"


def _listen_error(error: OSError, host: str, port: int) -> InputError:
    if error.errno in _REASONS:
        return InputError(f"WHENANIME_HTTP__PORT: port {port} of {host} {_REASONS[error.errno]}.")
    return InputError(f"WHENANIME_HTTP__HOST: {host} cannot be listened on: {error.strerror or error}.")
