"""Retries: which calls are repeated, how often, and after which pauses."""

import pytest

from bot.chat_platform.retry import Retry


class Calls:
    """A call that fails so many times; records attempts, pauses and failures."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures = failures
        self.error = error
        self.attempts = 0
        self.pauses: list[float] = []
        self.reported: list[Exception] = []

    async def __call__(self) -> int:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise self.error
        return self.attempts

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)


def retry_of(calls: Calls) -> Retry:
    return Retry(
        lambda error: isinstance(error, OSError),
        attempts=3,
        pause_s=1.0,
        sleep=calls.sleep,
        on_failure=calls.reported.append,
    )


@pytest.mark.asyncio
async def test_a_temporary_failure_is_repeated_after_growing_pauses() -> None:
    calls = Calls(2, OSError("reset"))
    assert await retry_of(calls)(calls) == 3
    assert calls.reported == [calls.error] * 2
    assert [low <= pause <= 3 * low for low, pause in zip((0.5, 1.0), calls.pauses, strict=True)] == [True] * 2


@pytest.mark.asyncio
async def test_the_last_failure_is_raised() -> None:
    calls = Calls(3, OSError("reset"))
    with pytest.raises(OSError, match="reset"):
        await retry_of(calls)(calls)
    assert (calls.attempts, len(calls.pauses)) == (3, 2)


@pytest.mark.asyncio
async def test_another_error_is_raised_at_once() -> None:
    calls = Calls(1, ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        await retry_of(calls)(calls)
    assert (calls.attempts, calls.pauses, calls.reported) == (1, [], [])
