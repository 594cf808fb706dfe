"""Slash commands: help, language, completion of show names, and the app that users install for themselves."""

import pytest
from simcord.backend.models.interaction import ResponseKind

from bot.discord_adapter import invite_links
from bot.messages import Button, ChatKind, CommandName, Reply, Tone
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord, spec_for
from tests.bot.discord_adapter.simcord_server import Fault

SHOT = ("shot.png", PICTURE)


@pytest.mark.asyncio
async def test_help_and_language_are_slash_commands_that_only_the_asker_sees() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        for number in (
            world.slash(command="help", locale="ja"),
            world.slash(command="lang", language="zh"),
            world.slash(command="lang"),
        ):
            answer = await world.responded(number)
            assert answer.is_ephemeral
        commands = [(command.name, command.argument, command.locale) for command in bot.dispatcher.commands]
        assert commands == [
            (CommandName.HELP, "", "ja"),
            (CommandName.LANGUAGE, "zh", "en-US"),
            (CommandName.LANGUAGE, "", "en-US"),
        ]


@pytest.mark.asyncio
async def test_languages_are_choices_by_their_own_names() -> None:
    async with opened_world() as world, running_discord(world):
        command = world.backend.find_command("lang", None)
        assert command is not None
        choices = {choice["value"]: choice["name"] for choice in command["options"][0]["choices"]}
        assert (choices["en"], choices["ja"]) == ("English", "日本語")


@pytest.mark.asyncio
async def test_the_name_of_a_show_is_completed_while_it_is_typed() -> None:
    long_name = "A" * 101
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.show_names = (long_name, *(f"Show {number}" for number in range(40)))
        record = world.backend.interactions[world.slash(show="sho", typing="show")]
        await world.until(lambda: record.responded)
        assert record.response_kind is ResponseKind.AUTOCOMPLETE
        assert record.autocomplete_choices is not None
        assert record.autocomplete_choices[0] == {"name": "Show 0", "value": "Show 0"}
        assert len(record.autocomplete_choices) == 24, "what cannot be a choice is left out"
        assert [(text, chat.kind) for text, chat in bot.dispatcher.typed] == [("sho", ChatKind.GROUP)]


@pytest.mark.asyncio
async def test_a_refusal_after_a_deferral_is_seen_by_the_asker_alone() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.REFUSED, "That was a lot of pictures in a short time.")
        number = world.slash(picture=SHOT)
        refusal = await world.responded(number)
        assert refusal.embeds[0]["title"] == "That was a lot of pictures in a short time."
        assert refusal.is_ephemeral
        assert [message for message in world.by_bot() if not message.is_ephemeral] == []
        bot.dispatcher.answer = lambda _: Reply(Tone.NOT_FOUND, "Not in the library.", rows=((Button("x", "s:a:1"),),))
        answer = await world.responded(world.slash(picture=SHOT))
        assert not answer.is_ephemeral


@pytest.mark.asyncio
async def test_a_refusal_in_private_takes_the_place_of_thinking() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.REFUSED, "No.")
        for fields in ({"channel": world.private}, {"private": True}):
            number = world.slash(picture=SHOT, **fields)
            await world.responded(number)
            assert world.backend.interactions[number].followup_ids == []


@pytest.mark.asyncio
async def test_commands_are_for_people_to_install_where_the_portal_says_so() -> None:
    async with opened_world() as world:
        async with running_discord(world):
            assert "integration_types" not in _installation(world.backend.find_command("whenanime", None))
        world.server.portal.user_install = True
        async with running_discord(world):
            for name, kind in (("whenanime", 1), ("help", 1), ("lang", 1), ("Find the scene", 3)):
                command = world.backend.find_command(name, None, type=kind)
                assert _installation(command) == {"integration_types": [0, 1], "contexts": [0, 1, 2]}
        links = await invite_links(spec_for(world))
        number = world.backend.application_id
        assert links.server.endswith("&permissions=274878024704&integration_type=0")
        assert links.user == (
            f"https://discord.com/oauth2/authorize?client_id={number}&scope=applications.commands&integration_type=1"
        )


def _installation(command: object) -> dict[str, object]:
    assert isinstance(command, dict)
    return {key: command[key] for key in ("integration_types", "contexts") if command.get(key)}


@pytest.mark.asyncio
async def test_in_a_chat_of_others_an_installed_app_answers_as_in_a_group() -> None:
    async with opened_world() as world:
        world.server.portal.user_install = True
        async with running_discord(world) as bot:
            answer = await world.responded(world.slash(picture=SHOT, channel=world.group_chat))
            assert answer.embeds[0]["title"] == "Found"
            (request,) = bot.dispatcher.requests
            assert request.chat.kind is ChatKind.GROUP
            assert not request.chat.adult_allowed
            refused = {"code": 50001, "message": "Missing Access"}
            bot.server.faults.append(Fault("GET", f"/channels/{world.group_chat.id}/messages", 403, refused))
            refusal = await world.responded(world.slash(channel=world.group_chat))
            assert refusal.embeds[0]["title"] == "I cannot look through the messages of this chat."
            assert refusal.is_ephemeral


@pytest.mark.asyncio
async def test_in_a_server_without_the_bot_an_installed_app_answers() -> None:
    async with opened_world() as world:
        world.server.portal.user_install = True
        async with running_discord(world) as bot:
            world.bot_absent = True
            await world.responded(world.slash(picture=SHOT))
            await world.responded(world.menu(world.say("", [SHOT])))
            assert [request.chat.kind for request in bot.dispatcher.requests] == [ChatKind.GROUP] * 2
            assert [request.chat.age_restricted for request in bot.dispatcher.requests] == [False] * 2
