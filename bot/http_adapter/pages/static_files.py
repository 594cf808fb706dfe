"""Static files: a list fixed when the process starts, in memory, so that no path of a request reaches the disk."""

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

import bot.web

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_CACHED: Final = "no-cache"
"""A browser may keep a file but asks whether it is still the same."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file; `etag` is of its content."""

    body: bytes
    content_type: str
    etag: str


def read_static_files(folder: Path) -> dict[str, StaticFile]:
    """Files of a folder by name, without its subfolders."""
    return {path.name: _read(path) for path in sorted(folder.iterdir()) if path.is_file()}


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return StaticFile(body, kind + charset, f'"{sha256(body).hexdigest()[:16]}"')


_FILES: Final = read_static_files(Path(bot.web.__file__).with_name("static"))


async def static_file(request: web.Request) -> web.Response:
    """`GET /static/{name}`; 304 for a browser that has it, 404 for a name that is not in the list."""
    file = _FILES.get(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound
    headers = {"ETag": file.etag, "Cache-Control": _CACHED}
    if file.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=file.body, headers={**headers, "Content-Type": file.content_type})
