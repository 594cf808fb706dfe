"""Media routes: `/video/{id}`, `/image/{id}` and `/gif/{id}` with signed ids, as trace.moe's clients ask for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.http_adapter.clients import client_of
from bot.http_adapter.media import MediaKey, MediaKind, MediaSize
from bot.http_adapter.media_links import MediaLinkError, MediaLinkExpiredError
from bot.http_adapter.services import SERVICES
from core.errors import FileRemovedError, MediaError, ServiceError
from core.previews.spec import PreviewSides
from core.timecode import to_seconds

_ETAG: Final = '"v1"'
_CACHED: Final = "max-age=86400"
_SHORTEST_S: Final = 0.5
_LENGTHS: Final = {"minDuration": (0.5, 2.0), "maxDuration": (5.0, 5.0)}
"""Of each option its default and its most, in seconds."""


@dataclass(frozen=True, slots=True)
class MediaOptions:
    """An id and what is said behind it. Old clients append `&size=l&mute` to an address that has no `?`."""

    media_id: str
    size: MediaSize
    mute: bool
    sides: PreviewSides | None = None

    @classmethod
    def of(cls, request: web.Request) -> "MediaOptions":
        """`HTTPBadRequest` for a size that does not exist, or a length that is not allowed."""
        media_id, *appended = request.match_info["media_id"].split("&")
        values = dict(pair.partition("=")[::2] for pair in appended) | dict(request.query)
        try:
            size = MediaSize(values.get("size") or MediaSize.MEDIUM)
        except ValueError as exc:
            raise web.HTTPBadRequest(text="Bad Request. Invalid param: size") from exc
        return cls(media_id, size, "mute" in values, _sides(values))


def _sides(values: Mapping[str, str]) -> PreviewSides | None:
    """`minDuration` and `maxDuration`, seconds on each side of the moment; `None` without either of them."""
    if not _LENGTHS.keys() & values.keys():
        return None
    lengths_s = {}
    for name, (default_s, limit_s) in _LENGTHS.items():
        try:
            lengths_s[name] = float(values.get(name) or default_s)
        except ValueError as exc:
            raise web.HTTPBadRequest(text=f"Bad Request. Invalid param: {name}") from exc
        if not _SHORTEST_S <= lengths_s[name] <= limit_s:
            raise web.HTTPBadRequest(text=f"Bad Request. Invalid param: {name}")
    least_s, most_s = lengths_s.values()
    return PreviewSides(least_s, max(least_s, most_s))


async def video(request: web.Request) -> web.StreamResponse:
    """The scene as MP4, with its sound unless `mute`."""
    options = MediaOptions.of(request)
    return await _media(request, options, MediaKind.SILENT_MP4 if options.mute else MediaKind.MP4)


async def image(request: web.Request) -> web.StreamResponse:
    """The frame of the moment as JPEG."""
    return await _media(request, MediaOptions.of(request), MediaKind.JPEG)


async def gif(request: web.Request) -> web.StreamResponse:
    """The scene as GIF."""
    return await _media(request, MediaOptions.of(request), MediaKind.GIF)


async def _media(request: web.Request, options: MediaOptions, kind: MediaKind) -> web.StreamResponse:
    services = request.app[SERVICES]
    try:
        moment = services.links.read(options.media_id)
    except MediaLinkExpiredError:
        return web.Response(status=HTTPStatus.GONE, text="Gone")
    except MediaLinkError:
        return web.Response(status=HTTPStatus.FORBIDDEN, text="Forbidden")
    headers = {"Cache-Control": _CACHED, "ETag": _ETAG, "Cross-Origin-Resource-Policy": "cross-origin"}
    if _is_cached(request.headers.get("If-None-Match", "")):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        preview = await services.media.render(
            MediaKey(moment, kind, options.size, options.sides), client_of(request).user
        )
    except (FileRemovedError, MediaError):
        return web.Response(status=HTTPStatus.NOT_FOUND, text="Not found")
    except ServiceError as exc:
        wait = {"Retry-After": str(max(1, round(exc.retry_after_s)))}
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="Service Unavailable", headers=wait)
    if kind is not MediaKind.JPEG:
        headers["x-video-start"] = str(to_seconds(preview.from_ms))
        headers["x-video-end"] = str(to_seconds(preview.to_ms))
        headers["x-video-duration"] = str(to_seconds(preview.to_ms - preview.from_ms))
    return _ranged(request, preview.data, kind.content_type, headers)


def _is_cached(if_none_match: str) -> bool:
    """Whether a client has the media already; some send the tag back without its quotation marks."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in if_none_match.split(",")]
    return "*" in tags or _ETAG.strip('"') in tags


def _ranged(request: web.Request, data: bytes, content_type: str, headers: dict[str, str]) -> web.Response:
    """All of the data, or the one range that is asked for (RFC 9110): Safari plays no video without ranges."""
    headers |= {"Content-Type": content_type, "Accept-Ranges": "bytes"}
    try:
        part = request.http_range
    except ValueError:
        part = slice(None)
    if part.start is None and part.stop is None:
        return web.Response(body=data, headers=headers)
    start, stop, _step = part.indices(len(data))
    if start >= stop:
        unsatisfied = {"Content-Range": f"bytes */{len(data)}"}
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=unsatisfied)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=data[start:stop], headers=headers)


ROUTES = tuple(
    web.get(f"/{name}/{{media_id}}", handler) for name, handler in (("video", video), ("image", image), ("gif", gif))
)
"""Each answers GET and HEAD."""
