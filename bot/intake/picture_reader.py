"""Reading pictures: files on a platform, and links that users typed."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.messages import PictureUrl, Upload
from core.errors import FetchError, FetchProblem, InputError


class UrlFetcher(Protocol):
    """Reads links; `bot.intake.link_fetcher.LinkFetcher` is one."""

    async def fetch(self, url: str, limit_bytes: int) -> bytes:
        """The file at an untrusted address; `FetchError` when it cannot be had."""


class PictureReader:
    """Reads pictures, none larger than `limit_bytes`; over all requests at most `downloads` files of platforms at one
    time, and as many links, so that slow links do not delay files.
    """

    def __init__(self, links: UrlFetcher, *, downloads: int, limit_bytes: int, links_allowed: bool) -> None:
        self._links = links
        self._limit_bytes = limit_bytes
        self._links_allowed = links_allowed
        self._upload_slots = asyncio.Semaphore(downloads)
        self._link_slots = asyncio.Semaphore(downloads)

    async def read(self, pictures: Sequence[Upload | PictureUrl]) -> list[bytes | InputError]:
        """The bytes of each picture, or why it cannot be read, in their order. Any other error is raised."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._bytes_or_error(picture)) for picture in pictures]
        outcomes: list[bytes | InputError] = []
        for outcome in (task.result() for task in tasks):
            if isinstance(outcome, Exception) and not isinstance(outcome, InputError):
                raise outcome
            outcomes.append(outcome)
        return outcomes

    async def _bytes_or_error(self, picture: Upload | PictureUrl) -> bytes | Exception:
        """The bytes, or any error as a value, so that the task group does not cancel the other pictures."""
        try:
            async with self._link_slots if isinstance(picture, PictureUrl) else self._upload_slots:
                return await self._bytes(picture)
        except Exception as exc:  # noqa: BLE001  # raised again by `read`
            return exc

    async def _bytes(self, picture: Upload | PictureUrl) -> bytes:
        if isinstance(picture, PictureUrl):
            if not self._links_allowed:
                raise FetchError(FetchProblem.REFUSED, "links are not followed here (bot.links)")
            return await self._links.fetch(picture.url, self._limit_bytes)
        if picture.size_bytes is not None and picture.size_bytes > self._limit_bytes:
            raise FetchError(FetchProblem.TOO_LARGE, f"{picture.size_bytes} bytes, more than {self._limit_bytes}")
        data = await picture.read(self._limit_bytes)
        if len(data) > self._limit_bytes:
            raise FetchError(FetchProblem.TOO_LARGE, f"more than {self._limit_bytes} bytes")
        return data
