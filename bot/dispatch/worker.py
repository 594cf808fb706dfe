"""The worker: blocking work outside the event loop, on a few threads, from a bounded queue, with turns among users."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from bot.messages import UserId
from core.errors import BusyError, DeadlineError

T = TypeVar("T")

_DURATIONS: Final = 32
"""Calls from whose durations the next wait is estimated."""
_FIRST_GUESS_S: Final = 1.0
_MIN_WAIT_S: Final = 1.0
_UNQUEUED_THREADS: Final = 2
_LATE_CHECK_S: Final = 0.5
"""How often it is checked whether waiting calls will still be in time."""
_OVERLOADED_SHARE: Final = 0.25
"""The share of a call's time limit above which waiting calls overload the worker, so that extras are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """A call that is waited for; `due_s` is its deadline by the worker's clock."""

    user: UserId
    work: Callable[[], object]
    answer: asyncio.Future[object]
    due_s: float


class Worker:
    """Runs blocking calls, at most `threads` at one time and `queue` waiting; an async context manager.

    Users take turns, so that one who sends many delays only their own; calls of one user keep their order. A call that
    cannot be done by its deadline, judged by how long the last ones took, is refused: at once, or as soon as that
    shows. Leaving the block refuses waiting calls with `BusyError` and waits for those under way. `after_call` is
    called in its thread after each call. All methods are for the loop that entered it; `overloaded` may be read from
    any thread.
    """

    def __init__(
        self,
        threads: int,
        queue: int,
        clock: Callable[[], float] = time.monotonic,
        after_call: Callable[[], None] = lambda: None,
    ) -> None:
        self._threads = threads
        self._queue = queue
        self._clock = clock
        self._after_call = after_call
        self._waiting: OrderedDict[UserId, deque[_Call]] = OrderedDict()
        self._running: dict[asyncio.Future[object], float] = {}  # when each began
        self._overloaded = False
        self._late_check: asyncio.TimerHandle | None = None
        self._durations_s: deque[float] = deque(maxlen=_DURATIONS)
        self._pool: ThreadPoolExecutor | None = None
        self._unqueued_pool: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="worker")
        self._unqueued_pool = ThreadPoolExecutor(_UNQUEUED_THREADS, thread_name_prefix="unqueued")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pools, self._pool, self._unqueued_pool = (self._pool, self._unqueued_pool), None, None
        for calls in self._waiting.values():
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(self._stopping_error())
        self._waiting.clear()
        if self._late_check is not None:
            self._late_check.cancel()
        for pool in filter(None, pools):
            await asyncio.get_running_loop().run_in_executor(None, pool.shutdown)

    @property
    def waiting(self) -> int:
        """Calls that have not begun."""
        return sum(len(calls) for calls in self._waiting.values())

    @property
    def running(self) -> int:
        """Calls that hold a thread."""
        return len(self._running)

    @property
    def overloaded(self) -> bool:
        """Whether calls should be short: when the last one began, the estimated time for all waiting calls was more
        than a quarter of its time limit.
        """
        return self._overloaded

    def wait_s(self, user: UserId) -> float:
        """Seconds until a call of this user would be done if it came now; an estimate."""
        return self._call_s() * (1 + self._calls_ahead(user) // self._threads)

    def queue_position(self, user: UserId) -> tuple[int, float]:
        """Calls that are begun before the first one of this user that waits, and seconds until that should be done;
        of a user whose call is under way, or who has none, 0 and how long a call takes.
        """
        users = [call.user for call in self._in_turn()]
        if user not in users:
            return 0, self._call_s()
        before = users.index(user)
        return before, self._call_s() * (1 + (before + len(self._running)) // self._threads)

    async def run(self, user: UserId, call: Callable[[], T], deadline_s: float) -> T:
        """Returns or raises what `call` does, when its turn has come.

        `BusyError` when too much is waiting for it to be done within `deadline_s`, with an estimate of when to try
        again: at once, or later when calls before it take longer than expected. `DeadlineError` when it is not done
        after `deadline_s`; then, and when the task that waits is cancelled, a call that has not begun never does, and
        one under way holds its thread to its end.
        """
        if self._pool is None:
            raise self._stopping_error()
        too_late = bool(self._durations_s) and self.wait_s(user) > deadline_s
        if len(self._running) >= self._threads and (self.waiting >= self._queue or too_late):
            raise self._busy_error()
        waiter = _Call(user, call, asyncio.get_running_loop().create_future(), self._clock() + deadline_s)
        self._waiting.setdefault(user, deque()).append(waiter)
        self._begin()
        self._schedule_late_check()
        try:
            async with asyncio.timeout(deadline_s) as limit:
                return cast(T, await waiter.answer)
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise DeadlineError(f"No answer within {deadline_s:.0f} seconds.", self._retry_after_s()) from exc
        finally:
            self._remove(waiter)

    async def run_unqueued(self, call: Callable[[], T]) -> T:
        """Returns or raises what `call` does, without a queue: for short work on small files, or a hash."""
        if self._unqueued_pool is None:
            raise self._stopping_error()
        return await asyncio.get_running_loop().run_in_executor(self._unqueued_pool, call)

    def _begin(self) -> None:
        """Give free threads to the users whose turn it is."""
        while self._pool is not None and self._waiting and len(self._running) < self._threads:
            user, calls = self._waiting.popitem(last=False)
            call = calls.popleft()
            if calls:
                self._waiting[user] = calls
            began_s = self._clock()
            left_s = call.due_s - began_s
            self._overloaded = self._call_s() * self.waiting / self._threads > _OVERLOADED_SHARE * left_s
            begun = asyncio.wrap_future(self._pool.submit(self._work, call.work))
            self._running[begun] = began_s
            begun.add_done_callback(partial(self._end, call))

    def _work(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            self._after_call()

    def _end(self, call: _Call, begun: asyncio.Future[Any]) -> None:
        self._durations_s.append(self._clock() - self._running.pop(begun))
        error = begun.exception()
        if not call.answer.done():
            if error is None:
                call.answer.set_result(begun.result())
            else:
                call.answer.set_exception(error)
        self._begin()
        self._refuse_late()

    def _schedule_late_check(self) -> None:
        if self._late_check is None and self._waiting:
            self._late_check = asyncio.get_running_loop().call_later(_LATE_CHECK_S, self._check_late)

    def _check_late(self) -> None:
        self._late_check = None
        self._refuse_late()
        self._schedule_late_check()

    def _refuse_late(self) -> None:
        """Refuse waiting calls that can no longer be done by their deadline."""
        call_s, now_s = self._call_s(guess_s=0.0), self._clock()
        place = len(self._running)
        for call in self._in_turn():
            if now_s + call_s * (1 + place // self._threads) > call.due_s and not call.answer.done():
                self._remove(call)
                call.answer.set_exception(self._busy_error())
            else:
                place += 1

    def _in_turn(self) -> list[_Call]:
        """Waiting calls in the order in which they will begin if nothing more comes."""
        rounds = zip_longest(*self._waiting.values())
        return [call for turn in rounds for call in turn if call is not None]

    def _calls_ahead(self, user: UserId) -> int:
        """Calls that would be begun before one of this user that comes now, or hold a thread."""
        own = len(self._waiting.get(user, ()))
        other_calls = sum(min(len(calls), own + 1) for name, calls in self._waiting.items() if name != user)
        return len(self._running) + own + other_calls

    def _remove(self, call: _Call) -> None:
        calls = self._waiting.get(call.user, deque())
        if call in calls:
            calls.remove(call)
            if not calls:
                del self._waiting[call.user]

    def _call_s(self, guess_s: float = _FIRST_GUESS_S) -> float:
        """Estimated seconds of a call: the mean of the last ones (`guess_s`: while there were none), and no less than
        the youngest of those under way has taken already, once every thread is busy; a single long one says nothing of
        the others.
        """
        ended = sum(self._durations_s) / len(self._durations_s) if self._durations_s else guess_s
        ages = [self._clock() - began_s for began_s in self._running.values()]
        return max(ended, min(ages, default=0.0)) if len(ages) == self._threads else ended

    def _retry_after_s(self) -> float:
        """Seconds until all calls waiting and under way should be done."""
        return max(_MIN_WAIT_S, self._call_s() * (self.waiting + len(self._running)) / self._threads)

    def _busy_error(self) -> BusyError:
        return BusyError("Too many pictures are waiting.", self._retry_after_s())

    def _stopping_error(self) -> BusyError:
        return BusyError("The bot is being stopped.", self._retry_after_s())
