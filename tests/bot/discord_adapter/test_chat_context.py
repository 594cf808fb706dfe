"""Threads and forum posts with fewer permissions, and age restriction."""

import pytest
from simcord.backend.models import Channel
from simcord.enums import ChannelType

from bot.messages import Media, MediaKind, Reply, Tone
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord
from tests.bot.discord_adapter.simcord_server import Fault
from tests.bot.discord_adapter.world import World

SHOT = ("shot.png", PICTURE)
GIF = Media(MediaKind.GIF, b"GIF89a", "scene.gif")


def post_of(world: World) -> tuple[Channel, Channel]:
    """A forum and a post in it."""
    forum = world.backend.create_channel(world.guild.id, "questions", type=ChannelType.FORUM)
    return forum, world.backend.create_thread(forum.id, "what is this", world.user.id)


@pytest.mark.asyncio
async def test_in_a_thread_the_right_to_write_in_threads_is_enough() -> None:
    async with opened_world() as world:
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        world.allow("send_messages_in_threads", "embed_links", "attach_files", "read_message_history")
        async with running_discord(world) as bot:
            bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Found", media=GIF)
            world.say(world.mention, [SHOT], channel=thread)
            answer = await world.answer(thread)
            assert answer.embeds[0]["title"] == "Found"
            assert [attachment["filename"] for attachment in answer.attachments] == ["scene.gif"]


@pytest.mark.asyncio
async def test_in_a_thread_or_post_where_we_may_not_write_the_asker_is_told_which_right_is_missing() -> None:
    async with opened_world() as world:
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        _, post = post_of(world)
        world.allow("send_messages", "embed_links", "read_message_history")
        async with running_discord(world) as bot:
            for number, channel in enumerate((thread, post), 1):
                world.say(world.mention, [SHOT], channel=channel)
                refusal = await world.answer(world.private, number)
                assert f"#{channel.name}" in refusal.embeds[0]["title"]
                assert "Send Messages In Threads" in refusal.embeds[0]["description"]
            assert bot.dispatcher.requests == []


@pytest.mark.asyncio
async def test_a_forum_post_is_answered_and_is_as_restricted_as_its_forum() -> None:
    async with opened_world() as world:
        forum, post = post_of(world)
        world.server.age_restricted.add(forum.id)
        async with running_discord(world, channels=frozenset({forum.id})) as bot:
            world.say("no mention", [SHOT], channel=post)
            await world.answer(post)
            await world.responded(world.slash(channel=post))
            assert bot.dispatcher.read == [[PICTURE]] * 2
            assert [request.chat.age_restricted for request in bot.dispatcher.requests] == [True] * 2


@pytest.mark.asyncio
async def test_in_a_thread_of_a_channel_that_we_may_not_see_the_mention_is_answered() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        await bot.healthy()
        gone = {"id": str(world.channel.id), "guild_id": str(world.guild.id), "type": 0}
        world.backend.emit("CHANNEL_DELETE", gone)
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        world.say(world.mention, [SHOT], channel=thread)
        answer = await world.answer(thread)
        assert answer.embeds[0]["title"] == "Found"
        assert bot.metrics.faults == []


@pytest.mark.asyncio
async def test_what_is_refused_though_nothing_says_so_is_said_plainly_or_in_private(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = {"code": 50013, "message": "Missing Permissions"}
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Found", ("0:01",), media=GIF)
        bot.server.faults.append(Fault("POST", f"/channels/{world.channel.id}/messages", 403, refused))
        world.say(world.mention, [SHOT])
        answer = await world.answer()
        assert answer.content.startswith("**Found**\n0:01\n")
        bot.server.faults.append(Fault("POST", f"/channels/{world.channel.id}/messages", 403, refused, times=2))
        world.say(world.mention, [SHOT])
        refusal = await world.answer(world.private)
        assert "#screenshots" in refusal.embeds[0]["title"]
        assert bot.metrics.faults == ["forbidden"]
    assert "50013" in caplog.text


@pytest.mark.asyncio
async def test_an_age_restricted_channel_stays_so_for_a_command_in_its_thread() -> None:
    async with opened_world() as world:
        world.server.age_restricted.add(world.channel.id)
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        unrestricted = world.backend.create_channel(world.guild.id, "other")
        async with running_discord(world) as bot:
            for channel in (world.channel, thread, unrestricted):
                await world.responded(world.slash(picture=SHOT, channel=channel))
            assert [request.chat.adult_allowed for request in bot.dispatcher.requests] == [True, True, False]
