"""Late answers: when a platform gets a first response while the answer is awaited."""

import asyncio

import pytest

from bot.chat_platform.late_answer import answer_or_notice


@pytest.mark.asyncio
async def test_an_answer_in_time_needs_no_notice() -> None:
    notices: list[str] = []

    async def answer() -> int:
        return 7

    async def notice() -> None:
        notices.append("late")

    assert await answer_or_notice(answer(), 60.0, notice) == (7, True)
    assert notices == []


@pytest.mark.asyncio
async def test_a_late_answer_is_announced_once() -> None:
    notices: list[str] = []
    noticed = asyncio.Event()

    async def answer() -> int:
        await noticed.wait()
        return 7

    async def notice() -> None:
        notices.append("late")
        noticed.set()

    assert await answer_or_notice(answer(), 0.0, notice) == (7, False)
    assert notices == ["late"]


@pytest.mark.asyncio
async def test_cancelling_cancels_the_answer() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def answer() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def notice() -> None:
        pytest.fail("nobody is waiting")

    waiting = asyncio.create_task(answer_or_notice(answer(), 60.0, notice))
    await started.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await cancelled.wait()
