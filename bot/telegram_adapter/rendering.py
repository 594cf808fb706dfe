"""Replies as Telegram shows them: HTML within its lengths, keyboards, boxes, prompts that remember what they ask."""

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
    """Headline and lines as HTML; of what is above `limit` characters the end is left out."""
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
    """The rows of buttons; `None` when there are none."""
    rows = [[_button(button) for button in row] for row in reply.rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(button: Button) -> InlineKeyboardButton:
    if button.action:
        return InlineKeyboardButton(button.label, callback_data=button.action)
    return InlineKeyboardButton(button.label, url=button.url)


def alert_of(reply: Reply) -> str | None:
    """The text of a box that only the one who pressed sees; `None` when the reply does not fit into one."""
    if not reply.private or reply.media or reply.rows or reply.ask:
        return None
    text = "\n".join((reply.title, *reply.lines))
    return text if 0 < _length(text) <= ALERT_LIMIT else None


def media_of(media: Media, caption: str) -> InputMediaAnimation | InputMediaPhoto:
    """A file that takes the place of what a message shows."""
    media_type = InputMediaPhoto if media.kind is MediaKind.JPEG else InputMediaAnimation
    return media_type(
        media.data, caption=caption, parse_mode=ParseMode.HTML, has_spoiler=media.spoiler, filename=media.name
    )


def prompt_of(reply: Reply, prompt: TextPrompt, asker: User | None, username: str) -> str:
    """What asks for a text, as HTML. In a group it names the asker, whose client then opens an answer to it.

    Its last character is a link to ourselves that holds the action, so that the answer is understood after a restart.
    """
    lines = [line for line in (reply.title, *reply.lines) if line and line != prompt.prompt]
    text = _shortened("\n".join((*lines, prompt.prompt)), TEXT_LIMIT // 2)
    link = f"https://t.me/{username}?{_ACTION_PARAMETER}={quote(prompt.action, safe='')}"
    name = f'<a href="tg://user?id={asker.id}">{escape(asker.full_name[:100])}</a>: ' if asker else ""
    return f'{name}{escape(text[:-1])}<a href="{escape(link)}">{escape(text[-1:])}</a>'


def prompt_action(prompt: Message, username: str) -> str | None:
    """The action that a prompt of ours asks for; `None` for a message that is none."""
    for entity in reversed(prompt.entities):
        if entity.type == MessageEntity.TEXT_LINK and entity.url:
            parts = urlsplit(entity.url)
            if parts.hostname == "t.me" and parts.path.strip("/").casefold() == username.casefold():
                return next(iter(parse_qs(parts.query).get(_ACTION_PARAMETER, ())), None)
    return None


def force_reply(prompt: TextPrompt, *, selective: bool) -> ForceReply:
    """Opens an answer to a prompt; `selective`: only with those whom it names."""
    return ForceReply(
        selective=selective, input_field_placeholder=_shortened(prompt.prompt, _PLACEHOLDER_LIMIT) or None
    )


def _without_mentions(text: str) -> str:
    """Names of shows and files may look like a mention, which would call whoever has that name in Telegram."""
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
    """In UTF-16 units, as Telegram counts."""
    return sum(2 if character > "\uffff" else 1 for character in text)
