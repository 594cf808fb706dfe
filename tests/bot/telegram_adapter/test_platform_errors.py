"""Which calls to the Bot API are repeated."""

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError, TimedOut

from bot.telegram_adapter.platform_errors import new_retry


class Calls:
    """A call that fails so many times, and the pauses in between."""

    def __init__(self, error: TelegramError, failures: int) -> None:
        self.error = error
        self.failures = failures
        self.attempts = 0
        self.pauses: list[float] = []

    async def __call__(self) -> int:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise self.error
        return self.attempts

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)


@pytest.mark.asyncio
async def test_pauses_grow() -> None:
    calls = Calls(NetworkError("Bad Gateway"), 3)
    assert await new_retry(1.0, calls.sleep)(calls) == 4
    assert [low <= pause <= 3 * low for low, pause in zip((0.5, 1.0, 2.0), calls.pauses, strict=True)] == [True] * 3


@pytest.mark.parametrize(
    "error", [TimedOut(), BadRequest("chat not found"), Forbidden("blocked"), NetworkError("Request Entity Too Large")]
)
@pytest.mark.asyncio
async def test_what_may_have_been_heard_or_cannot_work_is_not_said_again(error: TelegramError) -> None:
    calls = Calls(error, 9)
    with pytest.raises(type(error)):
        await new_retry(1.0, calls.sleep)(calls)
    assert calls.attempts == 1


@pytest.mark.asyncio
async def test_failure_that_stays_is_raised() -> None:
    calls = Calls(NetworkError("Bad Gateway"), 9)
    with pytest.raises(NetworkError):
        await new_retry(1.0, calls.sleep)(calls)
    assert calls.attempts == 4
