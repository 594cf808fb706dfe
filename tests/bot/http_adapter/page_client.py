"""A client of the pages that says it is a browser."""

import json
from collections.abc import Mapping

import aiohttp

from tests.bot.http_adapter.serving import Server

HTML = {"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0"}
PICTURE = b"a picture"


async def get(server: Server, path: str, **headers: str) -> tuple[int, Mapping[str, str], str]:
    async with server.session.get(server.url(path), headers=HTML | headers, allow_redirects=False) as response:
        return response.status, response.headers, await response.text()


async def post(server: Server, path: str, **fields: str) -> tuple[int, str]:
    async with server.session.post(server.url(path), data=fields, headers=HTML) as response:
        return response.status, await response.text()


async def search(server: Server, picture: bytes | None = PICTURE, **fields: str) -> tuple[int, str, str]:
    """Status, type and text of an answer; `accept` and `cookie` are headers."""
    form = aiohttp.FormData()
    headers = HTML | {
        name.title(): fields.pop(name) for name in ("accept", "cookie", "authorization") if name in fields
    }
    form.add_field("picture", picture or b"", filename="a.png" if picture else "", content_type="image/png")
    for name in ("url", "show", "season", "key"):
        form.add_field(name, fields.get(name, ""))
    if "no_themes" in fields:
        form.add_field("no_themes", fields["no_themes"])
    async with server.session.post(server.url("/"), data=form, headers=headers) as response:
        return response.status, response.content_type, await response.text()


def events(text: str) -> list[tuple[str, dict[str, str]]]:
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("event")]
    return [(lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))) for lines in blocks]
