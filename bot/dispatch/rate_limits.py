"""Rate limits: pictures of a user in a minute and a day, and of all users in a minute."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from bot.messages import UserId
from core.errors import LimitError

CHEAP_REQUEST_COST: Final = 0.25
"""What an answer from memory and a button press count for, as a part of a picture."""

_MINUTE_S: Final = 60.0
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """Pictures that were counted, to be given back: how many, of which user, and when by the limits' clock."""

    user: UserId
    count: float
    at_s: float


class _Window:
    """The tickets of the last `span_s` seconds, at most `limit` pictures together."""

    def __init__(self, limit: int, span_s: float) -> None:
        self._limit = limit
        self._span_s = span_s
        self._tickets: deque[Ticket] = deque()
        self._count = 0.0

    def wait_s(self, count: float, now_s: float) -> float:
        """Seconds until `count` more fit in; 0: they do now. More than the limit fit in when there are no tickets."""
        while self._tickets and self._tickets[0].at_s + self._span_s <= now_s:
            self._count -= self._tickets.popleft().count
        if not self._tickets:
            self._count = 0.0
        excess = self._count + min(count, self._limit) - self._limit
        for ticket in self._tickets:
            if excess <= 0:
                return 0.0
            excess -= ticket.count
            if excess <= 0:
                return ticket.at_s + self._span_s - now_s
        return 0.0

    def add(self, ticket: Ticket) -> None:
        self._tickets.append(ticket)
        self._count += ticket.count

    def swap(self, ticket: Ticket, replacement: Ticket) -> None:
        """Put `replacement` in the place of a ticket, if that is still there."""
        if ticket not in self._tickets:
            return
        if replacement.count:
            self._tickets[self._tickets.index(ticket)] = replacement
        else:
            self._tickets.remove(ticket)
        self._count += replacement.count - ticket.count

    @property
    def empty(self) -> bool:
        return not self._tickets


class RateLimits:
    """Counts pictures in memory, over any 60 seconds and any 24 hours. For one event loop.

    A request with more pictures than a limit admits takes all of it, rather than never being admitted. Users of
    `platforms_with_quotas` have limits of their own there, so that only those of all users together are theirs too.
    """

    def __init__(
        self,
        user_per_minute: int,
        user_per_day: int,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        platforms_with_quotas: Collection[str] = (),
    ) -> None:
        self._user_per_minute = user_per_minute
        self._user_per_day = user_per_day
        self._all = _Window(per_minute, _MINUTE_S)
        self._users: OrderedDict[UserId, tuple[_Window, ...]] = OrderedDict()
        self._clock = clock
        self._platforms_with_quotas = frozenset(platforms_with_quotas)

    @property
    def users(self) -> int:
        """Users whose pictures are counted."""
        return len(self._users)

    def take(self, user: UserId, count: float) -> Ticket:
        """Count so many pictures of this user; a part of one is for something that costs less.

        `LimitError` says when they would be admitted; then nothing is counted.
        """
        now_s = self._clock()
        self._forget_idle_users(now_s)
        windows = self._windows(user)
        own_s = max((window.wait_s(count, now_s) for window in windows), default=0.0)
        if own_s > 0:
            raise LimitError("This user has sent as many pictures as one user may for now.", own_s)
        all_s = self._all.wait_s(count, now_s)
        if all_s > 0:
            raise LimitError("All users together have sent as many pictures as they may for now.", all_s)
        ticket = Ticket(user, count, now_s)
        for window in (*windows, self._all):
            window.add(ticket)
        if windows:
            self._users[user] = windows
            self._users.move_to_end(user)
        return ticket

    def refund(self, ticket: Ticket, keep: float = 0.0) -> None:
        """Give a ticket back but for `keep` pictures of it. Giving it back again changes nothing."""
        remainder = Ticket(ticket.user, min(keep, ticket.count), ticket.at_s)
        for window in (self._all, *self._users.get(ticket.user, ())):
            window.swap(ticket, remainder)

    def _windows(self, user: UserId) -> tuple[_Window, ...]:
        """The user's windows, that of a day last; none where the platform has quotas of its own."""
        if user.partition(":")[0] in self._platforms_with_quotas:
            return ()
        return self._users.get(user) or (
            _Window(self._user_per_minute, _MINUTE_S),
            _Window(self._user_per_day, _DAY_S),
        )

    def _forget_idle_users(self, now_s: float) -> None:
        """Drop users without a picture in a day; they come first."""
        while self._users:
            user, (*_shorter, day) = next(iter(self._users.items()))
            day.wait_s(0, now_s)
            if not day.empty:
                return
            del self._users[user]
