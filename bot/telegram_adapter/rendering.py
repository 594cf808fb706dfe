"""Rendering: a `Reply` as HTML within Telegram's limits, keyboards, alerts, and prompts that contain their action."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaAnimation,
    InputMediaPhoto,
    Message,
    MessageEntity,
    User,
)
from telegram.constants import MessageLimit, ParseMode

from bot.messages import Button, Media, MediaKind, Reply, TextPrompt

CAPTION_LIMIT: Final = int(MessageLimit.CAPTION_LENGTH)
TEXT_LIMIT: Final = int(MessageLimit.MAX_TEXT_LENGTH)
ALERT_LIMIT: Final = 200
_PLACEHOLDER_LIMIT: Final = 64
_ACTION_PARAMETER: Final = "ask"
_MENTION: Final = re.compile(r"@(?=\w)")


def html_of(reply: Reply, limit: int) -> str:
    """Headline and lines as HTML, shortened at the end to `limit` characters."""
    title = _shortened(_without_mentions(reply.title), limit)
    headline = f"<b>{escape(title)}</b>" if title else ""
    if title and urlsplit(reply.url).scheme in {"http", "https"}:
        headline = f'<a href="{escape(reply.url)}">{headline}</a>'
    left = limit - _length(title)
    parts = [headline] if headline else []
    for line in reply.lines:
        left -= 1
        if left <= 1:
            break
        text = _shortened(_without_mentions(line), left)
        parts.append(escape(text))
        left -= _length(text)
    return "\n".join(parts)


def keyboard_of(reply: Reply) -> InlineKeyboardMarkup | None:
    """The rows of buttons; `None` without buttons."""
    rows = [[_button(button) for button in row] for row in reply.rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(button: Button) -> InlineKeyboardButton:
    if button.action:
        return InlineKeyboardButton(button.label, callback_data=button.action)
    return InlineKeyboardButton(button.label, url=button.url)


def alert_of(reply: Reply) -> str | None:
    """The text of an alert, which only the user who pressed sees; `None` when the reply does not fit into one."""
    if not reply.private or reply.media or reply.rows or reply.text_prompt:
        return None
    text = "\n".join((reply.title, *reply.lines))
    return text if 0 < _length(text) <= ALERT_LIMIT else None


def media_of(media: Media, caption: str) -> InputMediaAnimation | InputMediaPhoto:
    """An attachment that replaces the one of a message."""
    media_type = InputMediaPhoto if media.kind is MediaKind.JPEG else InputMediaAnimation
    return media_type(
        media.data, caption=caption, parse_mode=ParseMode.HTML, has_spoiler=media.spoiler, filename=media.name
    )


def prompt_of(reply: Reply, prompt: TextPrompt, asker: User | None, username: str) -> str:
    """HTML of a message that asks for a text. In a group it mentions `asker`, whose client then opens a reply to it.

    Its last character is a link to the bot that contains the action, so that the reply is understood after a restart.
    """
    lines = [line for line in (reply.title, *reply.lines) if line and line != prompt.text]
    text = _shortened("\n".join((*lines, prompt.text)), TEXT_LIMIT // 2)
    link = f"https://t.me/{username}?{_ACTION_PARAMETER}={quote(prompt.action, safe='')}"
    name = f'<a href="tg://user?id={asker.id}">{escape(asker.full_name[:100])}</a>: ' if asker else ""
    return f'{name}{escape(text[:-1])}<a href="{escape(link)}">{escape(text[-1:])}</a>'


def prompt_action(prompt: Message, username: str) -> str | None:
    """The action in a prompt of the bot; `None` for any other message."""
    for entity in reversed(prompt.entities):
        if entity.type == MessageEntity.TEXT_LINK and entity.url:
            parts = urlsplit(entity.url)
            if parts.hostname == "t.me" and parts.path.strip("/").casefold() == username.casefold():
                return next(iter(parse_qs(parts.query).get(_ACTION_PARAMETER, ())), None)
    return None


def force_reply(prompt: TextPrompt, *, selective: bool) -> ForceReply:
    """Makes clients open a reply to a prompt; `selective`: only those of the users whom it mentions."""
    return ForceReply(selective=selective, input_field_placeholder=_shortened(prompt.text, _PLACEHOLDER_LIMIT) or None)


def _without_mentions(text: str) -> str:
    """Break up what looks like a mention: the name of a show or file would notify the Telegram user of that name."""
    return _MENTION.sub("@\u2060", text)


def _shortened(text: str, limit: int) -> str:
    if _length(text) <= limit:
        return text
    shortened: list[str] = []
    left = limit - 1
    for character in text:
        left -= _length(character)
        if left < 0:
            break
        shortened.append(character)
    return "".join((*shortened, "…"))


def _length(text: Iterable[str]) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return sum(2 if character > "\uffff" else 1 for character in text)
