"""Errors of Discord's servers and the connection: which calls are repeated, and the reply when that does not help."""

import logging

import pytest

from core.errors import FetchProblem
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import connection_log, opened_world, running_discord
from tests.bot.discord_adapter.simcord_server import Fault

SHOT = ("shot.png", PICTURE)
MESSAGES = "/channels/*/messages"


@pytest.mark.asyncio
async def test_an_answer_that_meets_one_503_is_sent_again_and_once() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("POST", MESSAGES, 503, {"message": "no"}))
        bot.server.faults.append(Fault("POST", MESSAGES, 503, {"message": "no"}, after=True))
        world.say(world.mention, [SHOT])
        await world.answer()
        await world.until(lambda: len(bot.server.sent("POST", MESSAGES)) == 3)
        world.say(world.mention, [SHOT])
        await world.answer(number=2)
        assert len(world.by_bot()) == 2
        assert bot.metrics.faults == ["http_503", "http_503"]


@pytest.mark.asyncio
async def test_a_503_that_stays_loses_one_answer_and_not_the_next() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("POST", MESSAGES, 503, {"message": "no"}, times=3))
        world.say(world.mention, [SHOT])
        await world.until(lambda: len(bot.metrics.faults) == 3)
        world.say(world.mention, [SHOT])
        await world.answer()
        assert bot.metrics.faults == ["http_503"] * 3


@pytest.mark.parametrize("status", [503, 0])
@pytest.mark.asyncio
async def test_the_message_that_is_replied_to_is_asked_for_again(status: int) -> None:
    async with opened_world() as world, running_discord(world) as bot:
        picture = world.say("", [SHOT], by=world.member("poster"))
        world.hidden.add(picture.id)
        bot.server.faults.append(Fault("GET", f"{MESSAGES}/*", status, {"message": "no"}))
        world.say(world.mention, reply_to=picture)
        await world.answer()
        assert bot.dispatcher.read == [[PICTURE]]


@pytest.mark.asyncio
async def test_a_message_that_cannot_be_had_is_said() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        picture = world.say("", [SHOT], by=world.member("poster"))
        world.hidden.add(picture.id)
        bot.server.faults.append(Fault("GET", f"{MESSAGES}/*", 503, {"message": "no"}, times=3))
        world.say(world.mention, reply_to=picture)
        answer = await world.answer()
        assert answer.embeds[0]["title"] == "I could not get the picture."


@pytest.mark.asyncio
async def test_the_last_messages_are_asked_for_again_and_it_is_said_when_they_stay_away() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        world.say("", [SHOT])
        bot.server.faults.append(Fault("GET", MESSAGES, 503, {"message": "no"}))
        await world.responded(world.slash())
        assert bot.dispatcher.read == [[PICTURE]]
        bot.server.faults.append(Fault("GET", MESSAGES, 503, {"message": "no"}, times=3))
        refusal = await world.responded(world.slash())
        assert refusal.embeds[0]["title"] == "I could not get the picture."
        assert refusal.is_ephemeral


@pytest.mark.parametrize("status", [503, 0])
@pytest.mark.asyncio
async def test_a_file_that_discord_fails_to_give_out_is_read_once_more(status: int) -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("CDN", "*", status))
        world.say(world.mention, [SHOT])
        await world.answer()
        assert bot.dispatcher.read == [[PICTURE]]
        bot.server.faults.append(Fault("CDN", "*", status, times=4))
        world.say(world.mention, [SHOT])
        await world.answer(number=2)
        assert bot.dispatcher.read[1] == [FetchProblem.UNREACHABLE]


@pytest.mark.asyncio
async def test_a_reconnect_is_one_line_a_try_and_no_traceback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discord.client.ExponentialBackoff.delay", lambda _: 0.0)
    caplog.set_level(logging.INFO)
    async with opened_world() as world, running_discord(world) as bot:
        await bot.healthy()
        bot.server.gateway.refusing = 3
        await bot.server.gateway.close(4000)
        await world.until(lambda: len(bot.server.gateway.opened) == 2)
        world.say(world.mention, [SHOT])
        await world.answer()
    lines = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "bot.chat_platform.connection_state"
    ]
    assert lines == [
        ("WARNING", "Discord cannot be reached (it answers 503). Trying again until it can."),
        ("INFO", "Discord still cannot be reached (it answers 503)."),
        ("INFO", "Discord still cannot be reached (it answers 503)."),
        ("WARNING", "Discord can be reached again."),
    ]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.asyncio
async def test_a_gateway_that_is_away_at_the_first_connection_is_waited_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discord.client.ExponentialBackoff.delay", lambda _: 0.0)
    async with opened_world() as world:
        world.server.gateway.refusing = 2
        async with running_discord(world):
            world.say(world.mention, [SHOT])
            await world.answer()
    assert [message for _, message in connection_log(caplog)] == [
        "Discord cannot be reached (it answers 503). Trying again until it can.",
        "Discord can be reached again.",
    ]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.asyncio
async def test_a_network_that_goes_between_asking_and_logging_in_is_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened_world() as world:
        world.server.faults.append(Fault("GET", "/users/@me", 503, {"message": "no"}, passes=1))
        async with running_discord(world):
            world.say(world.mention, [SHOT])
            await world.answer()
        assert len(world.server.sent("GET", "/users/@me")) == 4
    assert [message for _, message in connection_log(caplog)] == [
        "Discord cannot be reached (it answers 503). Trying again until it can.",
        "Discord can be reached again.",
    ]
    assert not [record for record in caplog.records if record.exc_info]
