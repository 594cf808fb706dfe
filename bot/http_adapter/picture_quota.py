"""Picture quotas: searches of a client in any 24 hours and at one time, by its address or its key."""

import asyncio
import hmac
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol

from bot.messages import UserId
from bot.storage.quota_file import QuotaSpan
from core.errors import LimitError, StorageError

_DAY_S: Final = 86_400
_SPAN_S: Final = 60
"""Searches of a client that begin within so long are counted, and leave the 24 hours, together."""
_RETRY_S: Final = 1.0
_SAVE_EVERY_S: Final = 5.0
_DIGEST_BYTES: Final = 16
_DIGEST_PURPOSE: Final = b"quota of "
_log = logging.getLogger(__name__)


class QuotaError(LimitError):
    """A client has searched as many pictures in 24 hours as it may."""


class ConcurrencyError(LimitError):
    """A client has as many searches under way as it may have."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a client may do: pictures in 24 hours, and searches at one time."""

    quota: int
    concurrency: int


class QuotaStore(Protocol):
    """Where counts outlive the process; `bot.storage.quota_file.QuotaFile` is one. Blocking."""

    def read(self, since_s: int) -> Sequence[QuotaSpan]:
        """The spans that began after `since_s`, the oldest first."""

    def write(self, spans: Sequence[QuotaSpan], until_s: int) -> None:
        """Store spans in place of those of the same client and start; forget those that began until `until_s`."""


@dataclass(slots=True)
class _Counts:
    """Pictures of one client: spans as [start, pictures], the oldest first, and their sum."""

    spans: deque[list[int]] = field(default_factory=deque)
    total: int = 0

    def add(self, now_s: int, pictures: int) -> list[int]:
        """The span that counts the pictures."""
        if not self.spans or self.spans[-1][0] + _SPAN_S <= now_s:
            self.spans.append([now_s, 0])
        self.spans[-1][1] += pictures
        self.total += pictures
        return self.spans[-1]

    def forget(self, until_s: int) -> None:
        """Drop the spans that began until then."""
        while self.spans and self.spans[0][0] <= until_s:
            self.total -= self.spans.popleft()[1]


class PictureQuota:
    """Counts searches; for one event loop.

    `secret` makes digests of clients, under which they are kept in a store. `clock` gives seconds since the epoch, and
    what began later than now is not counted: the clock was wrong then.
    """

    def __init__(self, secret: bytes = b"", clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock
        self._counts: dict[bytes, _Counts] = {}
        self._under_way: dict[UserId, int] = {}
        self._unsaved: dict[tuple[bytes, int], int] = {}

    @property
    def clients(self) -> int:
        """Clients that are counted now."""
        return len(self._counts)

    def used(self, user: UserId) -> int:
        """Searches of the last 24 hours that were answered."""
        return self._used(self._digest(user))

    @contextmanager
    def search(self, user: UserId, allowance: Allowance, count: int = 1) -> Iterator[None]:
        """A search of `count` pictures under way; it is counted when the block ends without an error.

        `QuotaError` says when the quota allows the next one, `ConcurrencyError` that others have to end first.
        """
        client = self._digest(user)
        if self._used(client) + count > allowance.quota:
            first_s = self._counts[client].spans[0][0] if client in self._counts else self._clock()
            raise QuotaError("The pictures of 24 hours are used up.", first_s + _DAY_S - self._clock())
        if self._under_way.get(user, 0) >= allowance.concurrency:
            raise ConcurrencyError("Too many searches at one time.", _RETRY_S)
        self._under_way[user] = self._under_way.get(user, 0) + 1
        try:
            yield
            self._add(client, count)
        finally:
            self._under_way[user] -= 1
            if not self._under_way[user]:
                del self._under_way[user]

    @asynccontextmanager
    async def saved(self, store: QuotaStore) -> AsyncIterator[None]:
        """Counts go on from those of a store, and are stored every few seconds and at the end of the block.

        A store that refuses is named in the log; counting goes on in memory.
        """
        try:
            self._restore(await asyncio.to_thread(store.read, int(self._clock()) - _DAY_S))
        except StorageError as exc:
            _log.warning("%s", exc)
        saving = asyncio.create_task(self._save_regularly(store))
        try:
            yield
        finally:
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            await self._save(store)

    async def _save_regularly(self, store: QuotaStore) -> None:
        works = True
        while True:
            await asyncio.sleep(_SAVE_EVERY_S)
            works = await self._save(store, say=works)

    async def _save(self, store: QuotaStore, *, say: bool = True) -> bool:
        """Whether the store has what was not stored yet; `say`: a refusal goes to the log."""
        if not self._unsaved:
            return True
        unsaved, self._unsaved = self._unsaved, {}
        spans = [QuotaSpan(client, start_s, pictures) for (client, start_s), pictures in unsaved.items()]
        try:
            await asyncio.shield(asyncio.to_thread(store.write, spans, int(self._clock()) - _DAY_S))
        except (StorageError, asyncio.CancelledError) as exc:
            self._unsaved = unsaved | self._unsaved  # written again: the same counts do no harm
            if isinstance(exc, asyncio.CancelledError):
                raise
            if say:
                _log.warning("%s Until it can be written, a restart forgets them.", exc)
            return False
        return True

    def _restore(self, spans: Sequence[QuotaSpan]) -> None:
        now_s = int(self._clock())
        for span in spans:
            if span.start_s <= now_s:
                counts = self._counts.setdefault(span.client, _Counts())
                counts.spans.append([span.start_s, span.pictures])
                counts.total += span.pictures

    def _used(self, client: bytes) -> int:
        counts = self._counts.get(client)
        if counts is None:
            return 0
        counts.forget(int(self._clock()) - _DAY_S)
        if not counts.spans:
            del self._counts[client]
        return counts.total

    def _add(self, client: bytes, pictures: int) -> None:
        for idle in list(self._counts)[:2]:
            self._used(idle)
        counts = self._counts[client] = self._counts.pop(client, _Counts())  # the longest idle stand first
        start_s, total = counts.add(int(self._clock()), pictures)
        self._unsaved[client, start_s] = total

    def _digest(self, user: UserId) -> bytes:
        return hmac.digest(self._secret, _DIGEST_PURPOSE + user.encode(), sha256)[:_DIGEST_BYTES]
