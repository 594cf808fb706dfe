"""Coroutines as tests: each has an event loop of its own, and not for ever."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import ParamSpec

from config.settings import Settings

P = ParamSpec("P")
_LIMIT_S = 60


def in_loop(test: Callable[P, Coroutine[object, object, None]]) -> Callable[P, None]:
    """A test that is a coroutine, run to its end."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def limited() -> None:
            async with asyncio.timeout(_LIMIT_S):
                await test(*args, **kwargs)

        asyncio.run(limited())

    return run


def patient(settings: Settings) -> Settings:
    """Settings of a bot that neither gives up nor says that it takes long, however slow the machine is."""
    return settings.model_copy(
        update={"bot": settings.bot.model_copy(update={"notice_s": 3600.0, "deadline_s": 3600.0})}
    )


async def settled() -> None:
    """Let everything that can go on without waiting go on."""
    for _ in range(20):
        await asyncio.sleep(0)
