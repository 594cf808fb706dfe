"""Static files: a list fixed when the process starts, in memory, so that no path of a request reaches the disk.

Pages name them with the version of the whole list in the path, so that browsers keep them for good; the modules among
them name each other relative to that path.
"""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web

import bot.web

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_CHECKED: Final = "no-cache"
"""A browser may keep a file but asks whether it is still the same."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file; `etag` is of its content, `compressed` its body in gzip where that is smaller."""

    body: bytes
    content_type: str
    etag: str
    compressed: bytes | None


def read_static_files(folder: Path) -> dict[str, StaticFile]:
    """Files of a folder by name, without its subfolders."""
    return {path.name: _read(path) for path in sorted(folder.iterdir()) if path.is_file()}


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    compressed = gzip.compress(body, mtime=0)
    return StaticFile(
        body, kind + charset, f'"{sha256(body).hexdigest()[:16]}"', compressed if len(compressed) < len(body) else None
    )


def version_of(files: Mapping[str, StaticFile]) -> str:
    """The version of a list of files: another one when any of them changes."""
    return sha256("".join(file.etag for file in files.values()).encode()).hexdigest()[:12]


_FILES: Final = read_static_files(Path(bot.web.__file__).with_name("static"))
_VERSION: Final = version_of(_FILES)


def static_path(name: str) -> str:
    """The path of a file by which browsers keep it for good."""
    return f"/static/{_VERSION}/{name}"


async def static_file(request: web.Request) -> web.Response:
    """`GET /static/{version}/{name}`, and without or with another version the current file, which is not kept unasked;
    304 for a browser that has it, 404 for a name that is not in the list.
    """
    file = _FILES.get(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound
    cached = _IMMUTABLE if request.match_info.get("version") == _VERSION else _CHECKED
    headers = {"ETag": file.etag, "Cache-Control": cached, "Vary": "Accept-Encoding"}
    if file.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = file.content_type
    if file.compressed is not None and accepts_gzip(request.headers.get("Accept-Encoding", "")):
        # an ETag is of one encoding (RFC 9110, section 8.8.3); a weak one is of both
        headers |= {"Content-Encoding": "gzip", "ETag": f"W/{file.etag}"}
        return web.Response(body=file.compressed, headers=headers)
    return web.Response(body=file.body, headers=headers)


def accepts_gzip(header: str) -> bool:
    """Whether an `Accept-Encoding` header takes gzip (RFC 9110, section 12.5.3)."""
    for part in header.lower().replace(" ", "").split(","):
        coding, _, weight = part.partition(";q=")
        if coding == "gzip":
            return not weight or weight.strip("0.") != ""
    return False
