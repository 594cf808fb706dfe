"""The pictures in a message: attachments, what it forwards, what its links show, stickers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import discord

from bot.discord_adapter.ports import Fetching
from bot.messages import Link, Upload

_MOVING_OR_STILL = ("image/", "video/")
_SUFFIXES = re.compile(r"\.(png|jpe?g|gif|webp|avif|heic|heif|bmp|tiff?|jxl|apng|mp4|webm|mov|mkv|m4v)$", re.IGNORECASE)
_HIDDEN_LINK = re.compile(r"\|\|[^|]*https?://[^|]*\|\|")
_SHOWN_BY_ITSELF = ("image", "gifv")
"""Sorts of embeds that are nothing but a picture."""

Pictures = tuple[Upload | Link, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Pictures, and whether the one who sent them had hidden them."""

    pictures: Pictures = ()
    spoiler: bool = False


class PictureFinder:
    """Finds pictures; they are read later, from the platform's own hosts only."""

    def __init__(self, fetcher: Fetching, hosts: Sequence[str]) -> None:
        self._fetcher = fetcher
        self._hosts = tuple(hosts)

    def of_message(self, message: discord.Message, *, asked: bool) -> Found:
        """All of a message and of those that it forwards.

        `asked`: somebody wants this message looked at, so that files of any kind and previews of pages count too.
        """
        parts: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
        attachments = self._of_attachments([one for part in parts for one in part.attachments], asked=asked)
        if attachments.pictures:
            return attachments
        embeds = [embed for part in parts for embed in part.embeds if asked or embed.type in _SHOWN_BY_ITSELF]
        shown = tuple(picture for embed in embeds if (picture := self._of_embed(embed)))
        if shown:
            return Found(shown, any(_HIDDEN_LINK.search(part.content) for part in parts))
        return Found(self._of_stickers(one for part in parts for one in part.stickers) if asked else ())

    def of_attachment(self, attachment: discord.Attachment) -> Found:
        """One file that somebody chose."""
        return self._of_attachments([attachment], asked=True)

    def _of_attachments(self, attachments: Sequence[discord.Attachment], *, asked: bool) -> Found:
        chosen = [one for one in attachments if _is_picture(one)] or (attachments if asked else [])
        return Found(
            tuple(self._upload(one.filename, one.url, one.size) for one in chosen),
            any(one.is_spoiler() for one in chosen),
        )

    def _of_embed(self, embed: discord.Embed) -> Upload | Link | None:
        for shown in (embed.image, embed.thumbnail):
            for url in (shown.proxy_url, shown.url):
                if url and urlsplit(url).hostname in self._hosts:
                    return self._upload(urlsplit(url).path.rpartition("/")[2] or "picture", url)
            if shown.url:
                return Link(shown.url)
        return None

    def _of_stickers(self, stickers: Iterable[discord.StickerItem]) -> Pictures:
        return tuple(
            self._upload(one.name, one.url) for one in stickers if one.format is not discord.StickerFormatType.lottie
        )

    def _upload(self, name: str, url: str, size_bytes: int | None = None) -> Upload:
        return Upload(name, partial(self._read, url), size_bytes, url)

    async def _read(self, url: str, limit_bytes: int) -> bytes:
        return await self._fetcher.fetch_from(url, limit_bytes, self._hosts)


def _is_picture(attachment: discord.Attachment) -> bool:
    kind = attachment.content_type or ""
    return kind.startswith(_MOVING_OR_STILL) or _SUFFIXES.search(attachment.filename) is not None


def hides_links(text: str) -> bool:
    """Whether a link in a text is behind spoiler marks."""
    return _HIDDEN_LINK.search(text) is not None
