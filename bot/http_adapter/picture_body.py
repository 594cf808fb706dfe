"""Picture of a request: a file of a form, the body itself, or a link; read into memory, never to disk."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn, TypeVar
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, hdrs, http_exceptions, web

from bot.messages import PictureUrl, Upload
from core.errors import FetchError, FetchProblem, InputError

T = TypeVar("T")
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_RAW_TYPES: Final = ("image/", "video/", "application/octet-stream", _FORM_TYPE)
"""Of a body that is the picture itself; the last is what `curl --data-binary` says, of `url=…` too."""
_CHUNK_BYTES: Final = 1 << 16
_TEXT_LIMIT_BYTES: Final = 8192
"""Of a form's field that is no file."""
_FIELDS_LIMIT: Final = 32
"""Fields of a form."""
_SLACK_BYTES: Final = 1 << 20
"""Of a form beside its picture: boundaries, headers, fields."""
GRACE_S: Final = 30.0
MIN_BYTES_S: Final = 64 << 10
"""A body has to arrive at this pace, after the first `GRACE_S`: a slow one holds memory."""


class BodyTooLargeError(InputError):
    """A picture, or a form, with more bytes than are taken."""


class BodyTypeError(InputError):
    """A body of a type, or with a compression, that is not read."""


class SlowBodyError(InputError):
    """A body that arrives too slowly."""


class SeveralPicturesError(InputError):
    """A form with more than one file."""


@dataclass(frozen=True, slots=True)
class PictureForm:
    """The picture of a request, if it has one, and the text fields of its form. `empty_file`: a file without a byte
    came in place of a picture.
    """

    picture: Upload | PictureUrl | None
    fields: dict[str, str]
    empty_file: bool = False


def is_picture_type(content_type: str) -> bool:
    """Whether a body of a media type can hold a picture: a form, or the picture itself."""
    return content_type == "multipart/form-data" or content_type.startswith(_RAW_TYPES)


async def read_picture(request: web.Request, limit_bytes: int) -> PictureForm:
    """The picture in a request's body: the only file of a form, whatever its field is called, the form's field `url`,
    the field `url` of a JSON object, or a raw body.

    `BodyTooLargeError` for more than `limit_bytes`, `BodyTypeError`, `SlowBodyError`; `SeveralPicturesError` for a
    second file; `InputError` for a body that breaks off.
    """
    kind = request.content_type
    slack_bytes = _SLACK_BYTES if kind == "multipart/form-data" else 0
    if request.content_length is not None and request.content_length > limit_bytes + slack_bytes:
        raise _too_large(limit_bytes)
    if not request.can_read_body:
        return PictureForm(None, {})
    if kind == "multipart/form-data":
        return await _read_form(_checked(request), limit_bytes)
    if kind == "application/json":
        return _from_json(await read_body(request, _TEXT_LIMIT_BYTES))
    if not kind.startswith(_RAW_TYPES):
        raise BodyTypeError(f"A body of the type {kind[:60]} is no picture; send image/*, video/* or a form.")
    body = await read_body(request, limit_bytes)
    url = _url_of_form(body) if kind == _FORM_TYPE else ""
    picture = PictureUrl(url) if url else upload("picture", body) if body else None
    return PictureForm(picture, {}, empty_file=not body)


async def read_body(request: web.Request, limit_bytes: int) -> bytes:
    """A request's body as it is. `BodyTooLargeError`, `BodyTypeError` for a compressed one, `SlowBodyError`, and
    `InputError` for one that breaks off.
    """
    pace = _Pace(_checked(request))
    try:
        return await _read_limited(pace.chunks(request.content.readany), limit_bytes)
    except web.RequestPayloadError as exc:
        raise InputError("The body breaks off.") from exc


def upload(name: str, body: bytes) -> Upload:
    """Bytes in memory as an upload."""
    return Upload(name, partial(_within, body), len(body))


