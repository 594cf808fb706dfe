"""Button presses: actions, edited messages, alerts, and prompts that are understood after a restart."""

import asyncio

import pytest

from bot.messages import Button, ButtonPress, ChatKind, Media, MediaKind, Reply, TextPrompt, Tone
from bot.telegram_adapter import Timing
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.calls import Call
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI, PRIVATE, Json, Room
from tests.bot.telegram_adapter.running_adapter import RunningAdapter, running_telegram

ROWS = ((Button("2/3", "s:abc:1"),),)
FIRST = Media(MediaKind.MP4, b"first", "first.mp4")
SECOND = Media(MediaKind.MP4, b"second", "second.mp4", spoiler=True)
STILL = Media(MediaKind.JPEG, b"still", "still.jpg")


async def answer_with_button(bot: RunningAdapter, media: Media | None, room: Room = PRIVATE) -> Json:
    """A message of the bot with a button, below a photo of Aki."""
    bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "First", media=media, rows=ROWS)
    await bot.api.say(room, AKI, "/whenanime", photo=bot.api.photo(b"large"))
    message: Json = (await bot.api.call("sendAnimation" if media else "sendMessage")).result
    return message


@pytest.mark.parametrize("before", [FIRST, None])
@pytest.mark.parametrize("after", [SECOND, STILL])
@pytest.mark.asyncio
async def test_another_preview_takes_the_place_of_what_was_shown(before: Media | None, after: Media) -> None:
    async with running_telegram() as bot:
        message = await answer_with_button(bot, before)
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "Second & more", media=after, rows=ROWS, edits=True)
        number = await bot.api.press(MEI, message, "s:abc:1")
        edit = await bot.api.call("editMessageMedia")
        box = await bot.api.call("answerCallbackQuery")
        assert bot.dispatcher.presses == [
            ButtonPress("s:abc:1", "telegram:102", bot.dispatcher.presses[0].chat, "zh-hans")  # type: ignore[arg-type]  # an id
        ]
        assert box.params["callback_query_id"] == number
        assert "text" not in box.params
        assert list(edit.files.values()) == [after.data]
        assert edit.json("media")["has_spoiler"] is after.spoiler
        assert edit.result["caption"] == "Second & more"
        assert edit.result["reply_markup"]["inline_keyboard"]


@pytest.mark.asyncio
async def test_text_takes_the_place_of_a_text() -> None:
    async with running_telegram() as bot:
        message = await answer_with_button(bot, None)
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        await bot.api.press(AKI, message, "s:abc:1")
        edit = await bot.api.call("editMessageText")
        assert edit.result["text"] == "Second"
        assert "reply_markup" not in edit.result


@pytest.mark.asyncio
async def test_what_cannot_lose_its_preview_is_followed_by_a_new_message_and_loses_its_buttons() -> None:
    async with running_telegram() as bot:
        message = await answer_with_button(bot, FIRST)
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "Second", rows=ROWS, edits=True)
        await bot.api.press(AKI, message, "s:abc:1")
        new = await bot.api.call("sendMessage")
        bare = await bot.api.call("editMessageReplyMarkup")
        assert new.json("reply_parameters")["message_id"] == message["reply_to_message"]["message_id"]
        assert bare.params["message_id"] == str(message["message_id"])
        assert "reply_markup" not in bare.result


@pytest.mark.asyncio
async def test_the_same_again_is_no_matter() -> None:
    async with running_telegram() as bot:
        message = await answer_with_button(bot, None)
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "First", rows=ROWS, edits=True)
        await bot.api.press(AKI, message, "s:abc:1")
        await bot.api.call("editMessageText", status=400)
        await bot.api.say(PRIVATE, AKI, "/help")
        await bot.api.call("sendMessage", 2)
        assert not bot.counted('platform_faults_total{kind="refused"')


@pytest.mark.asyncio
async def test_message_that_is_gone_is_replaced() -> None:
    async with running_telegram() as bot:
        message = await answer_with_button(bot, None)
        del bot.api.messages[PRIVATE.id, message["message_id"]]
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        await bot.api.press(AKI, message, "s:abc:1")
        assert (await bot.api.call("sendMessage", 2)).result["text"] == "Second"


