"""Retries: calls to a platform that are repeated after a temporary failure."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Retry:
    """Makes a call at most `attempts` times while it fails temporarily, with pauses that double from `pause_s` seconds.

    Each pause varies by half either way, so that calls that failed together are not repeated together. `on_failure` is
    called with the error before each pause. The call has to be one that may arrive twice.
    """

    def __init__(
        self,
        is_temporary: Callable[[Exception], bool],
        *,
        attempts: int,
        pause_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_failure: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._is_temporary = is_temporary
        self._attempts = attempts
        self._pause_s = pause_s
        self._sleep = sleep
        self._on_failure = on_failure

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Result of the call. Raises what its last attempt raises, and at once what is not temporary."""
        for attempt in range(self._attempts - 1):
            try:
                return await call()
            except Exception as error:
                if not self._is_temporary(error):
                    raise
                self._on_failure(error)
            await self._sleep(self._pause_s * 2**attempt * random.uniform(0.5, 1.5))
        return await call()
