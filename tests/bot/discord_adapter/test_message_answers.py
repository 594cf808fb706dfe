"""Answers to messages: which are answered, and the form of an answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from simcord.backend import serializers

from bot.language.translations import Translations
from bot.messages import (
    Button,
    ChatKind,
    CommandName,
    Media,
    MediaKind,
    PictureUrl,
    Reply,
    Tone,
    Upload,
)
from tests.bot.discord_adapter.fakes import PICTURE
from tests.bot.discord_adapter.running_adapter import RunningAdapter, opened_world, running_discord

SHOT = ("shot.png", PICTURE)
GIF = Media(MediaKind.GIF, b"GIF89a", "scène 1.gif")


@asynccontextmanager
async def running_bot(**fields: Any) -> AsyncGenerator[RunningAdapter]:
    async with opened_world() as world, running_discord(world, **fields) as bot:
        yield bot


@pytest.mark.asyncio
async def test_who_waits_long_is_told_and_the_word_goes_when_the_answer_is_there() -> None:
    async with running_bot() as bot:
        bot.dispatcher.notice = Reply(Tone.INFO, "Please wait", ("3 pictures are before yours.",))
        bot.dispatcher.proceed.clear()
        bot.world.say(bot.world.mention, [SHOT])
        notice = await bot.world.answer()
        assert notice.embeds[0]["title"] == "Please wait"
        bot.dispatcher.proceed.set()
        await bot.world.until(
            lambda: [message.embeds[0]["title"] for message in bot.world.by_bot()] == ["Found"], "one answer alone"
        )


@pytest.mark.asyncio
async def test_mention_with_picture_is_answered_by_one_reply() -> None:
    async with running_bot() as bot:
        bot.dispatcher.answer = lambda _: Reply(
            Tone.FOUND,
            "Show *one*",
            ("Season 2, @everyone", "0:12:34"),
            url="https://example.org/show",
            media=GIF,
            rows=((Button("1/3", "s:abc:1"), Button("Wrong?", "w:abc")),),
        )
        question = bot.world.say(f"{bot.world.mention} season:2 what is this", [SHOT])
        answer = await bot.world.answer()
        request = bot.dispatcher.requests[0]
        assert bot.dispatcher.read == [[PICTURE]]
        assert request.id == f"discord:{bot.world.channel.id}:{question.id}"
        assert request.user == f"discord:{bot.world.user.id}"
        assert request.locale == "en-US"
        assert request.options.where.seasons == {2}
        assert (request.chat.kind, request.chat.preview_kind) == (ChatKind.GROUP, MediaKind.GIF)
        assert request.chat.upload_limit_bytes == 10 * 1024 * 1024
        assert not request.chat.age_restricted
        assert answer.reference is not None
        assert answer.reference["message_id"] == str(question.id)
        assert answer.ping_user_ids == []
        embed = answer.embeds[0]
        assert embed["title"] == r"Show \*one\*"
        assert embed["url"] == "https://example.org/show"
        assert embed["description"] == "Season 2, @\u200beveryone\n0:12:34"
        assert embed["image"]["url"] == "attachment://sc_ne_1.gif"
        assert [attachment["filename"] for attachment in answer.attachments] == ["sc_ne_1.gif"]
        assert [button["custom_id"] for button in answer.components[0]["components"]] == ["wa:s:abc:1", "wa:w:abc"]
        assert bot.server.sent("POST", f"/channels/{bot.world.channel.id}/typing")
        await bot.world.until(lambda: bot.metrics.acknowledged_s)
        await bot.healthy()


@pytest.mark.parametrize("message_content", [True, False])
@pytest.mark.asyncio
async def test_several_pictures_and_spoilers(message_content: bool) -> None:
    async with opened_world() as world:
        world.server.portal.message_content = message_content
        async with running_discord(world) as bot:
            bot.dispatcher.answer = lambda request: Reply(
                Tone.FOUND, "Found", media=Media(MediaKind.GIF, b"GIF", "s.gif", spoiler=request.spoiler)
            )
            world.say(world.mention, [("SPOILER_a.png", b"one"), ("notes.txt", b"text"), ("b.JPG", b"two")])
            answer = await world.answer()
            assert bot.dispatcher.read == [[b"one", b"two"]]
            assert bot.dispatcher.requests[0].spoiler
            assert [attachment["filename"] for attachment in answer.attachments] == ["SPOILER_s.gif"]
            assert "image" not in answer.embeds[0]


@pytest.mark.asyncio
async def test_who_is_not_answered() -> None:
    async with running_bot() as bot:
        world = bot.world
        first = world.say(world.mention, [SHOT])
        answer = await world.answer()
        world.say(f"{world.mention} again", [SHOT], by=world.member("another bot", bot=True))
        hook = world.backend.create_webhook(world.channel.id, "hook", world.user.id)
        world.say(world.mention, [SHOT], by=world.backend.users[hook.webhook_user_id], webhook_id=hook.id)
        world.say("not for you", [SHOT])
        world.say("thanks", [SHOT], reply_to=answer)
        world.say(f"{world.mention} thanks", reply_to=answer)
        last = world.say(world.mention, [SHOT])
        await world.answer(number=2)
        assert [request.id.rpartition(":")[2] for request in bot.dispatcher.requests] == [
            str(first.id),
            str(last.id),
        ]
        assert bot.dispatcher.commands == []


@pytest.mark.asyncio
async def test_listed_channels_need_no_mention() -> None:
    async with opened_world() as world:
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        async with running_discord(world, channels=frozenset({world.channel.id})) as bot:
            world.say("just talking https://example.org/a.png")
            world.say("look", [SHOT])
            await world.answer()
            world.say("look here", [("clip.mp4", b"clip")], channel=thread)
            await world.answer(thread)
            assert bot.dispatcher.read == [[PICTURE], [b"clip"]]
            assert bot.dispatcher.commands == []


@pytest.mark.asyncio
async def test_private_messages() -> None:
    async with opened_world() as world:
        world.server.portal.message_content = False
        async with running_discord(world) as bot:
            world.say("", [SHOT], channel=world.private)
            await world.answer(world.private)
            assert bot.dispatcher.requests[0].chat.kind is ChatKind.PRIVATE
            world.say("see <https://example.org/a.png>", channel=world.private)
            await world.answer(world.private, 2)
            assert bot.dispatcher.requests[1].pictures == (PictureUrl("https://example.org/a.png"),)
            world.say("/lang zh", channel=world.private)
            await world.answer(world.private, 3)
            world.say("hello", channel=world.private)
            await world.answer(world.private, 4)
            commands = [(command.name, command.argument) for command in bot.dispatcher.commands]
            assert commands == [(CommandName.LANGUAGE, "zh"), (CommandName.HELP, "")]


@pytest.mark.asyncio
async def test_reply_to_a_picture_with_a_mention() -> None:
    async with running_bot() as bot:
        picture = bot.world.say("", [SHOT], by=bot.world.member("poster"))
        bot.world.say(f"{bot.world.mention} which one?", reply_to=picture)
        await bot.world.answer()
        assert bot.dispatcher.read == [[PICTURE]]


@pytest.mark.asyncio
async def test_without_the_content_intent_a_reply_is_told_another_way() -> None:
    async with opened_world() as world:
        world.server.portal.message_content = False
        async with running_discord(world) as bot:
            picture = world.say("", [SHOT], by=world.member("poster"))
            world.say(world.mention, reply_to=picture)
            answer = await world.answer()
            assert "not allowed to see" in answer.embeds[0]["title"]
            assert "Find the scene" in answer.embeds[0]["description"]
            assert bot.dispatcher.requests == []


@pytest.mark.asyncio
async def test_forwarded_messages_and_embeds() -> None:
    async with opened_world() as world, running_discord(world, channels=frozenset({world.channel.id})) as bot:
        elsewhere = world.backend.create_channel(world.guild.id, "elsewhere")
        world.say("", forwards=world.say("", [SHOT], channel=elsewhere))
        await world.answer()
        assert bot.dispatcher.read == [[PICTURE]]
        stored = world.backend.store_attachments(world.channel.id, [("proxied.png", b"proxied")])[0]
        shown = {"url": "https://elsewhere.example/x.png", "proxy_url": stored["url"]}
        world.say("https://elsewhere.example/x.png", embeds=[{"type": "image", "thumbnail": shown}])
        await world.answer(number=2)
        assert bot.dispatcher.read[1] == [b"proxied"]
        page = {"type": "article", "title": "A page", "thumbnail": shown}
        world.say("https://elsewhere.example/", embeds=[page])
        foreign = {"type": "rich", "image": {"url": "https://elsewhere.example/y.png"}}
        world.say(f"{world.mention} ||https://elsewhere.example/y||", embeds=[foreign])
        await world.answer(number=3)
        assert bot.dispatcher.requests[2].pictures == (PictureUrl("https://elsewhere.example/y.png"),)
        assert bot.dispatcher.requests[2].spoiler
        assert len(bot.dispatcher.requests) == 3


@pytest.mark.asyncio
async def test_a_file_that_is_no_picture_is_passed_on_when_it_was_asked_for() -> None:
    async with running_bot() as bot:
        bot.world.say(bot.world.mention, [("paper.pdf", b"%PDF")])
        await bot.world.answer()
        assert [picture.name for picture in bot.dispatcher.requests[0].pictures if isinstance(picture, Upload)] == [
            "paper.pdf"
        ]


@pytest.mark.asyncio
async def test_an_unreadable_season_is_told() -> None:
    async with running_bot() as bot:
        bot.world.say(f"{bot.world.mention} season:first", [SHOT])
        answer = await bot.world.answer()
        assert answer.embeds[0]["title"]
        assert bot.dispatcher.requests == []


@pytest.mark.asyncio
async def test_what_the_adapter_says_itself_is_in_the_language_that_the_user_chose() -> None:
    title = Translations().of("ja").gettext("I cannot use this show or season.")
    async with running_bot() as bot:
        bot.dispatcher.chosen_locale = "ja"
        bot.world.say(f"{bot.world.mention} season:first", [SHOT])
        answer = await bot.world.answer()
        refused = await bot.world.responded(bot.world.slash(picture=SHOT, season="first"))
        assert [reply.embeds[0]["title"] for reply in (answer, refused)] == [title, title]


@pytest.mark.asyncio
async def test_the_server_s_language_and_age_restriction() -> None:
    async with opened_world() as world:
        world.guild.preferred_locale = "zh-CN"
        world.server.age_restricted.add(world.channel.id)
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        async with running_discord(world) as bot:
            world.say(world.mention, [SHOT])
            await world.answer()
            world.say(world.mention, [SHOT], channel=thread)
            await world.answer(thread)
            assert [(request.locale, request.chat.age_restricted) for request in bot.dispatcher.requests] == [
                ("zh-CN", True)
            ] * 2


@pytest.mark.asyncio
async def test_a_deleted_question_is_given_up() -> None:
    async with running_bot() as bot:
        bot.dispatcher.proceed.clear()
        question = bot.world.say(bot.world.mention, [SHOT])
        await bot.dispatcher.started.wait()
        bot.world.backend.delete_message(question.channel_id, question.id)
        await _cancelled(bot, 1)
        bot.dispatcher.started.clear()
        more = [bot.world.say(bot.world.mention, [SHOT]) for _ in range(2)]
        await bot.dispatcher.started.wait()
        bot.world.backend.bulk_delete_messages(question.channel_id, [message.id for message in more])
        await _cancelled(bot, 3)
        bot.dispatcher.proceed.set()
        bot.world.say(bot.world.mention, [SHOT])
        await bot.world.answer()
        assert len(bot.world.by_bot()) == 1


async def _cancelled(bot: RunningAdapter, number: int) -> None:
    async with asyncio.timeout(10):
        while len(bot.dispatcher.cancelled) < number:
            await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_what_may_not_be_written_is_told_in_private_once(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world:
        world.allow("read_message_history")
        async with running_discord(world) as bot:
            world.say(world.mention, [SHOT])
            refusal = await world.answer(world.private)
            assert "#screenshots" in refusal.embeds[0]["title"]
            assert "Send Messages" in refusal.embeds[0]["description"]
            world.say(world.mention, [SHOT])
            world.say("", [SHOT], channel=world.private)
            await world.answer(world.private, 2)
            assert len(bot.dispatcher.requests) == 1
            assert world.by_bot() == []
    assert len([record for record in caplog.records if "permission" in record.getMessage()]) == 1


@pytest.mark.asyncio
async def test_in_a_server_that_is_not_known_yet_nobody_is_alone_with_us() -> None:
    async with opened_world() as world, running_discord(world) as bot:
        await bot.healthy()
        message = world.say("to somebody else", [SHOT])
        unknown = {**serializers.message_payload(world.backend, message), "guild_id": "999", "channel_id": "998"}
        world.backend.emit("MESSAGE_CREATE", {**unknown, "id": "1001"})
        world.backend.emit("MESSAGE_CREATE", {**unknown, "id": "1002", "content": world.mention})
        await bot.dispatcher.started.wait()
        assert [(request.id, request.chat.kind) for request in bot.dispatcher.requests] == [
            ("discord:998:1002", ChatKind.GROUP),
        ]


@pytest.mark.asyncio
async def test_fewer_permissions_give_plainer_answers(caplog: pytest.LogCaptureFixture) -> None:
    async with opened_world() as world:
        world.allow("send_messages")
        async with running_discord(world) as bot:
            bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "A *show*", ("0:01",), "https://e.org", GIF)
            world.say(world.mention, [SHOT])
            answer = await world.answer()
            assert answer.content.startswith("**A \\*show\\***\n0:01\n")
            assert "attach files" in answer.content
            assert answer.content.endswith("<https://e.org>")
            assert (answer.embeds, answer.attachments, answer.reference) == ([], [], None)
            assert not answer.flags, "an embed that a button brings has to be seen"
    assert [record.getMessage() for record in caplog.records if "permissions" in record.getMessage()] == [
        next(record.getMessage() for record in caplog.records if "Embed Links, Attach Files" in record.getMessage())
    ]