@pytest.mark.asyncio
async def test_button_below_a_message_that_is_too_old_to_be_seen() -> None:
    async with running_telegram() as bot:
        old = {"chat": PRIVATE.json(), "message_id": 5, "date": 0}
        bot.dispatcher.press_reply = lambda _: Reply(Tone.FOUND, "Second", edits=True)
        await bot.api.press(AKI, old, "s:abc:1")
        assert (await bot.api.call("sendMessage")).result["text"] == "Second"


@pytest.mark.asyncio
async def test_short_private_words_are_shown_in_a_box() -> None:
    async with running_telegram() as bot:
        message = await answer_with_button(bot, None, GROUP)
        bot.dispatcher.press_reply = lambda _: Reply(Tone.INFO, "Thank you!", ("I keep it.",), private=True)
        await bot.api.press(AKI, message, "n:abc")
        box = await bot.api.call("answerCallbackQuery")
        assert (box.params["text"], box.params["show_alert"]) == ("Thank you!\nI keep it.", "true")
        assert bot.dispatcher.presses[0].chat.kind is ChatKind.GROUP
        assert len(bot.api.of("sendMessage")) == 1


@pytest.mark.asyncio
async def test_button_stops_turning_before_a_slow_answer() -> None:
    async with running_telegram(timing=Timing(press_timeout_s=0.01, retry_pause_s=0.01)) as bot:
        message = await answer_with_button(bot, None)
        bot.dispatcher.hold = asyncio.Event()
        bot.dispatcher.press_reply = lambda _: Reply(Tone.INFO, "Thank you!", private=True)
        await bot.api.press(AKI, message, "n:abc")
        box = await bot.api.call("answerCallbackQuery")
        assert "text" not in box.params
        bot.dispatcher.hold.set()
        assert (await bot.api.call("sendMessage", 2)).result["text"] == "Thank you!"
        assert len(bot.api.of("answerCallbackQuery")) == 1


async def _ask_question(bot: RunningAdapter, room: Room) -> Call:
    message = await answer_with_button(bot, None, room)
    ask = TextPrompt("What is it from? <really>", "o:abc")
    bot.dispatcher.press_reply = lambda _: Reply(Tone.INFO, ask.text, text_prompt=ask, private=True)
    await bot.api.press(MEI, message, "o:abc")
    return await bot.api.call("sendMessage", 2)


@pytest.mark.parametrize("room", [PRIVATE, GROUP])
@pytest.mark.asyncio
async def test_answer_to_a_question_is_understood_after_a_restart(room: Room) -> None:
    async with running_telegram() as bot:
        question = await _ask_question(bot, room)
        assert question.result["text"] == ("Mei <3: " if room is GROUP else "") + "What is it from? <really>"
        markup = question.json("reply_markup")
        assert markup["force_reply"] is True
        assert markup.get("selective", False) is (room is GROUP)
        assert markup["input_field_placeholder"] == "What is it from? <really>"
    async with running_telegram(api=BotApi()) as bot:
        bot.dispatcher.press_reply = lambda _: Reply(Tone.INFO, "Thank you!", private=True)
        message = await bot.api.say(room, MEI, "Paper Boats", reply_to_message=question.result)
        thanks = await bot.api.call("sendMessage")
        (press,) = bot.dispatcher.presses
        assert (press.action, press.text, press.user) == ("o:abc", "Paper Boats", "telegram:102")
        assert thanks.json("reply_parameters")["message_id"] == message["message_id"]


@pytest.mark.asyncio
async def test_nobody_can_forge_a_question() -> None:
    async with running_telegram() as bot:
        question = await _ask_question(bot, PRIVATE)
        forged = {**question.result, "from": AKI.json()}
        await bot.api.say(PRIVATE, MEI, "Paper Boats", reply_to_message=forged)
        await bot.api.call("sendMessage", 3)
        assert len(bot.dispatcher.presses) == 1


@pytest.mark.asyncio
async def test_button_of_nothing_stops_turning() -> None:
    async with running_telegram() as bot:
        query = {"id": "q", "from": AKI.json(), "chat_instance": "1", "game_short_name": "chess"}
        await bot.api.update(callback_query=query)
        await bot.api.call("answerCallbackQuery")
        assert not bot.dispatcher.presses
