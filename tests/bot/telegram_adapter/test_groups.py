"""In a group only what mentions, commands or answers the bot is for it."""

import pytest

from bot.messages import ChatKind, CommandName
from bot.telegram_adapter import Timing
from tests.bot.telegram_adapter.chats import ME
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI
from tests.bot.telegram_adapter.world import At, at_work


async def last(at: At) -> None:
    """Something that is answered, after which all that came before would have been answered too."""
    await at.api.say(GROUP, MEI, "/help@whenanime_bot")
    await at.api.until(lambda: any(one.params["text"].startswith("<b>help") for one in at.api.of("sendMessage")))


@pytest.mark.parametrize(
    "text", ["@whenanime_bot season:2", "what is this @WHENANIME_BOT", "/whenanime", "/whenanime@WhenAnime_bot"]
)
@pytest.mark.asyncio
async def test_picture_with_a_mention_or_a_command(text: str) -> None:
    async with at_work() as at:
        await at.api.say(GROUP, AKI, text, photo=at.api.photo(b"large"))
        await at.api.call("sendMessage")
        request = at.dispatcher.requests[0]
        assert at.dispatcher.read == [b"large"]
        assert request.chat.kind is ChatKind.GROUP
        assert not request.chat.adult_allowed
        assert request.user == "telegram:101"


@pytest.mark.parametrize(
    "text", ["", "nice", "@someone_else", "@whenanime_bot_fan", "mail@whenanime_bot", "/whenanime@other_bot"]
)
@pytest.mark.asyncio
async def test_other_pictures_are_not_for_us(text: str) -> None:
    async with at_work() as at:
        await at.api.say(GROUP, AKI, text, photo=at.api.photo(b"large"))
        await last(at)
        assert not at.dispatcher.requests
        assert len(at.api.of("sendMessage")) == 1
        assert not at.api.of("setMessageReaction")


@pytest.mark.asyncio
async def test_mention_by_name_alone_where_there_is_no_username() -> None:
    async with at_work() as at:
        entity = {"type": "text_mention", "offset": 0, "length": 9, "user": ME}
        await at.api.say(GROUP, AKI, "WhenAnime", photo=at.api.photo(b"large"), caption_entities=[entity])
        await at.api.call("sendMessage")
        assert at.dispatcher.read == [b"large"]


@pytest.mark.parametrize("text", ["/whenanime", "@whenanime_bot mute"])
@pytest.mark.asyncio
async def test_pointing_at_a_picture_of_somebody_else(text: str) -> None:
    async with at_work() as at:
        shown = at.api.message(GROUP, MEI, photo=at.api.photo(b"shown"), has_media_spoiler=True)
        said = await at.api.say(GROUP, AKI, text, reply_to_message=shown)
        answer = await at.api.call("sendMessage")
        request = at.dispatcher.requests[0]
        assert at.dispatcher.read == [b"shown"]
        assert (request.user, request.spoiler) == ("telegram:101", True)
        assert answer.json("reply_parameters")["message_id"] == said["message_id"]


@pytest.mark.asyncio
async def test_talk_below_our_answers_is_not_for_us_unless_it_names_us() -> None:
    async with at_work() as at:
        await at.api.say(GROUP, AKI, "/whenanime", photo=at.api.photo(b"large"))
        ours = (await at.api.call("sendMessage")).result
        ours = {**ours, "photo": at.api.photo(b"ours")}
        await at.api.say(GROUP, MEI, "thanks!", reply_to_message=ours)
        await at.api.say(GROUP, MEI, photo=at.api.photo(b"another"), reply_to_message=ours)
        await last(at)
        assert at.dispatcher.read == [b"large"]
        await at.api.say(GROUP, MEI, "@whenanime_bot again", reply_to_message=ours)
        await at.api.call("sendMessage", 3)
        assert at.dispatcher.read == [b"large", b"ours"]


@pytest.mark.asyncio
async def test_mention_without_any_picture_is_told_so() -> None:
    async with at_work() as at:
        await at.api.say(GROUP, AKI, "@whenanime_bot hello")
        answer = await at.api.call("sendMessage")
        assert "no picture" in answer.params["text"]


@pytest.mark.asyncio
async def test_only_commands_that_name_us() -> None:
    async with at_work() as at:
        for text in ("/help", "/start", "/lang ja", "/help@other_bot"):
            await at.api.say(GROUP, AKI, text)
        await at.api.say(GROUP, AKI, "/lang@WhenAnime_Bot ja")
        await last(at)
        assert [(one.name, one.argument) for one in at.dispatcher.commands] == [
            (CommandName.LANGUAGE, "ja"),
            (CommandName.HELP, ""),
        ]


@pytest.mark.asyncio
async def test_album_needs_one_mention() -> None:
    async with at_work(pace=Timing(album_window_s=0.1, retry_pause_s=0.01)) as at:
        for picture, caption in ((b"one", ""), (b"two", "@whenanime_bot")):
            await at.api.say(GROUP, AKI, caption, photo=at.api.photo(picture), media_group_id="7")
        for picture in (b"three", b"four"):
            await at.api.say(GROUP, AKI, photo=at.api.photo(picture), media_group_id="8")
        await at.api.call("sendMessage")
        await last(at)
        assert at.dispatcher.read == [b"one", b"two"]
        assert len(at.dispatcher.requests) == 1
        # seen is shown once, though the first picture did not name us
        eyes = [one for one in at.api.of("setMessageReaction") if "👀" in one.json("reaction")[0]["emoji"]]
        assert len(eyes) == 1


@pytest.mark.asyncio
async def test_who_speaks_in_the_name_of_a_group_has_a_quota_of_its_own() -> None:
    async with at_work() as at:
        hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        message = at.api.message(GROUP, AKI, "/whenanime", photo=at.api.photo(b"large"))
        await at.api.update(message={**message, "from": hidden, "sender_chat": GROUP.json()})
        await at.api.call("sendMessage")
        assert at.dispatcher.requests[0].user == f"telegram:{GROUP.id}"


@pytest.mark.asyncio
async def test_answers_stay_in_their_topic() -> None:
    async with at_work() as at:
        topic = {"message_thread_id": 77, "is_topic_message": True}
        await at.api.say(GROUP, AKI, "/whenanime", photo=at.api.photo(b"large"), **topic)
        answer = await at.api.call("sendMessage")
        assert answer.params["message_thread_id"] == "77"
