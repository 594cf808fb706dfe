"""Edited messages."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import PictureUrl
from tests.bot.telegram_adapter.people import AKI, GROUP, PRIVATE, Json, entities_of
from tests.bot.telegram_adapter.running_adapter import RunningAdapter, running_telegram

LINK = "https://example.org/a.png"


async def edit(bot: RunningAdapter, message: Json, text: str, *, edited: datetime | None = None) -> None:
    """The author edits the text or caption of a message."""
    name = "caption" if "photo" in message else "text"
    entities = "caption_entities" if "photo" in message else "entities"
    when = int((edited or datetime.now(UTC)).timestamp())
    await bot.api.update(edited_message={**message, name: text, entities: entities_of(text), "edit_date": when})


@pytest.mark.parametrize("text", ["@whenanime_bot", "/whenanime season:2"])
@pytest.mark.asyncio
async def test_a_caption_that_is_edited_to_mean_the_bot_is_answered_once(text: str) -> None:
    async with running_telegram() as bot:
        message = await bot.api.say(GROUP, AKI, "look", photo=bot.api.photo(b"large"))
        await edit(bot, message, text)
        answer = await bot.api.call("sendMessage")
        assert bot.dispatcher.read == [b"large"]
        assert answer.json("reply_parameters")["message_id"] == message["message_id"]
        await edit(bot, message, f"{text} please")
        await bot.until_all_answered()
        assert len(bot.dispatcher.requests) == 1
        assert [call.json("reaction") for call in bot.api.of("setMessageReaction")][-1], "how it went stays"


@pytest.mark.asyncio
async def test_a_link_that_is_added_after_help_is_answered_and_help_is_given_once() -> None:
    async with running_telegram() as bot:
        message = await bot.api.say(PRIVATE, AKI, "what is this")
        await bot.api.call("sendMessage")
        await edit(bot, message, "what is that")
        await edit(bot, message, f"what is {LINK}")
        await bot.api.call("sendMessage", 2)
        assert bot.dispatcher.requests[0].pictures == (PictureUrl(LINK),)
        assert len(bot.dispatcher.commands) == 1


@pytest.mark.asyncio
async def test_what_was_edited_long_ago_is_passed_over() -> None:
    async with running_telegram() as bot:
        message = await bot.api.say(GROUP, AKI, "look", photo=bot.api.photo(b"large"))
        await edit(bot, message, "@whenanime_bot", edited=datetime.now(UTC) - timedelta(hours=2))
        await bot.until_all_answered()
        assert bot.dispatcher.requests == []


@pytest.mark.asyncio
async def test_telegram_is_asked_for_edits() -> None:
    async with running_telegram() as bot:
        poll = await bot.api.call("getUpdates")
        assert "edited_message" in poll.json("allowed_updates")
