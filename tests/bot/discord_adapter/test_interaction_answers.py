"""Answers to slash commands, the message menu, buttons and modals."""

import pytest
from simcord.backend.models.interaction import ResponseKind

from bot.messages import Button, ButtonPress, ChatKind, Media, MediaKind, PictureUrl, Reply, TextPrompt, Tone
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord
from tests.bot.discord_adapter.simcord_server import Fault

SHOT = ("shot.png", PICTURE)
GIF = Media(MediaKind.GIF, b"GIF89a", "scene.gif")


@pytest.mark.asyncio
async def test_slash_command_with_a_picture_and_options() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.proceed.clear()
        number = world.slash(picture=SHOT, show="Paper Boats", season="1,3", private=True, locale="ja")
        await bot.dispatcher.started.wait()
        record = world.backend.interactions[number]
        assert record.response_kind is ResponseKind.DEFERRED
        assert record.ephemeral
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Found", media=GIF)
        bot.dispatcher.proceed.set()
        answer = await world.responded(number)
        assert answer.is_ephemeral
        assert [attachment["filename"] for attachment in answer.attachments] == ["scene.gif"]
        request = bot.dispatcher.requests[0]
        assert bot.dispatcher.read == [[PICTURE]]
        assert (request.options.where.shows, request.options.where.seasons) == (("Paper Boats",), frozenset({1, 3}))
        assert request.options.private
        assert request.locale == "ja"
        assert request.chat.upload_limit_bytes == 26214400
        assert request.id == f"discord:interaction:{number}"


@pytest.mark.asyncio
async def test_who_waits_long_for_a_command_is_told_where_the_answer_will_stand() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.notice = Reply(Tone.INFO, "Please wait")
        bot.dispatcher.proceed.clear()
        number = world.slash(picture=SHOT)
        notice = await world.responded(number)
        assert notice.embeds[0]["title"] == "Please wait"
        bot.dispatcher.proceed.set()
        await world.until(lambda: notice.embeds[0]["title"] == "Found", "the answer in its place")
        assert len(world.by_bot()) == 1


@pytest.mark.asyncio
async def test_slash_command_with_a_link_and_with_nothing() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        await world.responded(world.slash(link="https://example.org/a.png"))
        assert bot.dispatcher.requests[0].pictures == (PictureUrl("https://example.org/a.png"),)
        refusal = await world.responded(world.slash())
        assert "no picture" in refusal.embeds[0]["title"]
        world.say("", [("older.png", b"older")])
        world.say("", [("newer.png", b"newer")])
        world.say("only text")
        await world.responded(world.slash())
        assert bot.dispatcher.read[1:] == [[b"newer"]]
        refused = await world.responded(world.slash(picture=SHOT, season="first"))
        assert refused.embeds[0]["title"]
        assert refused.is_ephemeral
        assert len(bot.dispatcher.requests) == 2
        assert bot.dispatcher.requests[0].chat.kind is ChatKind.GROUP


@pytest.mark.asyncio
async def test_the_last_picture_needs_the_content_intent() -> None:
    async with opened_world() as world:
        world.server.portal.message_content = False
        async with running_discord(world) as bot:
            posted = world.say("", [SHOT])
            refusal = await world.responded(world.slash())
            assert "not allowed to see" in refusal.embeds[0]["title"]
            assert refusal.is_ephemeral
            await world.responded(world.menu(posted))
            assert bot.dispatcher.read == [[PICTURE]]


@pytest.mark.asyncio
async def test_message_menu() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        answer = await world.responded(world.menu(world.say("", [("SPOILER_a.png", b"a"), ("b.png", b"b")])))
        assert answer.embeds[0]["title"] == "Found"
        assert bot.dispatcher.read == [[b"a", b"b"]]
        assert bot.dispatcher.requests[0].spoiler
        none = await world.responded(world.menu(world.say("nothing here")))
        assert "no picture" in none.embeds[0]["title"]
        assert none.is_ephemeral


@pytest.mark.asyncio
async def test_a_channel_whose_messages_are_out_of_reach_has_no_last_picture() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(Fault("GET", "/channels/*/messages*", 404, {"code": 10003, "message": "Unknown"}))
        refusal = await world.responded(world.slash())
        assert "cannot look through" in refusal.embeds[0]["title"]
        assert bot.metrics.faults == []


