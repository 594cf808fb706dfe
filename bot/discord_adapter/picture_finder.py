"""The pictures in a message: attachments, what it forwards, what its links show, stickers."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import discord

from bot.dispatch.protocol import PlatformFetcher
from bot.intake.typed_options import find_links
from bot.messages import PictureUrl, Upload
from core.errors import FetchError, FetchProblem

_PICTURE_TYPES = ("image/", "video/")
_PICTURE_SUFFIX = re.compile(
    r"\.(png|jpe?g|gif|webp|avif|heic|heif|bmp|tiff?|jxl|apng|mp4|webm|mov|mkv|m4v)$", re.IGNORECASE
)
_SPOILER_LINK = re.compile(r"\|\|[^|]*https?://[^|]*\|\|")
_PICTURE_EMBEDS = ("image", "gifv")
"""Sorts of embeds that are nothing but a picture."""
_RETRY_PAUSE_S = 0.5

Pictures = tuple[Upload | PictureUrl, ...]


@dataclass(frozen=True, slots=True)
class MessagePictures:
    """Pictures, and whether the one who sent them had hidden them; `drawn`: there are none but a sticker that is a
    drawing in vectors (Lottie), which nobody can look up.
    """

    pictures: Pictures = ()
    spoiler: bool = False
    vector_sticker: bool = False


class PictureFinder:
    """Finds pictures; they are read later, from the platform's own hosts only. `pause` waits so many seconds before a
    file that those hosts failed to give out is read once more.
    """

    def __init__(
        self, fetcher: PlatformFetcher, hosts: Sequence[str], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._fetcher = fetcher
        self._hosts = tuple(hosts)
        self._pause = pause

    def of_message(self, message: discord.Message, *, explicit: bool) -> MessagePictures:
        """All of a message and of those that it forwards.

        `asked`: somebody wants this message looked at, so that files of any kind and previews of pages count too.
        """
        parts = _parts(message)
        attachments = self._of_attachments([one for part in parts for one in part.attachments], explicit=explicit)
        if attachments.pictures:
            return attachments
        embeds = [embed for part in parts for embed in part.embeds if explicit or embed.type in _PICTURE_EMBEDS]
        pictures = tuple(picture for embed in embeds if (picture := self._of_embed(embed)))
        if pictures:
            return MessagePictures(pictures, _has_spoiler_link(parts))
        return self._of_stickers([one for part in parts for one in part.stickers]) if explicit else MessagePictures()

    def of_links(self, message: discord.Message) -> MessagePictures:
        """What a message and those that it forwards link to, whatever it is."""
        parts = _parts(message)
        links = dict.fromkeys(url for part in parts for url in find_links(part.content))
        return MessagePictures(tuple(map(PictureUrl, links)), _has_spoiler_link(parts))

    def of_visible_links(self, message: discord.Message) -> MessagePictures:
        """Pictures that somebody who scrolls past sees, or would see: the large picture of any embed, and links to
        what by its name is a picture.
        """
        large = tuple(
            picture
            for part in _parts(message)
            for embed in part.embeds
            if embed.image.url and (picture := self._of_embed(embed))
        )
        if large:
            return MessagePictures(large, _has_spoiler_link(_parts(message)))
        links = self.of_links(message)
        named = tuple(
            one for one in links.pictures if isinstance(one, PictureUrl) and _PICTURE_SUFFIX.search(_path(one.url))
        )
        return MessagePictures(named, links.spoiler) if named else MessagePictures()

    def of_attachment(self, attachment: discord.Attachment) -> MessagePictures:
        """One file that somebody chose."""
        return self._of_attachments([attachment], explicit=True)

    def _of_attachments(self, attachments: Sequence[discord.Attachment], *, explicit: bool) -> MessagePictures:
        chosen = [one for one in attachments if _is_picture(one)] or (attachments if explicit else [])
        return MessagePictures(
            tuple(self._upload(one.filename, one.url, one.size) for one in chosen),
            any(one.is_spoiler() for one in chosen),
        )

    def _of_embed(self, embed: discord.Embed) -> Upload | PictureUrl | None:
        for media in (embed.image, embed.thumbnail):
            for url in (media.proxy_url, media.url):
                if url and urlsplit(url).hostname in self._hosts:
                    return self._upload(urlsplit(url).path.rpartition("/")[2] or "picture", url)
            if media.url:
                return PictureUrl(media.url)
        return None

    def _of_stickers(self, stickers: Sequence[discord.StickerItem]) -> MessagePictures:
        pictures = tuple(
            self._upload(one.name, one.url) for one in stickers if one.format is not discord.StickerFormatType.lottie
        )
        return MessagePictures(pictures, vector_sticker=bool(stickers) and not pictures)

    def _upload(self, name: str, url: str, size_bytes: int | None = None) -> Upload:
        return Upload(name, partial(self._read, url), size_bytes, url)

    async def _read(self, url: str, limit_bytes: int) -> bytes:
        try:
            return await self._fetcher.fetch_from(url, limit_bytes, self._hosts)
        except FetchError as error:
            if error.problem is not FetchProblem.UNREACHABLE:
                raise
        await self._pause(_RETRY_PAUSE_S)
        return await self._fetcher.fetch_from(url, limit_bytes, self._hosts)


def _parts(message: discord.Message) -> list[discord.Message | discord.MessageSnapshot]:
    """A message, and those that it forwards."""
    return [message, *message.message_snapshots]


def _path(url: str) -> str:
    """Path of an address that `find_links` has found."""
    return urlsplit(url).path


def _is_picture(attachment: discord.Attachment) -> bool:
    content_type = attachment.content_type or ""
    return content_type.startswith(_PICTURE_TYPES) or _PICTURE_SUFFIX.search(attachment.filename) is not None


def _has_spoiler_link(parts: Iterable[discord.Message | discord.MessageSnapshot]) -> bool:
    """Whether a link is behind spoiler marks."""
    return any(_SPOILER_LINK.search(part.content) for part in parts)
