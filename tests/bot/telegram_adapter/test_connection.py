"""Rate limits of calls to the Bot API."""

import asyncio

import pytest

from bot.telegram_adapter.connection import Limiter


@pytest.mark.asyncio
async def test_reactions_use_up_nothing_of_a_groups_messages() -> None:
    limiter = Limiter()
    done: list[str] = []

    async def call(endpoint: str) -> bool:
        done.append(endpoint)
        return True

    async with asyncio.timeout(30):
        for _ in range(200):  # messages would take nine minutes
            await limiter.process_request(call, ("x",), {}, "setMessageReaction", {"chat_id": -5}, None)
    assert len(done) == 200