@pytest.mark.asyncio
async def test_buttons_edit_the_message_also_after_a_restart() -> None:
    async with opened_world() as world:
        async with running_discord(world) as bot:
            row = (Button("Next", "s:abc:1"), Button("Wrong?", "w:abc"))
            bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", media=GIF, rows=(row,))
            world.say(world.mention, [SHOT])
            answer = await world.answer()
        async with running_discord(world) as bot:
            bot.dispatcher.press_reply = lambda _: Reply(
                Tone.FOUND, "Second", media=Media(MediaKind.MP4, b"mp4", "b.mp4"), rows=(row,), edits=True
            )
            world.click(answer, "wa:s:abc:1", locale="zh-CN")
            await world.until(lambda: answer.embeds[0]["title"] == "Second")
            press = bot.dispatcher.presses[0]
            assert (press.action, press.locale) == ("s:abc:1", "zh-CN")
            assert press.user == f"discord:{world.user.id}"
            assert [attachment["filename"] for attachment in answer.attachments] == ["b.mp4"]
            bot.dispatcher.press_reply = lambda _: Reply(Tone.INFO, "Third", edits=True)
            world.click(answer, "wa:s:abc:1")
            await world.until(lambda: answer.embeds[0]["title"] == "Third")
            assert answer.attachments == []
            assert answer.components == []


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.asyncio
async def test_a_reply_of_its_own_to_a_button(private: bool) -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", rows=((Button("Wrong?", "w:abc"),),))
        world.say(world.mention, [SHOT])
        answer = await world.answer()
        bot.dispatcher.press_reply = lambda _: Reply(Tone.INFO, "Which one?", private=private)
        reply = await world.responded(world.click(answer, "wa:w:abc"))
        assert reply.embeds[0]["title"] == "Which one?"
        assert reply.is_ephemeral is private
        assert answer.embeds[0]["title"] == "First"


@pytest.mark.asyncio
async def test_a_slow_press_is_acknowledged_first() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", rows=((Button("Next", "s:abc:1"),),))
        world.say(world.mention, [SHOT])
        answer = await world.answer()
        bot.dispatcher.proceed.clear()
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        number = world.click(answer, "wa:s:abc:1")
        await world.until(lambda: world.backend.interactions[number].responded)
        assert world.backend.interactions[number].response_kind is ResponseKind.DEFERRED_UPDATE
        bot.dispatcher.proceed.set()
        await world.until(lambda: answer.embeds[0]["title"] == "Second")

        bot.dispatcher.proceed.clear()
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", rows=((Button("Other", "o:abc"),),))
        bot.dispatcher.press_reply = lambda _: Reply(
            Tone.INFO, "What is it?", text_prompt=TextPrompt("Which show?", "o:abc")
        )
        bot.dispatcher.started.clear()
        world.say(world.mention, [SHOT])
        await bot.dispatcher.started.wait()
        bot.dispatcher.proceed.set()
        answer = await world.answer(number=2)
        bot.dispatcher.proceed.clear()
        late = world.click(answer, "wa:o:abc")
        await world.until(lambda: world.backend.interactions[late].responded)
        bot.dispatcher.proceed.set()
        await world.until(lambda: world.backend.interactions[late].followup_ids)
        followup = world.backend.messages[world.channel.id][world.backend.interactions[late].followup_ids[0]]
        assert "press the button again" in followup.embeds[0]["title"]
        assert followup.is_ephemeral


@pytest.mark.asyncio
async def test_a_form_asks_and_its_text_comes_back() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", rows=((Button("Other", "o:abc"),),))
        world.say(world.mention, [SHOT])
        answer = await world.answer()
        prompt = "Which show and which episode is it really from, do you know?"

        def pressed(press: ButtonPress) -> Reply:
            if press.text:
                return Reply(Tone.INFO, f"Thanks for {press.text}", private=True)
            return Reply(Tone.INFO, "Something else", text_prompt=TextPrompt(prompt, "o:abc"))

        bot.dispatcher.press_reply = pressed
        shown = world.click(answer, "wa:o:abc")
        await world.until(lambda: world.backend.interactions[shown].modal)
        modal = world.backend.interactions[shown].modal
        assert modal is not None
        assert (modal["title"], modal["custom_id"]) == ("Something else", "wa:o:abc")
        assert modal["components"][0]["description"] == prompt
        thanks = await world.responded(world.submit(shown, "Aria 5"))
        assert thanks.embeds[0]["title"] == "Thanks for Aria 5"
        assert thanks.is_ephemeral
        assert [press.action for press in bot.dispatcher.presses] == ["o:abc", "o:abc"]


@pytest.mark.asyncio
async def test_foreign_buttons_and_expired_interactions_are_passed_over() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        bot.server.faults.append(
            Fault("POST", "/interactions/*", 404, {"code": 10062, "message": "Unknown interaction"})
        )
        world.slash(picture=SHOT)
        await world.until(lambda: "gone" in bot.metrics.faults)
        row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": "other:1"}]}
        foreign = world.backend.create_message(world.channel.id, world.backend.bot_user.id, "old", components=[row])
        world.click(foreign, "other:1")
        await world.responded(world.slash(picture=SHOT))
        assert bot.dispatcher.presses == []
        assert len(bot.dispatcher.requests) == 1


@pytest.mark.asyncio
async def test_commands_are_registered_in_every_language() -> None:
    async with opened_world() as world, running_discord(world):
        registered = {(command["name"], command["type"]): command for command in world.backend.commands[None].values()}
        slash, menu = registered["whenanime", 1], registered["Find the scene", 3]
        assert sorted(name for name, _ in registered) == ["Find the scene", "help", "lang", "whenanime"]
        assert [option["name"] for option in slash["options"]] == ["picture", "link", "season", "show", "private"]
        assert not any(option["required"] for option in slash["options"])
        for localized in (slash.get("description_localizations"), menu.get("name_localizations")):
            assert set(localized or {}) == {"zh-CN", "zh-TW", "ja"}