async def _within(body: bytes, limit_bytes: int) -> bytes:
    if len(body) > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, "The picture is too large.")
    return body


class _Pace:
    """Reads a request's body while it arrives fast enough."""

    def __init__(self, request: web.Request) -> None:
        self._content = request.content
        self._began_s = asyncio.get_running_loop().time()

    async def wait(self, read: Awaitable[T]) -> T:
        """What `read` gives. `SlowBodyError` when the body falls behind."""
        due_s = self._began_s + GRACE_S + self._content.total_bytes / MIN_BYTES_S
        try:
            async with asyncio.timeout_at(due_s):
                return await read
        except TimeoutError as exc:
            raise SlowBodyError("The body arrives too slowly.") from exc

    async def chunks(self, read: Callable[[], Awaitable[bytes]]) -> AsyncIterator[bytes]:
        """All that `read` gives until it gives nothing."""
        while chunk := await self.wait(read()):
            yield chunk


async def _read_form(request: web.Request, limit_bytes: int) -> PictureForm:
    pace, parts = _Pace(request), 0
    picture: Upload | None = None
    fields: dict[str, str] = {}
    empty_file = False
    try:
        reader = await request.multipart()
        while (part := await pace.wait(reader.next())) is not None:
            parts += 1
            if not isinstance(part, BodyPartReader) or parts > _FIELDS_LIMIT:
                raise InputError(f"The form should have {_FIELDS_LIMIT} fields at most, and no form inside.")
            chunks = pace.chunks(partial(part.read_chunk, _CHUNK_BYTES))
            if part.filename is None and not (part.headers.get(hdrs.CONTENT_TYPE) or "text/").startswith(_RAW_TYPES):
                text = await _read_limited(chunks, _TEXT_LIMIT_BYTES)
                fields[part.name or ""] = text.decode("utf-8", "replace")
                continue
            content = await _read_limited(chunks, limit_bytes)
            if not content:
                empty_file = True
                continue  # a browser sends an empty file where none was chosen
            if picture is not None:
                raise SeveralPicturesError("One picture a request, please: the form has several files.")
            picture = upload(part.filename or "picture", content)
    except _BROKEN_FORM as exc:
        raise InputError("The form cannot be read: it is broken off or damaged.") from exc
    url = fields.pop("url", "").strip()
    return PictureForm(picture or (PictureUrl(url) if url else None), fields, empty_file)


_BROKEN_FORM: Final = (ValueError, AssertionError, web.RequestPayloadError, http_exceptions.HttpProcessingError)
"""What aiohttp raises for a form without its boundary, with damaged headers, or that ends too early."""


def _url_of_form(body: bytes) -> str:
    """The field `url` of a form without files; empty when the body is none."""
    if len(body) > _TEXT_LIMIT_BYTES or not body.isascii():
        return ""
    return dict(parse_qsl(body.decode("ascii"))).get("url", "").strip()


def _from_json(body: bytes) -> PictureForm:
    try:
        values = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise InputError("The body is no JSON.") from exc
    url = values.get("url") if isinstance(values, dict) else None
    if not isinstance(url, str) or not url.strip():
        raise InputError("The body should be an object with a link as url.")
    return PictureForm(PictureUrl(url.strip()), {})


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


async def _read_limited(chunks: AsyncIterator[bytes], limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
    return bytes(body)


def _checked(request: web.Request) -> web.Request:
    """The request, if its body is not compressed: what unpacks to a thousand times its size is no picture."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity")
    if encoding.lower() != "identity":
        raise BodyTypeError("A compressed body is not read; send it without Content-Encoding.")
    return request


def _too_large(limit_bytes: int) -> BodyTooLargeError:
    unit, shift = ("MiB", 20) if limit_bytes >= 1 << 20 else ("KiB", 10)
    return BodyTooLargeError(f"The body is larger than {limit_bytes >> shift} {unit}.")
