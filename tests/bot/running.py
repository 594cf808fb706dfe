"""Waiting in tests of the bot: until nothing is left to do, and without deadlines."""

import asyncio

from config.settings import Settings


def patient(settings: Settings) -> Settings:
    """Settings of a bot that neither gives up nor says that it takes long, however slow the machine is."""
    return settings.model_copy(
        update={"bot": settings.bot.model_copy(update={"notice_s": 3600.0, "deadline_s": 3600.0})}
    )


async def settled() -> None:
    """Let everything that can go on without waiting go on."""
    for _ in range(20):
        await asyncio.sleep(0)
