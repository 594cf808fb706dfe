"""Finds the pictures of a message: attachments, embeds, stickers, links, also in messages that it forwards."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import discord

from bot.chat_platform.retry import Retry
from bot.dispatch.protocol import PlatformFetcher
from bot.intake.typed_options import find_links
from bot.messages import PictureUrl, Upload
from core.errors import FetchError, FetchProblem
from core.pictures.file_types import is_posted_picture

_PICTURE_TYPES = ("image/", "video/")
_SPOILER_LINK = re.compile(r"\|\|[^|]*https?://[^|]*\|\|")
_PICTURE_EMBEDS = ("image", "gifv")
"""Types of embeds that consist of a picture."""
_ATTEMPTS = 2
_RETRY_PAUSE_S = 0.5

Pictures = tuple[Upload | PictureUrl, ...]


@dataclass(frozen=True, slots=True)
class MessagePictures:
    """Pictures of a message, and whether their author hid them; `vector_sticker`: there are none but a sticker in a
    vector format (Lottie), which cannot be searched for.
    """

    pictures: Pictures = ()
    spoiler: bool = False
    vector_sticker: bool = False


class PictureFinder:
    """Finds pictures, as uploads that are read later and from the platform's `hosts` only. A file that could not be
    read from there is read once more; `pause` waits in seconds before that.

    `explicit`: a user asks for this message, so that files of any type and previews of pages count too.
    """

    def __init__(
        self, fetcher: PlatformFetcher, hosts: Sequence[str], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._fetcher = fetcher
        self._hosts = tuple(hosts)
        self._retry = Retry(_is_temporary, attempts=_ATTEMPTS, pause_s=_RETRY_PAUSE_S, sleep=pause)

    def of_message(self, message: discord.Message, *, explicit: bool) -> MessagePictures:
        """The attachments of a message and of those that it forwards; or else its embeds, or else its stickers."""
        parts = _parts(message)
        files = [attachment for part in parts for attachment in part.attachments]
        attachments = self._of_attachments(files, explicit=explicit)
        if attachments.pictures:
            return attachments
        embeds = [embed for part in parts for embed in part.embeds if explicit or embed.type in _PICTURE_EMBEDS]
        pictures = tuple(picture for embed in embeds if (picture := self._of_embed(embed)))
        if pictures:
            return MessagePictures(pictures, _has_spoiler_link(parts))
        stickers = [sticker for part in parts for sticker in part.stickers]
        return self._of_stickers(stickers) if explicit else MessagePictures()

    def of_links(self, message: discord.Message) -> MessagePictures:
        """All links in a message and in those that it forwards, whatever they link to."""
        parts = _parts(message)
        links = dict.fromkeys(url for part in parts for url in find_links(part.content))
        return MessagePictures(tuple(map(PictureUrl, links)), _has_spoiler_link(parts))

    def of_visible_links(self, message: discord.Message) -> MessagePictures:
        """Links whose picture is visible in the chat: the large picture of any embed, or else links to names with a
        picture's suffix.
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
        named = tuple(link for link in links.pictures if _is_picture_link(link))
        return MessagePictures(named, links.spoiler) if named else MessagePictures()

    def of_attachment(self, attachment: discord.Attachment) -> MessagePictures:
        """A file in an option of a slash command."""
        return self._of_attachments([attachment], explicit=True)

    def _of_attachments(self, attachments: Sequence[discord.Attachment], *, explicit: bool) -> MessagePictures:
        pictures = [attachment for attachment in attachments if _is_picture(attachment)]
        files = pictures or (attachments if explicit else [])
        return MessagePictures(
            tuple(self._upload(file.filename, file.url, file.size) for file in files),
            any(file.is_spoiler() for file in files),
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
            self._upload(sticker.name, sticker.url)
            for sticker in stickers
            if sticker.format is not discord.StickerFormatType.lottie
        )
        return MessagePictures(pictures, vector_sticker=bool(stickers) and not pictures)

    def _upload(self, name: str, url: str, size_bytes: int | None = None) -> Upload:
        return Upload(name, partial(self._read, url), size_bytes, url)

    async def _read(self, url: str, limit_bytes: int) -> bytes:
        return await self._retry(partial(self._fetcher.fetch_from, url, limit_bytes, self._hosts))


def _is_temporary(error: Exception) -> bool:
    return isinstance(error, FetchError) and error.problem is FetchProblem.UNREACHABLE


def _parts(message: discord.Message) -> list[discord.Message | discord.MessageSnapshot]:
    """A message and those that it forwards."""
    return [message, *message.message_snapshots]


def _is_picture_link(link: Upload | PictureUrl) -> bool:
    """Whether it is a link whose path has the suffix of a picture."""
    return isinstance(link, PictureUrl) and is_posted_picture(urlsplit(link.url).path)


def _is_picture(attachment: discord.Attachment) -> bool:
    content_type = attachment.content_type or ""
    return content_type.startswith(_PICTURE_TYPES) or is_posted_picture(attachment.filename)


def _has_spoiler_link(parts: Iterable[discord.Message | discord.MessageSnapshot]) -> bool:
    """Whether a link is between spoiler marks."""
    return any(_SPOILER_LINK.search(part.content) for part in parts)
