"""Pictures of messages: forwarded links, stickers."""

import pytest
from simcord.backend.models.message import MessageSticker

from bot.messages import PictureUrl
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord
from tests.bot.discord_adapter.world import World

SHOT = ("shot.png", PICTURE)
PNG, APNG, LOTTIE, GIF_STICKER = 1, 2, 3, 4


@pytest.mark.asyncio
async def test_a_forwarded_link_and_sticker_are_looked_up() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        elsewhere = world.backend.create_channel(world.guild.id, "elsewhere")
        link = world.say("||https://example.org/a.png||", channel=elsewhere)
        world.say(world.mention, reply_to=world.say("", forwards=link, by=world.member("poster")))
        await world.answer()
        (request,) = bot.dispatcher.requests
        assert (request.pictures, request.spoiler) == ((PictureUrl("https://example.org/a.png"),), True)
        sticker = world.say("", stickers=[sticker_of(world, PNG)], channel=elsewhere)
        world.say("", forwards=sticker, channel=world.private)
        await world.answer(world.private)
        assert bot.dispatcher.read == [[], [b"sticker"]]


@pytest.mark.asyncio
async def test_a_forward_that_we_may_not_read_is_told_another_way() -> None:
    async with opened_world() as world:
        world.server.portal.message_content = False
        async with running_discord(world) as bot:
            elsewhere = world.backend.create_channel(world.guild.id, "elsewhere")
            forward = world.say("", forwards=world.say("", [SHOT], channel=elsewhere), by=world.member("poster"))
            world.say(world.mention, reply_to=forward)
            answer = await world.answer()
            assert "not allowed to see" in answer.embeds[0]["title"]
            await world.responded(world.menu(forward))
            assert bot.dispatcher.read == [[PICTURE]]


def sticker_of(world: World, kind: int) -> MessageSticker:
    """A sticker of the server, with its file on the CDN."""
    sticker = world.backend.create_sticker(world.guild.id, "cat", world.user.id, format_type=kind, file_data=b"sticker")
    return MessageSticker(sticker.id, sticker.name, kind, world.guild.id)


@pytest.mark.parametrize("kind", [PNG, APNG, GIF_STICKER])
@pytest.mark.parametrize("message_content", [True, False])
@pytest.mark.asyncio
async def test_a_sticker_is_looked_up(kind: int, message_content: bool) -> None:
    async with opened_world() as world:
        world.server.portal.message_content = message_content
        async with running_discord(world) as bot:
            world.say(world.mention, stickers=[sticker_of(world, kind)])
            await world.answer()
            shown = world.say("", stickers=[sticker_of(world, kind)], by=world.member("poster"))
            world.say(world.mention, reply_to=shown)
            await world.answer(number=2)
            await world.responded(world.menu(shown))
            assert bot.dispatcher.read == [[b"sticker"]] * 3


@pytest.mark.asyncio
async def test_a_sticker_that_is_a_drawing_in_vectors_is_called_so() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        world.say(world.mention, stickers=[sticker_of(world, LOTTIE)])
        refusal = await world.answer()
        assert refusal.embeds[0]["title"] == "This sticker is a moving drawing that I cannot read."
        shown = world.say("", stickers=[sticker_of(world, LOTTIE)])
        refused = await world.responded(world.menu(shown))
        assert refused.embeds[0]["title"] == refusal.embeds[0]["title"]
        assert bot.dispatcher.requests == []
        assert bot.dispatcher.commands == []
