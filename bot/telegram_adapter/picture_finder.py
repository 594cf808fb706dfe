"""Finds the picture of a message: photo, animation, video, sticker or file, as an upload that is read later."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from telegram import (
    Animation,
    Bot,
    Document,
    ExternalReplyInfo,
    File,
    Message,
    PaidMediaPhoto,
    PaidMediaVideo,
    PhotoSize,
    Sticker,
    Video,
    VideoNote,
)
from telegram.error import BadRequest, InvalidToken, TelegramError, TimedOut

from bot.chat_platform.retry import Retry
from bot.messages import Upload
from bot.telegram_adapter.platform_errors import is_token_refused, is_too_large
from bot.telegram_adapter.spec import TelegramSpec
from core.errors import FetchError, FetchProblem, InputError, PictureError, PictureProblem

Holder = Message | ExternalReplyInfo
"""A message, or the description of a message of another chat that is replied to."""

_Stored = PhotoSize | Animation | Document | Sticker | Video | VideoNote
_UNKNOWN_TYPES: Final = frozenset({"application/octet-stream", "application/x-unknown", ""})
"""MIME types of files whose kind is not known."""


@dataclass(frozen=True, slots=True)
class MessagePicture:
    """A picture of a message; `thumbnail`: it is the thumbnail of a video that is too large to be read."""

    upload: Upload
    thumbnail: bool = False


class PictureFinder:
    """Finds and reads the pictures of messages. `on_token_refused` is called when Telegram refuses the token."""

    def __init__(self, bot: Bot, spec: TelegramSpec, retry: Retry, on_token_refused: Callable[[], None]) -> None:
        self._bot = bot
        self._local = spec.local
        self._limit_bytes = spec.download_limit_bytes
        self._retry = retry
        self._on_token_refused = on_token_refused

    def picture_of(self, holder: Holder) -> MessagePicture | None:
        """The picture of a message in its largest size; `None` when it has none.

        For a file that is no readable picture it is an upload that raises an `InputError` when it is read.
        """
        photo = holder.photo or (holder.live_photo.photo if holder.live_photo else None)
        if photo:
            return self._file(max(photo, key=_pixels), "photo.jpg")
        # before documents: an animation comes with a document of the same file
        moving = holder.animation or holder.video or holder.video_note
        if moving:
            return self._video(moving)
        if holder.sticker:
            return self._sticker(holder.sticker)
        if holder.document:
            return self._document(holder.document)
        return self._paid(holder)

    def _file(self, file: _Stored, name: str) -> MessagePicture:
        read = partial(self._read, file.file_id, file.file_size)
        return MessagePicture(Upload(name, read, file.file_size))

    def _video(self, file: Animation | Video | VideoNote) -> MessagePicture:
        """The file; for one that is too large its cover or thumbnail, if it has one."""
        if file.file_size is not None and file.file_size > self._limit_bytes:
            covers = file.cover if isinstance(file, Video) else ()
            cover = max(covers, key=_pixels) if covers else file.thumbnail
            if cover:
                return MessagePicture(self._file(cover, "cover.jpg").upload, thumbnail=True)
        return self._file(file, getattr(file, "file_name", None) or "video.mp4")

    def _sticker(self, sticker: Sticker) -> MessagePicture:
        if sticker.is_animated:
            error = PictureError("An animated sticker is no picture.", PictureProblem.UNSUPPORTED, detail="TGS")
            return MessagePicture(Upload("sticker.tgs", _raising(error)))
        return self._file(sticker, "sticker.webm" if sticker.is_video else "sticker.webp")

    def _document(self, document: Document) -> MessagePicture:
        name, mime_type = document.file_name or "file", (document.mime_type or "").casefold()
        if mime_type in _UNKNOWN_TYPES or mime_type.startswith(("image/", "video/")):
            return self._picture_document(document, name, mime_type)
        suffix = PurePosixPath(name).suffix.lstrip(".").upper()
        problem = PictureProblem.UNSUPPORTED if suffix else PictureProblem.NOT_A_PICTURE
        return MessagePicture(Upload(name, _raising(PictureError(f"{name}: not a picture.", problem, detail=suffix))))

    def _picture_document(self, document: Document, name: str, mime_type: str) -> MessagePicture:
        too_large = document.file_size is not None and document.file_size > self._limit_bytes
        if too_large and document.thumbnail and mime_type.startswith("video/"):
            return MessagePicture(self._file(document.thumbnail, "cover.jpg").upload, thumbnail=True)
        return self._file(document, name)

    def _paid(self, holder: Holder) -> MessagePicture | None:
        for media in holder.paid_media.paid_media if holder.paid_media else ():
            if isinstance(media, PaidMediaPhoto):
                return self._file(max(media.photo, key=_pixels), "photo.jpg")
            if isinstance(media, PaidMediaVideo):
                return self._video(media.video)
        return None

    async def _read(self, file_id: str, size_bytes: int | None, limit_bytes: int) -> bytes:
        """Bytes of a file. `FetchError` when it is larger than `limit_bytes`, deleted, or cannot be read."""
        _check_size(size_bytes, min(limit_bytes, self._limit_bytes))
        try:
            file = await self._retry(lambda: self._bot.get_file(file_id))
        except TelegramError as exc:
            if is_token_refused(exc):
                self._on_token_refused()
            raise _fetch_error(exc) from exc
        _check_size(file.file_size, limit_bytes)
        try:
            data = await self._download(file, limit_bytes)
        except TelegramError as exc:
            raise _fetch_error(exc) from exc
        _check_size(len(data), limit_bytes)
        return data

    async def _download(self, file: File, limit_bytes: int) -> bytes:
        path = file.file_path
        if not path:
            raise FetchError(FetchProblem.NOT_FOUND, "Telegram gives no path for the file")
        if "://" in path:
            return bytes(await self._retry(file.download_as_bytearray))
        if not self._local:
            raise FetchError(FetchProblem.NOT_FOUND, "Telegram gives a path on this machine")
        try:
            return await to_thread(_read_start, Path(path), limit_bytes + 1)
        except OSError as exc:
            raise FetchError(FetchProblem.NOT_FOUND, "the Bot API server's file cannot be read") from exc


def _read_start(path: Path, size_bytes: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size_bytes)


def _check_size(size_bytes: int | None, limit_bytes: int) -> None:
    if size_bytes is not None and size_bytes > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, f"{size_bytes} bytes, more than {limit_bytes}")


def _fetch_error(error: TelegramError) -> FetchError:
    if is_too_large(error):
        return FetchError(FetchProblem.TOO_LARGE, error.message)
    if isinstance(error, BadRequest | InvalidToken):
        # python-telegram-bot takes the file server's 404 for an invalid token
        return FetchError(FetchProblem.NOT_FOUND, "the file is no longer there")
    if isinstance(error, TimedOut):
        return FetchError(FetchProblem.TOO_SLOW, "Telegram took too long to send the file")
    return FetchError(FetchProblem.UNREACHABLE, error.message)


def _pixels(size: PhotoSize) -> int:
    return size.width * size.height


def _raising(error: InputError) -> Callable[[int], Awaitable[bytes]]:
    async def read(limit_bytes: int) -> bytes:
        del limit_bytes
        raise error

    return read
