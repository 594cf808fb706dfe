"""Messages that are changed after they were sent."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import PictureUrl
from tests.bot.telegram_adapter.people import AKI, GROUP, PRIVATE, Json, marked
from tests.bot.telegram_adapter.test_groups import last
from tests.bot.telegram_adapter.world import At, at_work

LINK = "https://example.org/a.png"


async def edit(at: At, message: Json, text: str, *, edited: datetime | None = None) -> None:
    """Whoever wrote a message changes its text or its caption."""
    name = "caption" if "photo" in message else "text"
    entities = "caption_entities" if "photo" in message else "entities"
    when = int((edited or datetime.now(UTC)).timestamp())
    await at.api.update(edited_message={**message, name: text, entities: marked(text), "edit_date": when})


@pytest.mark.parametrize("text", ["@whenanime_bot", "/whenanime season:2"])
@pytest.mark.asyncio
async def test_a_caption_that_is_edited_to_mean_the_bot_is_answered_once(text: str) -> None:
    async with at_work() as at:
        said = await at.api.say(GROUP, AKI, "look", photo=at.api.photo(b"large"))
        await edit(at, said, text)
        answer = await at.api.call("sendMessage")
        assert at.dispatcher.read == [b"large"]
        assert answer.json("reply_parameters")["message_id"] == said["message_id"]
        await edit(at, said, f"{text} please")
        await last(at)
        assert len(at.dispatcher.requests) == 1
        assert [one.json("reaction") for one in at.api.of("setMessageReaction")][-1], "how it went stays"


@pytest.mark.asyncio
async def test_a_link_that_is_added_after_help_is_answered_and_help_is_given_once() -> None:
    async with at_work() as at:
        said = await at.api.say(PRIVATE, AKI, "what is this")
        await at.api.call("sendMessage")
        await edit(at, said, "what is that")
        await edit(at, said, f"what is {LINK}")
        await at.api.call("sendMessage", 2)
        assert at.dispatcher.requests[0].pictures == (PictureUrl(LINK),)
        assert len(at.dispatcher.commands) == 1


@pytest.mark.asyncio
async def test_what_was_edited_long_ago_is_passed_over() -> None:
    async with at_work() as at:
        said = await at.api.say(GROUP, AKI, "look", photo=at.api.photo(b"large"))
        await edit(at, said, "@whenanime_bot", edited=datetime.now(UTC) - timedelta(hours=2))
        await last(at)
        assert at.dispatcher.requests == []


@pytest.mark.asyncio
async def test_telegram_is_asked_for_edits() -> None:
    async with at_work() as at:
        poll = await at.api.call("getUpdates")
        assert "edited_message" in poll.json("allowed_updates")
