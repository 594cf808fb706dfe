"""Quotas of clients across restarts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.http_adapter.picture_quota import Allowance, PictureQuota, QuotaError
from bot.messages import UserId
from bot.storage.quota_file import QuotaFile, QuotaSpan
from core.errors import StorageError
from tests.bot.world import Clock

ANN = UserId("http:192.0.2.7")
DAY_S = 86_400
THREE = Allowance(3, 1)
SECRET = b"s" * 32


def search(quota: PictureQuota, count: int = 1, user: UserId = ANN) -> None:
    with quota.search(user, THREE, count):
        pass


@pytest.mark.asyncio
async def test_counting_goes_on_after_a_restart_until_the_day_is_over(tmp_path: Path) -> None:
    clock, file = Clock(1_000_000.0), QuotaFile(tmp_path / "quota.sqlite")
    quota = PictureQuota(SECRET, clock)
    async with quota.saved(file):
        search(quota, 2)
        clock.now_s += 3600
        search(quota)
    again = PictureQuota(SECRET, clock)
    async with again.saved(file):
        assert again.used(ANN) == 3
        assert again.used(UserId("http:192.0.2.8")) == 0
        with pytest.raises(QuotaError) as caught:
            search(again)
        assert caught.value.retry_after_s == DAY_S - 3600
        clock.now_s += caught.value.retry_after_s
        search(again, 2)
        assert again.used(ANN) == 3
    clock.now_s += DAY_S
    last = PictureQuota(SECRET, clock)
    async with last.saved(file):
        assert last.used(ANN) == 0


@pytest.mark.asyncio
async def test_no_address_is_at_rest_and_another_secret_knows_nobody(tmp_path: Path) -> None:
    clock, path = Clock(1_000_000.0), tmp_path / "quota.sqlite"
    quota = PictureQuota(SECRET, clock)
    async with quota.saved(QuotaFile(path)):
        search(quota)
    assert b"192.0" not in path.read_bytes()
    foreign = PictureQuota(b"x" * 32, clock)
    async with foreign.saved(QuotaFile(path)):
        assert foreign.used(ANN) == 0


@pytest.mark.asyncio
async def test_what_a_wrong_clock_wrote_does_not_lock_anybody_out(tmp_path: Path) -> None:
    clock, file = Clock(9_000_000.0), QuotaFile(tmp_path / "quota.sqlite")
    quota = PictureQuota(SECRET, clock)
    async with quota.saved(file):
        search(quota, 3)
    clock.now_s = 1_000_000.0
    again = PictureQuota(SECRET, clock)
    async with again.saved(file):
        search(again, 3)
        assert again.used(ANN) == 3


class BrokenStore:
    """A store that refuses."""

    def read(self, since_s: int) -> Sequence[QuotaSpan]:
        raise StorageError(f"It cannot be read since {since_s}.")

    def write(self, spans: Sequence[QuotaSpan], until_s: int) -> None:
        raise StorageError(f"{len(spans)} cannot be kept until {until_s}.")


@pytest.mark.asyncio
async def test_a_disk_that_refuses_is_named_and_counting_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    quota = PictureQuota(SECRET, Clock(1_000_000.0))
    async with quota.saved(BrokenStore()):
        search(quota, 3)
        with pytest.raises(QuotaError):
            search(quota)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "cannot be read" in caplog.text
    assert "a restart forgets them" in caplog.text


def test_many_clients_that_stay_away_are_forgotten() -> None:
    clock = Clock(1_000_000.0)
    quota = PictureQuota(SECRET, clock)
    for number in range(1000):
        search(quota, user=UserId(f"http:{number}"))
    clock.now_s += DAY_S
    for _ in range(3):
        for number in range(200):
            clock.now_s += 200
            search(quota, user=UserId(f"http:again {number}"))
    assert quota.clients == 200
