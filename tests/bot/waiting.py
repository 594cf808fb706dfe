"""Waiting in tests of the bot: until every task waits, and without deadlines."""

import asyncio

from config.settings import Settings


def without_deadlines(settings: Settings) -> Settings:
    """Settings of a bot without deadlines and waiting notices, for slow machines."""
    return settings.model_copy(
        update={"bot": settings.bot.model_copy(update={"notice_s": 3600.0, "deadline_s": 3600.0})}
    )


async def run_until_idle() -> None:
    """Let all tasks run until each of them waits."""
    for _ in range(20):
        await asyncio.sleep(0)
