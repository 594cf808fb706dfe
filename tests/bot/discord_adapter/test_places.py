"""Threads and forum posts with fewer permissions, age restriction, forwarded messages and stickers."""

import pytest
from simcord.backend.models import Channel
from simcord.backend.models.message import MessageSticker
from simcord.enums import ChannelType

from bot.messages import Media, MediaKind, PictureUrl, Reply, Tone
from tests.bot.discord_adapter.at_work import running, server_and_world
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.simcord_server import Fault
from tests.bot.discord_adapter.world import World

SHOT = ("shot.png", PICTURE)
GIF = Media(MediaKind.GIF, b"GIF89a", "scene.gif")
PNG, APNG, LOTTIE, GIF_STICKER = 1, 2, 3, 4


def post_of(world: World) -> tuple[Channel, Channel]:
    """A forum and a post in it."""
    forum = world.backend.create_channel(world.guild.id, "questions", type=ChannelType.FORUM)
    return forum, world.backend.create_thread(forum.id, "what is this", world.user.id)


@pytest.mark.asyncio
async def test_in_a_thread_the_right_to_write_in_threads_is_enough() -> None:
    async with server_and_world() as world:
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        world.allow("send_messages_in_threads", "embed_links", "attach_files", "read_message_history")
        async with running(world) as at:
            at.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Found", media=GIF)
            world.say(world.mention, [SHOT], channel=thread)
            answer = await world.answer(thread)
            assert answer.embeds[0]["title"] == "Found"
            assert [one["filename"] for one in answer.attachments] == ["scene.gif"]


@pytest.mark.asyncio
async def test_in_a_thread_or_post_where_we_may_not_write_the_asker_is_told_which_right_is_missing() -> None:
    async with server_and_world() as world:
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        _, post = post_of(world)
        world.allow("send_messages", "embed_links", "read_message_history")
        async with running(world) as at:
            for number, channel in enumerate((thread, post), 1):
                world.say(world.mention, [SHOT], channel=channel)
                told = await world.answer(world.private, number)
                assert f"#{channel.name}" in told.embeds[0]["title"]
                assert "Send Messages In Threads" in told.embeds[0]["description"]
            assert at.dispatcher.requests == []


@pytest.mark.asyncio
async def test_a_forum_post_is_answered_and_is_as_restricted_as_its_forum() -> None:
    async with server_and_world() as world:
        forum, post = post_of(world)
        world.server.age_restricted.add(forum.id)
        async with running(world, channels=frozenset({forum.id})) as at:
            world.say("no mention", [SHOT], channel=post)
            await world.answer(post)
            await world.responded(world.slash(channel=post))
            assert at.dispatcher.read == [[PICTURE]] * 2
            assert [one.chat.age_restricted for one in at.dispatcher.requests] == [True] * 2


@pytest.mark.asyncio
async def test_in_a_thread_of_a_channel_that_we_may_not_see_the_mention_is_answered() -> None:
    async with server_and_world() as world, running(world) as at:
        await at.healthy()
        gone = {"id": str(world.channel.id), "guild_id": str(world.guild.id), "type": 0}
        world.backend.emit("CHANNEL_DELETE", gone)
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        world.say(world.mention, [SHOT], channel=thread)
        answer = await world.answer(thread)
        assert answer.embeds[0]["title"] == "Found"
        assert at.metrics.faults == []


