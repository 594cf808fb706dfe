"""Messages: what is answered, what is not, and how an answer looks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from simcord.backend import serializers

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
from tests.bot.discord_adapter.at_work import Running, running, server_and_world
from tests.bot.discord_adapter.fakes import PICTURE

SHOT = ("shot.png", PICTURE)
GIF = Media(MediaKind.GIF, b"GIF89a", "scène 1.gif")


@asynccontextmanager
async def at_work(**fields: Any) -> AsyncGenerator[Running]:
    async with server_and_world() as world, running(world, **fields) as at:
        yield at


@pytest.mark.asyncio
async def test_who_waits_long_is_told_and_the_word_goes_when_the_answer_is_there() -> None:
    async with at_work() as at:
        at.dispatcher.notice = Reply(Tone.INFO, "Please wait", ("3 pictures are before yours.",))
        at.dispatcher.go_on.clear()
        at.world.say(at.world.mention, [SHOT])
        notice = await at.world.answer()
        assert notice.embeds[0]["title"] == "Please wait"
        at.dispatcher.go_on.set()
        await at.world.until(
            lambda: [message.embeds[0]["title"] for message in at.world.by_bot()] == ["Found"], "one answer alone"
        )


@pytest.mark.asyncio
async def test_mention_with_picture_is_answered_by_one_reply() -> None:
    async with at_work() as at:
        at.dispatcher.answer = lambda _: Reply(
            Tone.FOUND,
            "Show *one*",
            ("Season 2, @everyone", "0:12:34"),
            url="https://example.org/show",
            media=GIF,
            rows=((Button("1/3", "s:abc:1"), Button("Wrong?", "w:abc")),),
        )
        asked = at.world.say(f"{at.world.mention} season:2 what is this", [SHOT])
        answer = await at.world.answer()
        request = at.dispatcher.requests[0]
        assert at.dispatcher.read == [[PICTURE]]
        assert request.id == f"discord:{at.world.channel.id}:{asked.id}"
        assert request.user == f"discord:{at.world.user.id}"
        assert request.locale == "en-US"
        assert request.options.where.seasons == {2}
        assert (request.chat.kind, request.chat.preview_kind) == (ChatKind.GROUP, MediaKind.GIF)
        assert request.chat.upload_limit_bytes == 10 * 1024 * 1024
        assert not request.chat.age_restricted
        assert answer.reference is not None
        assert answer.reference["message_id"] == str(asked.id)
        assert answer.ping_user_ids == []
        embed = answer.embeds[0]
        assert embed["title"] == r"Show \*one\*"
        assert embed["url"] == "https://example.org/show"
        assert embed["description"] == "Season 2, @\u200beveryone\n0:12:34"
        assert embed["image"]["url"] == "attachment://sc_ne_1.gif"
        assert [one["filename"] for one in answer.attachments] == ["sc_ne_1.gif"]
        assert [one["custom_id"] for one in answer.components[0]["components"]] == ["wa:s:abc:1", "wa:w:abc"]
        assert at.server.sent("POST", f"/channels/{at.world.channel.id}/typing")
        await at.world.until(lambda: at.metrics.seen_after_s)
        await at.healthy()


@pytest.mark.parametrize("message_content", [True, False])
@pytest.mark.asyncio
async def test_several_pictures_and_spoilers(message_content: bool) -> None:
    async with server_and_world() as world:
        world.server.portal.message_content = message_content
        async with running(world) as at:
            at.dispatcher.answer = lambda request: Reply(
                Tone.FOUND, "Found", media=Media(MediaKind.GIF, b"GIF", "s.gif", spoiler=request.spoiler)
            )
            world.say(world.mention, [("SPOILER_a.png", b"one"), ("notes.txt", b"text"), ("b.JPG", b"two")])
            answer = await world.answer()
            assert at.dispatcher.read == [[b"one", b"two"]]
            assert at.dispatcher.requests[0].spoiler
            assert [one["filename"] for one in answer.attachments] == ["SPOILER_s.gif"]
            assert "image" not in answer.embeds[0]


@pytest.mark.asyncio
async def test_who_is_not_answered() -> None:
    async with at_work() as at:
        world = at.world
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
        assert [request.id.rpartition(":")[2] for request in at.dispatcher.requests] == [
            str(first.id),
            str(last.id),
        ]
        assert at.dispatcher.commands == []


@pytest.mark.asyncio
async def test_listed_channels_need_no_mention() -> None:
    async with server_and_world() as world:
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        async with running(world, channels=frozenset({world.channel.id})) as at:
            world.say("just talking https://example.org/a.png")
            world.say("look", [SHOT])
            await world.answer()
            world.say("look here", [("clip.mp4", b"clip")], channel=thread)
            await world.answer(thread)
            assert at.dispatcher.read == [[PICTURE], [b"clip"]]
            assert at.dispatcher.commands == []


@pytest.mark.asyncio
async def test_private_messages() -> None:
    async with server_and_world() as world:
        world.server.portal.message_content = False
        async with running(world) as at:
            world.say("", [SHOT], channel=world.private)
            await world.answer(world.private)
            assert at.dispatcher.requests[0].chat.kind is ChatKind.PRIVATE
            world.say("see <https://example.org/a.png>", channel=world.private)
            await world.answer(world.private, 2)
            assert at.dispatcher.requests[1].pictures == (PictureUrl("https://example.org/a.png"),)
            world.say("/lang zh", channel=world.private)
            await world.answer(world.private, 3)
            world.say("hello", channel=world.private)
            await world.answer(world.private, 4)
            said = [(one.name, one.argument) for one in at.dispatcher.commands]
            assert said == [(CommandName.LANGUAGE, "zh"), (CommandName.HELP, "")]


@pytest.mark.asyncio
async def test_reply_to_a_picture_with_a_mention() -> None:
    async with at_work() as at:
        picture = at.world.say("", [SHOT], by=at.world.member("poster"))
        at.world.say(f"{at.world.mention} which one?", reply_to=picture)
        await at.world.answer()
        assert at.dispatcher.read == [[PICTURE]]


@pytest.mark.asyncio
async def test_without_the_content_intent_a_reply_is_told_another_way() -> None:
    async with server_and_world() as world:
        world.server.portal.message_content = False
        async with running(world) as at:
            picture = world.say("", [SHOT], by=world.member("poster"))
            world.say(world.mention, reply_to=picture)
            answer = await world.answer()
            assert "not allowed to see" in answer.embeds[0]["title"]
            assert "Find the scene" in answer.embeds[0]["description"]
            assert at.dispatcher.requests == []


@pytest.mark.asyncio
async def test_forwarded_messages_and_embeds() -> None:
    async with server_and_world() as world, running(world, channels=frozenset({world.channel.id})) as at:
        elsewhere = world.backend.create_channel(world.guild.id, "elsewhere")
        world.say("", forwards=world.say("", [SHOT], channel=elsewhere))
        await world.answer()
        assert at.dispatcher.read == [[PICTURE]]
        stored = world.backend.store_attachments(world.channel.id, [("proxied.png", b"proxied")])[0]
        shown = {"url": "https://elsewhere.example/x.png", "proxy_url": stored["url"]}
        world.say("https://elsewhere.example/x.png", embeds=[{"type": "image", "thumbnail": shown}])
        await world.answer(number=2)
        assert at.dispatcher.read[1] == [b"proxied"]
        page = {"type": "article", "title": "A page", "thumbnail": shown}
        world.say("https://elsewhere.example/", embeds=[page])
        foreign = {"type": "rich", "image": {"url": "https://elsewhere.example/y.png"}}
        world.say(f"{world.mention} ||https://elsewhere.example/y||", embeds=[foreign])
        await world.answer(number=3)
        assert at.dispatcher.requests[2].pictures == (PictureUrl("https://elsewhere.example/y.png"),)
        assert at.dispatcher.requests[2].spoiler
        assert len(at.dispatcher.requests) == 3


@pytest.mark.asyncio
async def test_a_file_that_is_no_picture_is_passed_on_when_it_was_asked_for() -> None:
    async with at_work() as at:
        at.world.say(at.world.mention, [("paper.pdf", b"%PDF")])
        await at.world.answer()
        assert [one.name for one in at.dispatcher.requests[0].pictures if isinstance(one, Upload)] == ["paper.pdf"]


@pytest.mark.asyncio
async def test_an_unreadable_season_is_told() -> None:
    async with at_work() as at:
        at.world.say(f"{at.world.mention} season:first", [SHOT])
        answer = await at.world.answer()
        assert answer.embeds[0]["title"]
        assert at.dispatcher.requests == []


@pytest.mark.asyncio
async def test_the_server_s_language_and_age_restriction() -> None:
    async with server_and_world() as world:
        world.guild.preferred_locale = "zh-CN"
        world.server.age_restricted.add(world.channel.id)
        thread = world.backend.create_thread(world.channel.id, "thread", world.user.id)
        async with running(world) as at:
            world.say(world.mention, [SHOT])
            await world.answer()
            world.say(world.mention, [SHOT], channel=thread)
            await world.answer(thread)
            assert [(one.locale, one.chat.age_restricted) for one in at.dispatcher.requests] == [("zh-CN", True)] * 2


@pytest.mark.asyncio
async def test_a_deleted_question_is_given_up() -> None:
    async with at_work() as at:
        at.dispatcher.go_on.clear()
        asked = at.world.say(at.world.mention, [SHOT])
        await at.dispatcher.begun.wait()
        at.world.backend.delete_message(asked.channel_id, asked.id)
        await _cancelled(at, 1)
        at.dispatcher.begun.clear()
        more = [at.world.say(at.world.mention, [SHOT]) for _ in range(2)]
        await at.dispatcher.begun.wait()
        at.world.backend.bulk_delete_messages(asked.channel_id, [one.id for one in more])
        await _cancelled(at, 3)
        at.dispatcher.go_on.set()
        at.world.say(at.world.mention, [SHOT])
        await at.world.answer()
        assert len(at.world.by_bot()) == 1


async def _cancelled(at: Running, number: int) -> None:
    async with asyncio.timeout(10):
        while len(at.dispatcher.cancelled) < number:
            await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_what_may_not_be_written_is_told_in_private_once(caplog: pytest.LogCaptureFixture) -> None:
    async with server_and_world() as world:
        world.allow("read_message_history")
        async with running(world) as at:
            world.say(world.mention, [SHOT])
            told = await world.answer(world.private)
            assert "#screenshots" in told.embeds[0]["title"]
            assert "Send Messages" in told.embeds[0]["description"]
            world.say(world.mention, [SHOT])
            world.say("", [SHOT], channel=world.private)
            await world.answer(world.private, 2)
            assert len(at.dispatcher.requests) == 1
            assert world.by_bot() == []
    assert len([one for one in caplog.records if "permission" in one.getMessage()]) == 1


@pytest.mark.asyncio
async def test_in_a_server_that_is_not_known_yet_nobody_is_alone_with_us() -> None:
    async with server_and_world() as world, running(world) as at:
        await at.healthy()
        said = world.say("to somebody else", [SHOT])
        unknown = {**serializers.message_payload(world.backend, said), "guild_id": "999", "channel_id": "998"}
        world.backend.emit("MESSAGE_CREATE", {**unknown, "id": "1001"})
        world.backend.emit("MESSAGE_CREATE", {**unknown, "id": "1002", "content": world.mention})
        await at.dispatcher.begun.wait()
        assert [(one.id, one.chat.kind) for one in at.dispatcher.requests] == [
            ("discord:998:1002", ChatKind.GROUP),
        ]


@pytest.mark.asyncio
async def test_fewer_permissions_give_plainer_answers(caplog: pytest.LogCaptureFixture) -> None:
    async with server_and_world() as world:
        world.allow("send_messages")
        async with running(world) as at:
            at.dispatcher.answer = lambda _: Reply(Tone.FOUND, "A *show*", ("0:01",), "https://e.org", GIF)
            world.say(world.mention, [SHOT])
            answer = await world.answer()
            assert answer.content.startswith("**A \\*show\\***\n0:01\n")
            assert "attach files" in answer.content
            assert answer.content.endswith("<https://e.org>")
            assert (answer.embeds, answer.attachments, answer.reference) == ([], [], None)
            assert not answer.flags, "an embed that a button brings has to be seen"
    assert [one.getMessage() for one in caplog.records if "permissions" in one.getMessage()] == [
        next(one.getMessage() for one in caplog.records if "Embed Links, Attach Files" in one.getMessage())
    ]
