"""Edited messages."""

from datetime import timedelta

import pytest

from bot.messages import PictureUrl
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord

SHOT = ("shot.png", PICTURE)
LINK = "https://example.org/a.png"


@pytest.mark.asyncio
async def test_a_message_that_is_edited_to_mention_the_bot_is_answered_once() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        message = world.say("what is this from?", [SHOT])
        world.edit(message, content=f"{world.mention} what is this from?")
        answer = await world.answer()
        assert answer.reference is not None
        assert answer.reference["message_id"] == str(message.id)
        world.edit(message, content=f"{world.mention} please, what is this from?")
        world.say(world.mention, [SHOT])
        await world.answer(number=2)
        assert len(bot.dispatcher.requests) == 2


@pytest.mark.asyncio
async def test_a_link_that_is_added_and_a_season_that_is_put_right_are_answered() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        message = world.say(f"{world.mention} season:first {LINK}")
        await world.answer()
        world.edit(message, content=f"{world.mention} season:1 {LINK}")
        await world.answer(number=2)
        helped = world.say(f"{world.mention} what is this")
        await world.answer(number=3)
        world.edit(helped, content=f"{world.mention} what is that")
        world.edit(helped, content=f"{world.mention} what is {LINK}")
        await world.answer(number=4)
        assert [request.pictures for request in bot.dispatcher.requests] == [(PictureUrl(LINK),)] * 2
        assert len(bot.dispatcher.commands) == 1


@pytest.mark.asyncio
async def test_an_edit_without_message_content_is_answered_when_it_mentions_the_bot() -> None:
    async with opened_world() as world:
        world.server.portal.message_content = False
        async with running_discord(world) as bot:
            message = world.say("what is this from?", [SHOT])
            world.edit(message, content=f"{world.mention} what is this from?")
            await world.answer()
            assert bot.dispatcher.read == [[PICTURE]]


@pytest.mark.asyncio
async def test_changes_of_what_was_written_long_ago_are_passed_over() -> None:
    async with opened_world() as world, running_discord(world, channels=frozenset({world.channel.id})) as bot:
        old = world.say("", [SHOT], by=world.member("a bot", bot=True))
        old.author_id = world.user.id
        old.timestamp = (world.now() - timedelta(hours=2)).isoformat()
        world.backend.set_pinned(old.channel_id, old.id, True, actor_id=world.user.id)
        world.say("", [("new.png", b"new")])
        await world.answer()
        assert bot.dispatcher.read == [[b"new"]]


@pytest.mark.asyncio
async def test_in_a_listed_channel_a_link_is_answered_when_discord_shows_its_picture() -> None:
    async with opened_world() as world, running_discord(world, channels=frozenset({world.channel.id})) as bot:
        stored = world.backend.store_attachments(world.channel.id, [("proxied.png", b"proxied")])[0]
        message = world.say(LINK)
        shown = {"url": LINK, "proxy_url": stored["url"]}
        world.edit(message, embeds=[{"type": "image", "thumbnail": shown}])
        await world.answer()
        assert bot.dispatcher.read == [[b"proxied"]]


@pytest.mark.asyncio
async def test_the_channels_last_picture_may_be_a_link() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        world.say("", [("older.png", b"older")])
        world.say(f"look: {LINK}?size=large")
        world.say("more at https://example.org/page")
        await world.responded(world.slash())
        assert bot.dispatcher.requests[0].pictures == (PictureUrl(f"{LINK}?size=large"),)
        stored = world.backend.store_attachments(world.channel.id, [("large.png", b"large")])[0]
        tweet = {"type": "rich", "title": "A post", "image": {"url": "https://e.org/p", "proxy_url": stored["url"]}}
        world.say("https://social.example/post/1", embeds=[tweet])
        await world.responded(world.slash())
        assert bot.dispatcher.read[-1] == [b"large"]
