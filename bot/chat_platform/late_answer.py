"""Late answers: platforms that want a first response at once get one while the answer is still awaited."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")


async def answer_or_notice(
    answer: Coroutine[object, object, T], timeout_s: float, on_late: Callable[[], Awaitable[object]]
) -> tuple[T, bool]:
    """Result of `answer`, and whether it came within `timeout_s`; when it does not, `on_late` is awaited meanwhile.

    Cancelling this cancels the answer.
    """
    answering = asyncio.create_task(answer)
    try:
        await asyncio.wait({answering}, timeout=timeout_s)
        in_time = answering.done()
        if not in_time:
            await on_late()
        return await answering, in_time
    finally:
        answering.cancel()
