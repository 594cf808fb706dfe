"""Errors of Discord: after each the next message is answered."""

import asyncio
import logging
from typing import Any

import pytest

from bot.discord_adapter import invite_links, sync_commands
from bot.messages import Media, MediaKind, Reply, Tone
from core.errors import FetchProblem, PlatformError
from tests.bot.discord_adapter.fakes import PICTURE, FakeDispatcher
from tests.bot.discord_adapter.running_adapter import connection_log, opened_world, running_discord, spec_for
from tests.bot.discord_adapter.simcord_server import Fault

SHOT = ("shot.png", PICTURE)
GIF = Media(MediaKind.GIF, b"GIF89a", "scene.gif")
MESSAGES = "/channels/*/messages"


def limited(seconds: float) -> dict[str, Any]:
    return {"message": "You are being rate limited.", "retry_after": seconds, "global": False}


@pytest.mark.asyncio
async def test_rate_limit_is_waited_for() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        headers = {"Via": "1.1 google", "Retry-After": "1"}
        bot.server.faults.append(Fault("POST", MESSAGES, 429, limited(0.01), headers, times=2))
        world.say(world.mention, [SHOT])
        await world.answer()
        assert len(bot.server.sent("POST", MESSAGES)) == 3
        assert len(world.by_bot()) == 1


@pytest.mark.asyncio
async def test_who_we_are_is_told_and_nothing_of_voice(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world, running_discord(world) as bot:
        await world.until(lambda: bot.connections, "the servers")
        ((name, servers),) = bot.connections
        assert name
        assert servers == 1
    assert "voice" not in caplog.text


@pytest.mark.asyncio
async def test_server_faults_pass() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("POST", MESSAGES, 502, {"message": "bad gateway"}))
        bot.server.faults.append(Fault("POST", "/channels/*/typing", 503, {"message": "no"}))
        world.say(world.mention, [SHOT])
        await world.answer()
        assert len(world.by_bot()) == 1


@pytest.mark.asyncio
async def test_what_is_refused_for_good_is_logged_and_the_next_message_works(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("POST", MESSAGES, 400, {"code": 50035, "message": "Invalid Form Body"}))
        world.say(world.mention, [SHOT])
        await world.until(lambda: bot.metrics.faults == ["http_400"])
        world.say(world.mention, [SHOT])
        await world.answer()
    assert "answered 400 (50035 Invalid Form Body)" in caplog.text


@pytest.mark.asyncio
async def test_a_broken_line_sends_once() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("POST", MESSAGES, 0))
        bot.server.faults.append(Fault("POST", MESSAGES, 0, after=True))
        world.say(world.mention, [SHOT])
        await world.until(lambda: len(bot.server.sent("POST", MESSAGES)) == 3)
        assert len(world.by_bot()) == 1
        world.say(world.mention, [SHOT])
        await world.answer(number=2)
        assert len(world.by_bot()) == 2
        assert bot.metrics.faults == ["connection", "connection"]


@pytest.mark.asyncio
async def test_a_gateway_that_closes_is_resumed_and_nothing_is_lost_or_answered_twice() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        world.say(world.mention, [SHOT])
        await world.answer()
        await bot.server.gateway.close(4000)
        world.say(world.mention, [SHOT])
        await world.answer(number=2)
        assert bot.server.gateway.opened == ["identify", "resume"]
        bot.server.gateway.ask_to_reconnect()
        await world.until(lambda: len(bot.server.gateway.opened) == 3)
        world.say(world.mention, [SHOT])
        await world.answer(number=3)
        assert bot.server.gateway.opened == ["identify", "resume", "resume"]
        assert len(bot.dispatcher.requests) == 3
        await bot.healthy()


@pytest.mark.asyncio
async def test_a_session_that_is_invalid_begins_anew() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.gateway.forget_sessions()
        await bot.server.gateway.close(4000)
        await world.until(lambda: len(bot.server.gateway.opened) == 2)
        assert bot.server.gateway.opened == ["identify", "identify"]
        world.say(world.mention, [SHOT])
        await world.answer()
        assert len(bot.dispatcher.requests) == 1


@pytest.mark.asyncio
async def test_slow_and_missing_files() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        slow = bot.server.hold("/cdn/*slow.png")
        world.say(world.mention, [("slow.png", b"slow")])
        await slow.reached.wait()
        bot.server.faults.append(Fault("CDN", "*gone.png", 404))
        world.say(world.mention, [("gone.png", b"gone")])
        await world.answer()
        assert bot.dispatcher.read == [[FetchProblem.NOT_FOUND]]
        slow.released.set()
        await world.answer(number=2)
        assert bot.dispatcher.read[1] == [b"slow"]


