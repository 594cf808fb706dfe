"""A client that speaks HTTP by hand, for what no library sends."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bot.http_adapter.serving import Server

LIMIT_S = 20.0
SECURITY_HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cache-Control",
)


@dataclass(frozen=True)
class RawAnswer:
    """What came back; `status` is 0 where the connection was closed without a response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@asynccontextmanager
async def connected(
    server: Server, source: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection from a loopback address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.adapter.port, local_addr=(source, 0))
    try:
        yield reader, writer
    finally:
        writer.close()


async def exchange(server: Server, sent: bytes, source: str = "127.0.0.1") -> RawAnswer:
    """The response to some bytes."""
    async with connected(server, source) as (reader, writer):
        writer.write(sent)
        return await received(reader)


async def received(reader: asyncio.StreamReader) -> RawAnswer:
    """The next response of a connection."""
    try:
        async with asyncio.timeout(LIMIT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            status_line, *lines = head.decode("latin-1").split("\r\n")[:-2]
            headers = dict(line.split(": ", 1) for line in lines)
            body = await reader.readexactly(int(headers.get("Content-Length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return RawAnswer(0, {}, b"")
    return RawAnswer(int(status_line.split()[1]), headers, body)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as bytes; `_` in the names of headers stands for `-`."""
    lines = [
        f"{method} {path} HTTP/1.1",
        *(() if "Host" in headers else ("Host: localhost",)),
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def files_with(folder: Path, content: bytes) -> list[str]:
    """Files below a folder that have some bytes in them, by their paths from there."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and content in path.read_bytes()
    )
