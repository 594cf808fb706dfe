"""Rate limits: how many pictures, over which time, and what is given back."""

import pytest

from bot.dispatch.rate_limits import RateLimits
from bot.messages import UserId
from core.errors import LimitError

ANN, BEN = UserId("test:ann"), UserId("test:ben")


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _retry_after_s(limits: RateLimits, user: UserId, count: float = 1) -> float:
    with pytest.raises(LimitError) as caught:
        limits.take(user, count)
    return caught.value.retry_after_s


def test_a_user_is_refused_until_the_oldest_is_a_minute_old(clock: Clock) -> None:
    limits = RateLimits(3, 100, 100, clock)
    limits.take(ANN, 2)
    clock.now_s += 10
    limits.take(ANN, 1)
    assert _retry_after_s(limits, ANN) == 50
    assert _retry_after_s(limits, ANN, 3) == 60
    limits.take(BEN, 1)
    clock.now_s += 50
    limits.take(ANN, 2)
    assert _retry_after_s(limits, ANN) == 10


def test_a_days_allowance_comes_back_after_a_day(clock: Clock) -> None:
    limits = RateLimits(10, 12, 100, clock)
    limits.take(ANN, 10)
    clock.now_s += 3600
    limits.take(ANN, 2)
    assert _retry_after_s(limits, ANN) == 23 * 3600
    clock.now_s += 23 * 3600
    limits.take(ANN, 10)


def test_all_together_are_limited_too(clock: Clock) -> None:
    limits = RateLimits(10, 100, 2, clock)
    limits.take(ANN, 1)
    limits.take(BEN, 1)
    assert _retry_after_s(limits, UserId("test:cleo")) == 60


def test_what_is_refused_is_not_counted(clock: Clock) -> None:
    limits = RateLimits(2, 100, 3, clock)
    limits.take(ANN, 1)
    for _ in range(5):
        _retry_after_s(limits, ANN, 2)
    limits.take(ANN, 1)
    limits.take(BEN, 1)


def test_what_is_given_back_can_be_taken_again_once(clock: Clock) -> None:
    limits = RateLimits(2, 2, 2, clock)
    ticket = limits.take(ANN, 2)
    limits.refund(ticket)
    limits.refund(ticket)
    limits.take(ANN, 1)
    limits.take(BEN, 1)
    assert _retry_after_s(limits, ANN) == 60


def test_a_part_can_be_kept(clock: Clock) -> None:
    limits = RateLimits(1, 5, 5, clock)
    for _ in range(3):
        limits.refund(limits.take(ANN, 0.5), keep=0.25)
    limits.take(ANN, 0.25)
    assert _retry_after_s(limits, ANN, 0.25) == 60


def test_a_ticket_of_long_ago_gives_nothing_back(clock: Clock) -> None:
    limits = RateLimits(1, 5, 5, clock)
    old = limits.take(ANN, 1)
    clock.now_s += 60
    limits.take(ANN, 1)
    limits.refund(old)
    assert _retry_after_s(limits, ANN) == 60


def test_more_at_once_than_is_ever_admitted_takes_everything(clock: Clock) -> None:
    limits = RateLimits(2, 100, 100, clock)
    limits.take(ANN, 4)
    assert _retry_after_s(limits, ANN) == 60
    clock.now_s += 60
    limits.take(ANN, 4)


def test_users_of_yesterday_are_forgotten(clock: Clock) -> None:
    limits = RateLimits(10, 10, 10_000, clock)
    for number in range(500):
        limits.take(UserId(f"test:{number}"), 1)
    clock.now_s += 86_400
    limits.take(ANN, 1)
    assert limits.users == 1


def test_users_of_a_platform_with_quotas_share_only_the_limit_of_all(clock: Clock) -> None:
    limits = RateLimits(1, 9, 5, clock, platforms_with_quotas=("http",))
    key = UserId("http:key:program")
    tickets = [limits.take(key, 1) for _ in range(4)]
    limits.take(ANN, 1)
    assert _retry_after_s(limits, key) == 60
    limits.refund(tickets[0])
    assert _retry_after_s(limits, ANN) == 60
    limits.take(key, 1)
    assert limits.users == 1
