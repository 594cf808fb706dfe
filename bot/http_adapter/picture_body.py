"""Picture of a request: a file of a form, the body itself, or a link; read into memory, never to disk."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import BodyPartReader, web

from bot.messages import PictureUrl, Upload
from core.errors import FetchError, FetchProblem, InputError

_RAW_TYPES: Final = ("image/", "video/", "application/octet-stream", "application/x-www-form-urlencoded")
"""Of a body that is the picture itself; the last is what `curl --data-binary` says."""
_CHUNK_BYTES: Final = 1 << 16
_TEXT_LIMIT_BYTES: Final = 8192
"""Of a form's field that is no file."""


class BodyTooLargeError(InputError):
    """A picture, or a form, with more bytes than are taken."""


@dataclass(frozen=True, slots=True)
class PictureForm:
    """The picture of a request, if it has one, and the text fields of its form."""

    picture: Upload | PictureUrl | None
    fields: dict[str, str]


async def read_picture(request: web.Request, limit_bytes: int) -> PictureForm:
    """The picture in a request's body: the first file of a form, whatever its field is called, the form's field
    `url`, the field `url` of a JSON object, or a raw body.

    `BodyTooLargeError` for more than `limit_bytes`; `InputError` for a second file or a body that breaks off.
    """
    kind = request.content_type
    if request.content_length is not None and request.content_length > limit_bytes + _TEXT_LIMIT_BYTES:
        raise _too_large(limit_bytes)
    if kind == "multipart/form-data":
        return await _read_form(request, limit_bytes)
    if not request.can_read_body:
        return PictureForm(None, {})
    if kind == "application/json":
        return await _read_json(request)
    if not kind.startswith(_RAW_TYPES):
        raise InputError(f"A body of the type {kind[:60]} is no picture; send image/*, video/* or a form with a file.")
    body = await _read_limited(request.content.iter_chunked(_CHUNK_BYTES), limit_bytes)
    return PictureForm(upload("picture", body) if body else None, {})


def upload(name: str, body: bytes) -> Upload:
    """Bytes in memory as an upload."""
    return Upload(name, partial(_within, body), len(body))


async def _within(body: bytes, limit_bytes: int) -> bytes:
    if len(body) > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, "The picture is too large.")
    return body


async def _read_form(request: web.Request, limit_bytes: int) -> PictureForm:
    picture: Upload | None = None
    fields: dict[str, str] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise InputError("A form inside a form cannot be read.")
            if part.filename is None and not (part.headers.get("Content-Type") or "text/").startswith(_RAW_TYPES):
                text = await _read_limited(_chunks(part), _TEXT_LIMIT_BYTES)
                fields[part.name or ""] = text.decode("utf-8", "replace")
                continue
            content = await _read_limited(_chunks(part), limit_bytes)
            if not content and picture is None:
                continue  # a browser sends an empty file where none was chosen
            if picture is not None:
                raise InputError("One picture a request, please: the form has several files.")
            picture = upload(part.filename or "picture", content)
    except (ValueError, AssertionError) as exc:
        raise InputError("The form cannot be read: it is broken off or damaged.") from exc
    url = fields.pop("url", "").strip()
    return PictureForm(picture or (PictureUrl(url) if url else None), fields)


async def _read_json(request: web.Request) -> PictureForm:
    body = await _read_limited(request.content.iter_chunked(_CHUNK_BYTES), _TEXT_LIMIT_BYTES)
    try:
        values = json.loads(body)
    except ValueError as exc:
        raise InputError("The body is no JSON.") from exc
    url = values.get("url") if isinstance(values, dict) else None
    return PictureForm(PictureUrl(url.strip()) if isinstance(url, str) and url.strip() else None, {})


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        yield chunk


async def _read_limited(chunks: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
    return bytes(body)


def _too_large(limit_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"The picture is larger than {limit_bytes >> 20} MiB.")
