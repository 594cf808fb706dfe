"""Buttons: what they send, what takes the place of what, and questions that are understood after a restart."""

import asyncio

import pytest

from bot.messages import Button, ButtonPress, ChatKind, Media, MediaKind, Reply, TextPrompt, Tone
from bot.telegram_adapter import Timing
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.calls import Call
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI, PRIVATE, Json, Room
from tests.bot.telegram_adapter.world import At, at_work

ROWS = ((Button("2/3", "s:abc:1"),),)
FIRST = Media(MediaKind.MP4, b"first", "first.mp4")
SECOND = Media(MediaKind.MP4, b"second", "second.mp4", spoiler=True)
STILL = Media(MediaKind.JPEG, b"still", "still.jpg")


async def answered(at: At, media: Media | None, room: Room = PRIVATE) -> Json:
    """A message of the bot with a button, below a photo of Aki."""
    at.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", media=media, rows=ROWS)
    await at.api.say(room, AKI, "/whenanime", photo=at.api.photo(b"large"))
    message: Json = (await at.api.call("sendAnimation" if media else "sendMessage")).result
    return message


@pytest.mark.parametrize("before", [FIRST, None])
@pytest.mark.parametrize("after", [SECOND, STILL])
@pytest.mark.asyncio
async def test_another_preview_takes_the_place_of_what_was_shown(before: Media | None, after: Media) -> None:
    async with at_work() as at:
        message = await answered(at, before)
        at.dispatcher.pressed = lambda _: Reply(Tone.FOUND, "Second & more", media=after, rows=ROWS, edits=True)
        number = await at.api.press(MEI, message, "s:abc:1")
        edit = await at.api.call("editMessageMedia")
        box = await at.api.call("answerCallbackQuery")
        assert at.dispatcher.presses == [
            ButtonPress("s:abc:1", "telegram:102", at.dispatcher.presses[0].chat, "zh-hans")  # type: ignore[arg-type]  # an id
        ]
        assert box.params["callback_query_id"] == number
        assert "text" not in box.params
        assert list(edit.files.values()) == [after.data]
        assert edit.json("media")["has_spoiler"] is after.spoiler
        assert edit.result["caption"] == "Second & more"
        assert edit.result["reply_markup"]["inline_keyboard"]


@pytest.mark.asyncio
async def test_text_takes_the_place_of_a_text() -> None:
    async with at_work() as at:
        message = await answered(at, None)
        at.dispatcher.pressed = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        await at.api.press(AKI, message, "s:abc:1")
        edit = await at.api.call("editMessageText")
        assert edit.result["text"] == "Second"
        assert "reply_markup" not in edit.result


@pytest.mark.asyncio
async def test_what_cannot_lose_its_preview_is_followed_by_a_new_message_and_loses_its_buttons() -> None:
    async with at_work() as at:
        message = await answered(at, FIRST)
        at.dispatcher.pressed = lambda _: Reply(Tone.FOUND, "Second", rows=ROWS, edits=True)
        await at.api.press(AKI, message, "s:abc:1")
        new = await at.api.call("sendMessage")
        bare = await at.api.call("editMessageReplyMarkup")
        assert new.json("reply_parameters")["message_id"] == message["reply_to_message"]["message_id"]
        assert bare.params["message_id"] == str(message["message_id"])
        assert "reply_markup" not in bare.result


@pytest.mark.asyncio
async def test_the_same_again_is_no_matter() -> None:
    async with at_work() as at:
        message = await answered(at, None)
        at.dispatcher.pressed = lambda _: Reply(Tone.FOUND, "First", rows=ROWS, edits=True)
        await at.api.press(AKI, message, "s:abc:1")
        await at.api.call("editMessageText", status=400)
        await at.api.say(PRIVATE, AKI, "/help")
        await at.api.call("sendMessage", 2)
        assert not at.counted('platform_faults_total{kind="refused"')


@pytest.mark.asyncio
async def test_message_that_is_gone_is_replaced() -> None:
    async with at_work() as at:
        message = await answered(at, None)
        del at.api.messages[PRIVATE.id, message["message_id"]]
        at.dispatcher.pressed = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        await at.api.press(AKI, message, "s:abc:1")
        assert (await at.api.call("sendMessage", 2)).result["text"] == "Second"


