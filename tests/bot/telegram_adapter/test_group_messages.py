"""Messages in groups: only those that address the bot are answered."""

import pytest

from bot.messages import ChatKind, CommandName
from bot.telegram_adapter import Timing
from tests.bot.telegram_adapter.chats import ME
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI
from tests.bot.telegram_adapter.running_adapter import running_telegram


@pytest.mark.parametrize(
    "text", ["@whenanime_bot season:2", "what is this @WHENANIME_BOT", "/whenanime", "/whenanime@WhenAnime_bot"]
)
@pytest.mark.asyncio
async def test_picture_with_a_mention_or_a_command(text: str) -> None:
    async with running_telegram() as bot:
        await bot.api.say(GROUP, AKI, text, photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage")
        request = bot.dispatcher.requests[0]
        assert bot.dispatcher.read == [b"large"]
        assert request.chat.kind is ChatKind.GROUP
        assert not request.chat.adult_allowed
        assert request.user == "telegram:101"


@pytest.mark.parametrize(
    "text", ["", "nice", "@someone_else", "@whenanime_bot_fan", "mail@whenanime_bot", "/whenanime@other_bot"]
)
@pytest.mark.asyncio
async def test_other_pictures_are_not_for_us(text: str) -> None:
    async with running_telegram() as bot:
        await bot.api.say(GROUP, AKI, text, photo=bot.api.photo(b"large"))
        await bot.until_all_answered()
        assert not bot.dispatcher.requests
        assert len(bot.api.of("sendMessage")) == 1
        assert not bot.api.of("setMessageReaction")


@pytest.mark.asyncio
async def test_mention_by_name_alone_where_there_is_no_username() -> None:
    async with running_telegram() as bot:
        entity = {"type": "text_mention", "offset": 0, "length": 9, "user": ME}
        await bot.api.say(GROUP, AKI, "WhenAnime", photo=bot.api.photo(b"large"), caption_entities=[entity])
        await bot.api.call("sendMessage")
        assert bot.dispatcher.read == [b"large"]


@pytest.mark.parametrize("text", ["/whenanime", "@whenanime_bot mute"])
@pytest.mark.asyncio
async def test_pointing_at_a_picture_of_somebody_else(text: str) -> None:
    async with running_telegram() as bot:
        shown = bot.api.message(GROUP, MEI, photo=bot.api.photo(b"shown"), has_media_spoiler=True)
        message = await bot.api.say(GROUP, AKI, text, reply_to_message=shown)
        answer = await bot.api.call("sendMessage")
        request = bot.dispatcher.requests[0]
        assert bot.dispatcher.read == [b"shown"]
        assert (request.user, request.spoiler) == ("telegram:101", True)
        assert answer.json("reply_parameters")["message_id"] == message["message_id"]


@pytest.mark.asyncio
async def test_talk_below_our_answers_is_not_for_us_unless_it_names_us() -> None:
    async with running_telegram() as bot:
        await bot.api.say(GROUP, AKI, "/whenanime", photo=bot.api.photo(b"large"))
        ours = (await bot.api.call("sendMessage")).result
        ours = {**ours, "photo": bot.api.photo(b"ours")}
        await bot.api.say(GROUP, MEI, "thanks!", reply_to_message=ours)
        await bot.api.say(GROUP, MEI, photo=bot.api.photo(b"another"), reply_to_message=ours)
        await bot.until_all_answered()
        assert bot.dispatcher.read == [b"large"]
        await bot.api.say(GROUP, MEI, "@whenanime_bot again", reply_to_message=ours)
        await bot.api.call("sendMessage", 3)
        assert bot.dispatcher.read == [b"large", b"ours"]


@pytest.mark.asyncio
async def test_mention_without_any_picture_is_told_so() -> None:
    async with running_telegram() as bot:
        await bot.api.say(GROUP, AKI, "@whenanime_bot hello")
        answer = await bot.api.call("sendMessage")
        assert "no picture" in answer.params["text"]


@pytest.mark.asyncio
async def test_only_commands_that_name_us() -> None:
    async with running_telegram() as bot:
        for text in ("/help", "/start", "/lang ja", "/help@other_bot"):
            await bot.api.say(GROUP, AKI, text)
        await bot.api.say(GROUP, AKI, "/lang@WhenAnime_Bot ja")
        await bot.until_all_answered()
        assert [(command.name, command.argument) for command in bot.dispatcher.commands] == [
            (CommandName.LANGUAGE, "ja"),
            (CommandName.HELP, ""),
        ]


@pytest.mark.asyncio
async def test_album_needs_one_mention() -> None:
    async with running_telegram(timing=Timing(album_window_s=0.1, retry_pause_s=0.01)) as bot:
        for picture, caption in ((b"one", ""), (b"two", "@whenanime_bot")):
            await bot.api.say(GROUP, AKI, caption, photo=bot.api.photo(picture), media_group_id="7")
        for picture in (b"three", b"four"):
            await bot.api.say(GROUP, AKI, photo=bot.api.photo(picture), media_group_id="8")
        await bot.api.call("sendMessage")
        await bot.until_all_answered()
        assert bot.dispatcher.read == [b"one", b"two"]
        assert len(bot.dispatcher.requests) == 1
        # acknowledged once, though the first picture did not mention the bot
        eyes = [call for call in bot.api.of("setMessageReaction") if "👀" in call.json("reaction")[0]["emoji"]]
        assert len(eyes) == 1


@pytest.mark.asyncio
async def test_who_speaks_in_the_name_of_a_group_has_a_quota_of_its_own() -> None:
    async with running_telegram() as bot:
        hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        message = bot.api.message(GROUP, AKI, "/whenanime", photo=bot.api.photo(b"large"))
        await bot.api.update(message={**message, "from": hidden, "sender_chat": GROUP.json()})
        await bot.api.call("sendMessage")
        assert bot.dispatcher.requests[0].user == f"telegram:{GROUP.id}"


@pytest.mark.asyncio
async def test_answers_stay_in_their_topic() -> None:
    async with running_telegram() as bot:
        topic = {"message_thread_id": 77, "is_topic_message": True}
        await bot.api.say(GROUP, AKI, "/whenanime", photo=bot.api.photo(b"large"), **topic)
        answer = await bot.api.call("sendMessage")
        assert answer.params["message_thread_id"] == "77"
