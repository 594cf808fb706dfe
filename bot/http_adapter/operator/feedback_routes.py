"""Routes of feedback: the pictures that users sent, and forms that mark an entry or delete it."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from aiohttp import web

from bot.http_adapter.operator.access import operator_form, require_operator
from bot.http_adapter.operator.feedback_view import PART, PICTURES_LIMIT
from bot.http_adapter.operator.paging import PageQuery
from bot.http_adapter.operator.sign_in import to_page
from bot.http_adapter.services import SERVICES
from core.errors import MediaError, PictureError
from core.files import storage_errors
from core.library.feedback import FeedbackEntry
from core.pictures.decoding import PictureLimits, read_picture
from core.pictures.file_types import FileKind, sniff
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import Rgb, area_resized
from core.search.frame_finder import frame_at
from core.timecode import START_MS
from core.video.source import VideoSource

DECODING: Final = web.AppKey("feedback pictures", asyncio.Semaphore)
DECODED_AT_ONCE: Final = 2
_WIDTH: Final = 640
_QUALITY: Final = 85
_HEAD_BYTES: Final = 4096


async def feedback_picture(request: web.Request) -> web.Response:
    """`GET /operator/feedback/{entry}/picture/{n}`: the picture, made anew as a JPEG, so that nothing that a user sent
    reaches the operator's browser as it was; of a clip its first frame. 404 when there is none, or it cannot be read.
    """
    require_operator(request)
    entry = await _entry(request)
    index = int(request.match_info["index"])
    store = request.app[SERVICES].feedback
    paths = await asyncio.to_thread(store.pictures, entry)
    if index >= min(len(paths), PICTURES_LIMIT):
        raise web.HTTPNotFound
    async with request.app[DECODING]:
        try:
            jpeg = await asyncio.to_thread(picture_jpeg, paths[index])
        except (PictureError, MediaError) as exc:
            raise web.HTTPNotFound from exc
    return web.Response(body=jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def mark_looked_at(request: web.Request) -> web.Response:
    """`POST /operator/feedback/{entry}/looked-at`."""
    return await _changed(request, request.app[SERVICES].feedback.mark_looked_at)


async def delete_entry(request: web.Request) -> web.Response:
    """`POST /operator/feedback/{entry}/delete`: the entry and its pictures."""
    return await _changed(request, request.app[SERVICES].feedback.delete)


def picture_jpeg(path: Path) -> bytes:
    """A picture that a user sent, as a JPEG at most 640 pixels wide. `PictureError` or `MediaError` when it cannot be
    read.
    """
    rgb = _first_frame(path)
    height, width = rgb.shape[:2]
    if width > _WIDTH:
        rgb = area_resized(rgb, _WIDTH, max(1, round(height * _WIDTH / width)))
    return encode_jpeg(np.ascontiguousarray(rgb), _QUALITY)


def _first_frame(path: Path) -> Rgb:
    with storage_errors(path, "cannot be read"), path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if sniff(head) is not FileKind.VIDEO:
        return read_picture(path, name=path.name, spec=PictureLimits(), size_hint=(_WIDTH, _WIDTH)).rgb
    frame = frame_at(VideoSource(path), START_MS, _WIDTH)
    if frame is None:
        raise MediaError(path, "it cannot be read")
    return frame


async def _changed(request: web.Request, change: Callable[[FeedbackEntry], None]) -> web.Response:
    """Change an entry as the form of a session asks for, and lead back to the list."""
    fields = await operator_form(request)
    entry = await _entry(request)
    await asyncio.to_thread(partial(change, entry))
    return to_page(PageQuery.of(fields).text, PART)


async def _entry(request: web.Request) -> FeedbackEntry:
    entry = await asyncio.to_thread(request.app[SERVICES].feedback.get, request.match_info["entry_id"])
    if entry is None:
        raise web.HTTPNotFound
    return entry
