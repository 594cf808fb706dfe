"""Web servers on loopback, well-behaved and broken, and a resolver with the test's addresses."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import numpy as np
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from PIL import Image

from core.errors import FetchError, FetchProblem

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LIMIT = 100_000
LOOPBACK = ("127.0.0.1",)
ALL = "0.0.0.0"  # noqa: S104  # for as long as a test runs: the whole of 127/8 is wanted


def _png() -> bytes:
    noise = np.random.default_rng(3).integers(0, 255, (24, 32, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


PNG = _png()


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    server = TestServer(app, host=host, port=port)
    async with server:
        yield server


@asynccontextmanager
async def saying(answer: bytes, *, close: bool = True) -> AsyncIterator[str]:
    """A server that reads one request, sends this answer and hangs up, or stays silent."""
    silent, ended = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        if not close:
            await silent.wait()
        writer.close()
        ended.set()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/shot.png"
        finally:
            silent.set()
            await ended.wait()


@contextmanager
def refusing(problem: FetchProblem, says: str | None = None) -> Iterator[None]:
    with pytest.raises(FetchError, match=says) as raised:
        yield
    assert raised.value.problem is problem, str(raised.value)
    assert str(raised.value).endswith(".")


async def picture(_request: web.Request) -> web.Response:
    return web.Response(body=PNG, content_type="image/png")


class Names(AbstractResolver):
    """Resolves any name to these addresses in turn; the last ones repeat."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = answers
        self.hosts: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        answer = self._answers[min(len(self.hosts), len(self._answers) - 1)]
        self.hosts.append(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in answer
        ]

    async def close(self) -> None:
        pass


class NoNames(Names):
    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        raise AssertionError(f"{host} was looked up")