@pytest.mark.asyncio
async def test_button_below_a_message_that_is_too_old_to_be_seen() -> None:
    async with at_work() as at:
        old = {"chat": PRIVATE.json(), "message_id": 5, "date": 0}
        at.dispatcher.pressed = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        await at.api.press(AKI, old, "s:abc:1")
        assert (await at.api.call("sendMessage")).result["text"] == "Second"


@pytest.mark.asyncio
async def test_short_private_words_are_shown_in_a_box() -> None:
    async with at_work() as at:
        message = await answered(at, None, GROUP)
        at.dispatcher.pressed = lambda _: Reply(Tone.INFO, "Thank you!", ("I keep it.",), private=True)
        await at.api.press(AKI, message, "n:abc")
        box = await at.api.call("answerCallbackQuery")
        assert (box.params["text"], box.params["show_alert"]) == ("Thank you!\nI keep it.", "true")
        assert at.dispatcher.presses[0].chat.kind is ChatKind.GROUP
        assert len(at.api.of("sendMessage")) == 1


@pytest.mark.asyncio
async def test_button_stops_turning_before_a_slow_answer() -> None:
    async with at_work(pace=Timing(press_timeout_s=0.01, retry_pause_s=0.01)) as at:
        message = await answered(at, None)
        at.dispatcher.hold = asyncio.Event()
        at.dispatcher.pressed = lambda _: Reply(Tone.INFO, "Thank you!", private=True)
        await at.api.press(AKI, message, "n:abc")
        box = await at.api.call("answerCallbackQuery")
        assert "text" not in box.params
        at.dispatcher.hold.set()
        assert (await at.api.call("sendMessage", 2)).result["text"] == "Thank you!"
        assert len(at.api.of("answerCallbackQuery")) == 1


async def _question(at: At, room: Room) -> Call:
    message = await answered(at, None, room)
    ask = TextPrompt("What is it from? <really>", "o:abc")
    at.dispatcher.pressed = lambda _: Reply(Tone.INFO, ask.text, text_prompt=ask, private=True)
    await at.api.press(MEI, message, "o:abc")
    return await at.api.call("sendMessage", 2)


@pytest.mark.parametrize("room", [PRIVATE, GROUP])
@pytest.mark.asyncio
async def test_answer_to_a_question_is_understood_after_a_restart(room: Room) -> None:
    async with at_work() as at:
        question = await _question(at, room)
        assert question.result["text"] == ("Mei <3: " if room is GROUP else "") + "What is it from? <really>"
        markup = question.json("reply_markup")
        assert markup["force_reply"] is True
        assert markup.get("selective", False) is (room is GROUP)
        assert markup["input_field_placeholder"] == "What is it from? <really>"
    async with at_work(api=BotApi()) as at:
        at.dispatcher.pressed = lambda _: Reply(Tone.INFO, "Thank you!", private=True)
        said = await at.api.say(room, MEI, "Paper Boats", reply_to_message=question.result)
        thanks = await at.api.call("sendMessage")
        (press,) = at.dispatcher.presses
        assert (press.action, press.text, press.user) == ("o:abc", "Paper Boats", "telegram:102")
        assert thanks.json("reply_parameters")["message_id"] == said["message_id"]


@pytest.mark.asyncio
async def test_nobody_can_forge_a_question() -> None:
    async with at_work() as at:
        question = await _question(at, PRIVATE)
        forged = {**question.result, "from": AKI.json()}
        await at.api.say(PRIVATE, MEI, "Paper Boats", reply_to_message=forged)
        await at.api.call("sendMessage", 3)
        assert len(at.dispatcher.presses) == 1


@pytest.mark.asyncio
async def test_button_of_nothing_stops_turning() -> None:
    async with at_work() as at:
        query = {"id": "q", "from": AKI.json(), "chat_instance": "1", "game_short_name": "chess"}
        await at.api.update(callback_query=query)
        await at.api.call("answerCallbackQuery")
        assert not at.dispatcher.presses