@pytest.mark.asyncio
async def test_an_upload_that_is_too_large_gets_lighter(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Found", media=GIF)
        bot.server.upload_limit_bytes = len(GIF.data) - 1
        world.say(world.mention, [SHOT])
        answer = await world.answer()
        assert [attachment["filename"] for attachment in answer.attachments] == ["scene.jpg"]
        bot.server.upload_limit_bytes = 1
        await world.responded(world.slash(picture=SHOT))
        assert len(bot.dispatcher.lightened) == 3
    assert "refuses a file of 6 bytes as too large" in caplog.text


@pytest.mark.asyncio
async def test_a_refused_token_is_told_without_showing_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")

    async with opened_world() as world:
        for token in ("another-secret", "with\nbreak-secret"):
            with pytest.raises(PlatformError, match="WHENANIME_DISCORD__TOKEN") as raised:
                async with running_discord(world, token=token):
                    pytest.fail("it began with a bad token")
            assert "secret" not in str(raised.value)
        assert "secret" not in repr(spec_for(world, token="secret"))  # noqa: S106
    assert "secret" not in caplog.text


@pytest.mark.asyncio
async def test_a_token_that_is_revoked_later_ends_it() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        world.server.portal.token = "new"  # noqa: S105
        await bot.server.gateway.close(4004)
        await world.until(bot.task.done)
        with pytest.raises(PlatformError, match="does not accept the bot's token"):
            bot.task.result()
        assert not bot.adapter.healthy
        bot.task = asyncio.create_task(asyncio.sleep(0))


@pytest.mark.asyncio
async def test_discord_that_is_down_at_the_start_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world:
        world.server.faults.append(Fault("GET", "/users/@me", 503, {"message": "no"}, times=1))
        world.server.faults.append(Fault("GET", "/users/@me", 0, times=2))
        async with running_discord(world) as bot:
            world.say(world.mention, [SHOT])
            await world.answer()
            assert bot.metrics.faults == ["login", "login"]
    assert [message for _, message in connection_log(caplog)] == [
        "Discord cannot be reached (it answers 503). Trying again until it can.",
        "Discord can be reached again.",
    ]


@pytest.mark.asyncio
async def test_listed_channels_without_the_intent_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world:
        world.server.portal.message_content = False
        async with running_discord(world, channels=frozenset({world.channel.id})) as bot:
            intents = next(iter(bot.server.gateway.sessions.values())).intents
            assert sorted(name for name, on in intents if on) == ["dm_messages", "guild_messages", "guilds"]
    assert "Message Content Intent" in caplog.text


@pytest.mark.asyncio
async def test_an_intent_that_the_gateway_refuses_is_done_without() -> None:
    async with opened_world() as world:
        world.server.portal.shut = True
        async with running_discord(world):
            world.say(world.mention, [SHOT])
            await world.answer()


@pytest.mark.asyncio
async def test_leaving_waits_for_answers_under_way() -> None:
    async with opened_world() as world:
        async with running_discord(world) as bot:
            bot.dispatcher.proceed.clear()
            world.say(world.mention, [SHOT])
            await bot.dispatcher.started.wait()
            bot.task.cancel()
            await asyncio.wait({bot.task})
            world.say(world.mention, [SHOT])
            bot.dispatcher.proceed.set()
        assert len(world.by_bot()) == 1
        assert len(bot.dispatcher.requests) == 1


@pytest.mark.asyncio
async def test_an_error_of_our_own_is_logged_and_the_next_message_works(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeDispatcher):
        def __post_init__(self) -> None:
            super().__post_init__()
            self.answer = self.fail

        def fail(self, _request: object) -> Reply:
            raise RuntimeError("broken")

    broken = Broken()
    async with opened_world() as world, running_discord(world, broken) as bot:
        world.say(world.mention, [SHOT])
        await world.until(lambda: bot.metrics.faults == ["internal"])
        broken.answer = lambda _: Reply(Tone.FOUND, "Found")
        world.say(world.mention, [SHOT])
        await world.answer()
    assert "RuntimeError: broken" in caplog.text


@pytest.mark.asyncio
async def test_invite_and_sync() -> None:
    async with opened_world() as world:
        links = await invite_links(spec_for(world))
        url, number = links.server, world.backend.application_id
        assert url.startswith(
            f"https://discord.com/oauth2/authorize?client_id={number}&scope=bot+applications.commands"
        )
        assert "permissions=274878024704" in url
        assert links.user is None
        assert await sync_commands(spec_for(world)) == 4
        assert len(world.backend.commands[None]) == 4
        world.server.faults.append(Fault("GET", "/users/@me", 503, {"message": "no"}))
        with pytest.raises(PlatformError, match="503"):
            await sync_commands(spec_for(world))
