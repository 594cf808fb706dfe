"""The one door by which blocking work leaves the event loop: a few threads, a bounded queue, turns among users."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from bot.messages import UserId
from core.errors import BusyError, DeadlineError

T = TypeVar("T")

_REMEMBERED: Final = 32
"""Calls whose durations the next wait is estimated from."""
_FIRST_GUESS_S: Final = 1.0
_LEAST_WAIT_S: Final = 1.0
_ASIDE_THREADS: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """What somebody waits for."""

    user: UserId
    work: Callable[[], object]
    answer: asyncio.Future[object]


class Worker:
    """Runs blocking calls, at most `threads` at one time and `queue` waiting; an async context manager.

    Users take turns: whoever sends many waits for their own, not the others for them. What one user sent is taken in
    the order it came. Leaving the block refuses what waits with `BusyError` and waits for what is under way. All
    methods are for the loop that entered it.
    """

    def __init__(self, threads: int, queue: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = threads
        self._queue = queue
        self._clock = clock
        self._waiting: OrderedDict[UserId, deque[_Call]] = OrderedDict()
        self._under_way: set[asyncio.Future[object]] = set()
        self._spent_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._pool: ThreadPoolExecutor | None = None
        self._aside: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="worker")
        self._aside = ThreadPoolExecutor(_ASIDE_THREADS, thread_name_prefix="aside")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pools, self._pool, self._aside = (self._pool, self._aside), None, None
        for calls in self._waiting.values():
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(self._stopping())
        self._waiting.clear()
        for pool in filter(None, pools):
            await asyncio.get_running_loop().run_in_executor(None, pool.shutdown)

    @property
    def waiting(self) -> int:
        """Calls that have not begun."""
        return sum(len(calls) for calls in self._waiting.values())

    @property
    def under_way(self) -> int:
        """Calls that hold a thread."""
        return len(self._under_way)

    async def run(self, user: UserId, call: Callable[[], T], deadline_s: float) -> T:
        """What `call` returns or raises, when its turn has come.

        `BusyError` at once when too much is waiting, with a guess of when it is done. `DeadlineError` when it is not
        there after `deadline_s`; then, and when the task that waits is cancelled, a call that has not begun never
        does, and one under way is waited for by nobody, but holds its thread to its end.
        """
        if self._pool is None:
            raise self._stopping()
        if len(self._under_way) >= self._threads and self.waiting >= self._queue:
            raise BusyError("Too many pictures are waiting.", self._patience_s())
        asked = _Call(user, call, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(user, deque()).append(asked)
        self._begin()
        try:
            async with asyncio.timeout(deadline_s) as limit:
                return cast(T, await asked.answer)
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise DeadlineError(f"No answer within {deadline_s:.0f} seconds.", self._patience_s()) from exc
        finally:
            self._take_out(asked)

    async def aside(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises: short work on small files, or a hash, that need not stand in the queue."""
        if self._aside is None:
            raise self._stopping()
        return await asyncio.get_running_loop().run_in_executor(self._aside, call)

    def _begin(self) -> None:
        """Give free threads to whose turn it is."""
        while self._pool is not None and self._waiting and len(self._under_way) < self._threads:
            user, calls = self._waiting.popitem(last=False)
            call = calls.popleft()
            if calls:
                self._waiting[user] = calls
            end = partial(self._end, call, self._clock())
            begun = asyncio.wrap_future(self._pool.submit(call.work))
            self._under_way.add(begun)
            begun.add_done_callback(end)

    def _end(self, call: _Call, began_s: float, begun: asyncio.Future[Any]) -> None:
        self._spent_s.append(self._clock() - began_s)
        self._under_way.discard(begun)
        error = begun.exception()
        if not call.answer.done():
            if error is None:
                call.answer.set_result(begun.result())
            else:
                call.answer.set_exception(error)
        self._begin()

    def _take_out(self, call: _Call) -> None:
        calls = self._waiting.get(call.user, deque())
        if call in calls:
            calls.remove(call)
            if not calls:
                del self._waiting[call.user]

    def _patience_s(self) -> float:
        """When all that is waiting and under way should be done, by how long the last calls took."""
        each_s = sum(self._spent_s) / len(self._spent_s) if self._spent_s else _FIRST_GUESS_S
        return max(_LEAST_WAIT_S, each_s * (self.waiting + len(self._under_way)) / self._threads)

    def _stopping(self) -> BusyError:
        return BusyError("The bot is being stopped.", self._patience_s())
