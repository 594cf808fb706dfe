"""How much may be asked: pictures of a user in a minute and a day, and of all users in a minute."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.messages import UserId
from core.errors import LimitError

LIGHT_COUNT: Final = 0.25
"""Of a picture: what an answer from memory counts for, and a button."""

_MINUTE_S: Final = 60.0
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """What was taken, to be given back: pictures, by whom, and when by the limits' clock."""

    user: UserId
    count: float
    at_s: float


class _Window:
    """The tickets of the last so many seconds, of at most `limit` pictures together."""

    def __init__(self, limit: int, span_s: float) -> None:
        self._limit = limit
        self._span_s = span_s
        self._tickets: deque[Ticket] = deque()
        self._count = 0.0

    def wait_s(self, count: float, now_s: float) -> float:
        """After how long `count` more fit in; 0: they do now. More than the limit fit in when nothing else is there."""
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
        """Put `kept` in the place of a ticket, if that is still there."""
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
    """Counts what is asked, in memory: any 60 seconds and any 24 hours. For one event loop.

    More pictures at once than a limit admits take all of it, rather than never being admitted.
    """

    def __init__(
        self, user_per_minute: int, user_per_day: int, per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._user_per_minute = user_per_minute
        self._user_per_day = user_per_day
        self._all = _Window(per_minute, _MINUTE_S)
        self._users: OrderedDict[UserId, tuple[_Window, _Window]] = OrderedDict()
        self._clock = clock

    @property
    def users(self) -> int:
        """Users whose pictures are counted."""
        return len(self._users)

    def take(self, user: UserId, count: float) -> Ticket:
        """Count so many pictures of this user; a part of one is for what costs less.

        `LimitError` says when they would be admitted; then nothing is counted.
        """
        now_s = self._clock()
        self._forget_idle_users(now_s)
        minute, day = self._users.get(user) or (
            _Window(self._user_per_minute, _MINUTE_S),
            _Window(self._user_per_day, _DAY_S),
        )
        own_s = max(minute.wait_s(count, now_s), day.wait_s(count, now_s))
        if own_s > 0:
            raise LimitError("You have asked for as much as one person may for now.", own_s)
        all_s = self._all.wait_s(count, now_s)
        if all_s > 0:
            raise LimitError("All together have asked for as much as is possible for now.", all_s)
        ticket = Ticket(user, count, now_s)
        for window in (minute, day, self._all):
            window.add(ticket)
        self._users[user] = minute, day
        self._users.move_to_end(user)
        return ticket

    def refund(self, ticket: Ticket, keep: float = 0.0) -> None:
        """Give back what was taken but for `keep` of it. A ticket is given back once: again changes nothing."""
        remainder = Ticket(ticket.user, min(keep, ticket.count), ticket.at_s)
        for window in (self._all, *self._users.get(ticket.user, ())):
            window.swap(ticket, remainder)

    def _forget_idle_users(self, now_s: float) -> None:
        """Users who have asked for nothing in a day: they stand first."""
        while self._users:
            user, (_minute, day) = next(iter(self._users.items()))
            day.wait_s(0, now_s)
            if not day.empty:
                return
            del self._users[user]