@pytest.mark.asyncio
async def test_what_is_refused_though_nothing_says_so_is_said_plainly_or_in_private(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = {"code": 50013, "message": "Missing Permissions"}
    async with server_and_world() as world, running(world) as at:
        at.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Found", ("0:01",), media=GIF)
        at.server.faults.append(Fault("POST", f"/channels/{world.channel.id}/messages", 403, refused))
        world.say(world.mention, [SHOT])
        answer = await world.answer()
        assert answer.content.startswith("**Found**\n0:01\n")
        at.server.faults.append(Fault("POST", f"/channels/{world.channel.id}/messages", 403, refused, times=2))
        world.say(world.mention, [SHOT])
        told = await world.answer(world.private)
        assert "#screenshots" in told.embeds[0]["title"]
        assert at.metrics.faults == ["forbidden"]
    assert "50013" in caplog.text


@pytest.mark.asyncio
async def test_a_forwarded_link_and_sticker_are_looked_up() -> None:
    async with server_and_world() as world, running(world) as at:
        elsewhere = world.backend.create_channel(world.guild.id, "elsewhere")
        link = world.say("||https://example.org/a.png||", channel=elsewhere)
        world.say(world.mention, reply_to=world.say("", forwards=link, by=world.member("poster")))
        await world.answer()
        (request,) = at.dispatcher.requests
        assert (request.pictures, request.spoiler) == ((PictureUrl("https://example.org/a.png"),), True)
        sticker = world.say("", stickers=[sticker_of(world, PNG)], channel=elsewhere)
        world.say("", forwards=sticker, channel=world.private)
        await world.answer(world.private)
        assert at.dispatcher.read == [[], [b"sticker"]]


@pytest.mark.asyncio
async def test_a_forward_that_we_may_not_read_is_told_another_way() -> None:
    async with server_and_world() as world:
        world.server.portal.message_content = False
        async with running(world) as at:
            elsewhere = world.backend.create_channel(world.guild.id, "elsewhere")
            forward = world.say("", forwards=world.say("", [SHOT], channel=elsewhere), by=world.member("poster"))
            world.say(world.mention, reply_to=forward)
            answer = await world.answer()
            assert "not allowed to see" in answer.embeds[0]["title"]
            await world.responded(world.menu(forward))
            assert at.dispatcher.read == [[PICTURE]]


def sticker_of(world: World, kind: int) -> MessageSticker:
    """A sticker of the server, whose file lies where Discord's lie."""
    sticker = world.backend.create_sticker(world.guild.id, "cat", world.user.id, format_type=kind, file_data=b"sticker")
    return MessageSticker(sticker.id, sticker.name, kind, world.guild.id)


@pytest.mark.parametrize("kind", [PNG, APNG, GIF_STICKER])
@pytest.mark.parametrize("message_content", [True, False])
@pytest.mark.asyncio
async def test_a_sticker_is_looked_up(kind: int, message_content: bool) -> None:
    async with server_and_world() as world:
        world.server.portal.message_content = message_content
        async with running(world) as at:
            world.say(world.mention, stickers=[sticker_of(world, kind)])
            await world.answer()
            shown = world.say("", stickers=[sticker_of(world, kind)], by=world.member("poster"))
            world.say(world.mention, reply_to=shown)
            await world.answer(number=2)
            await world.responded(world.menu(shown))
            assert at.dispatcher.read == [[b"sticker"]] * 3


@pytest.mark.asyncio
async def test_a_sticker_that_is_a_drawing_in_vectors_is_called_so() -> None:
    async with server_and_world() as world, running(world) as at:
        world.say(world.mention, stickers=[sticker_of(world, LOTTIE)])
        told = await world.answer()
        assert told.embeds[0]["title"] == "This sticker is a moving drawing that I cannot read."
        shown = world.say("", stickers=[sticker_of(world, LOTTIE)])
        refused = await world.responded(world.menu(shown))
        assert refused.embeds[0]["title"] == told.embeds[0]["title"]
        assert at.dispatcher.requests == []
        assert at.dispatcher.commands == []


@pytest.mark.asyncio
async def test_an_age_restricted_channel_stays_so_for_a_command_in_its_thread() -> None:
    async with server_and_world() as world:
        world.server.age_restricted.add(world.channel.id)
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        other = world.backend.create_channel(world.guild.id, "other")
        async with running(world) as at:
            for channel in (world.channel, thread, other):
                await world.responded(world.slash(picture=SHOT, channel=channel))
            assert [one.chat.adult_allowed for one in at.dispatcher.requests] == [True, True, False]
