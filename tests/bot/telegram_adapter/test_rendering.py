"""Rendering of replies: animation, photo or text, within Telegram's limits."""

import pytest

from bot.messages import Button, Media, MediaKind, Reply, Tone
from bot.telegram_adapter.rendering import alert_of, html_of
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.calls import Call
from tests.bot.telegram_adapter.html_entities import parse_html
from tests.bot.telegram_adapter.people import AKI, PRIVATE
from tests.bot.telegram_adapter.running_adapter import running_telegram

MP4 = Media(MediaKind.MP4, b"moving", "scene.mp4", spoiler=True)
ROWS = ((Button("‹", "s:abc:0"), Button("2/3", "s:abc:2")), (Button("Wrong?", "w:abc"),))


async def sent_call(reply: Reply, method: str, api: BotApi | None = None) -> Call:
    """The call that a reply to a photo becomes."""
    async with running_telegram(api=api) as bot:
        bot.dispatcher.answer = lambda _: reply
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        return await bot.api.call(method)


@pytest.mark.asyncio
async def test_animation_with_caption_and_keyboard() -> None:
    reply = Reply(Tone.FOUND, "A <b> & C", ("0:12:34", 'x < "y"'), 'https://example.org/?a=1&b="2"', MP4, ROWS)
    call = await sent_call(reply, "sendAnimation")
    assert call.files == {"animation": b"moving"}
    assert call.params["has_spoiler"] == "true"
    assert call.result["caption"] == 'A <b> & C\n0:12:34\nx < "y"'
    bold, link = sorted(call.result["caption_entities"], key=lambda entity: str(entity["type"]))
    assert (bold["type"], bold["length"]) == ("bold", 9)
    assert link["url"] == 'https://example.org/?a=1&b="2"'
    keyboard = call.json("reply_markup")["inline_keyboard"]
    assert [[(button["text"], button["callback_data"]) for button in row] for row in keyboard] == [
        [("‹", "s:abc:0"), ("2/3", "s:abc:2")],
        [("Wrong?", "w:abc")],
    ]


@pytest.mark.asyncio
async def test_still_picture_is_a_photo() -> None:
    call = await sent_call(Reply(Tone.FOUND, "A", media=Media(MediaKind.JPEG, b"still", "scene.jpg")), "sendPhoto")
    assert call.files == {"photo": b"still"}
    assert call.params.get("has_spoiler", "false") == "false"


@pytest.mark.asyncio
async def test_gif_is_an_animation() -> None:
    call = await sent_call(Reply(Tone.FOUND, "A", media=Media(MediaKind.GIF, b"GIF89a", "scene.gif")), "sendAnimation")
    assert call.files == {"animation": b"GIF89a"}


@pytest.mark.asyncio
async def test_what_is_too_long_is_cut_and_still_taken() -> None:
    lines = tuple(f"{number} <&> " + "雨🍂" * 100 for number in range(30))
    text = await sent_call(Reply(Tone.FOUND, "T" * 200, lines), "sendMessage")
    caption = await sent_call(Reply(Tone.FOUND, "T" * 200, lines, media=MP4), "sendAnimation")
    assert 3900 < len(text.result["text"].encode("utf-16-le")) // 2 <= 4096
    assert 900 < len(caption.result["caption"].encode("utf-16-le")) // 2 <= 1024
    assert caption.result["caption"].endswith("…")


@pytest.mark.parametrize("limit", [1, 2, 5, 10, 11, 12, 13, 40])
def test_html_keeps_within_any_limit_and_is_whole(limit: int) -> None:
    text, _ = parse_html(
        html_of(Reply(Tone.INFO, "🍂 & <wind>", ("one & two", "🍂🍂🍂"), "https://example.org/"), limit)
    )
    assert len(text.encode("utf-16-le")) // 2 <= limit


@pytest.mark.asyncio
async def test_names_that_look_like_a_mention_call_nobody() -> None:
    reply = Reply(Tone.FOUND, "@durov", ("Episode 1 — @channel @", "/help"))
    call = await sent_call(reply, "sendMessage")
    assert call.result["text"] == "@\u2060durov\nEpisode 1 — @\u2060channel @\n/help"


def test_links_that_are_none_are_left_out() -> None:
    assert html_of(Reply(Tone.INFO, "A", url="javascript:alert(1)"), 100) == "<b>A</b>"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(Tone.INFO, "Thank you!", ("I keep it.",), private=True), "Thank you!\nI keep it."),
        (Reply(Tone.INFO, "Thank you!"), None),
        (Reply(Tone.INFO, "x" * 201, private=True), None),
        (Reply(Tone.INFO, "Which?", rows=ROWS, private=True), None),
        (Reply(Tone.INFO, "See", media=MP4, private=True), None),
    ],
)
def test_short_private_words_fit_into_a_box(reply: Reply, text: str | None) -> None:
    assert alert_of(reply) == text
