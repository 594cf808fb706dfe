"""Chats as Telegram stores them: files, messages, what may be sent and how a message may be edited."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.bot.telegram_adapter.calls import Refusal
from tests.bot.telegram_adapter.html_entities import HtmlError, parse_html
from tests.bot.telegram_adapter.people import Json, Person, Room, entities_of

ME: Json = {"id": 4242, "is_bot": True, "first_name": "WhenAnime", "username": "WhenAnime_Bot"}
_MEDIA = {"sendAnimation": "animation", "sendPhoto": "photo"}


@dataclass
class Chats:
    """`files` by id, `paths` of their downloads, `messages` by chat and id; chats in which the bot is `blocked`."""

    files: dict[str, bytes] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    messages: dict[tuple[int, int], Json] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    media_allowed: bool = True
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def store(self, data: bytes, *, size: int | None = None, path: str | None = None) -> Json:
        """Store a file; returns its id and size as in messages. A false `size` may be given."""
        name = f"file{len(self.files)}"
        self.files[name] = data
        self.paths[name] = path or f"photos/{name}.jpg"
        return {"file_id": name, "file_unique_id": f"u{name}", "file_size": len(data) if size is None else size}

    def photo(self, data: bytes) -> list[Json]:
        """A photo as in messages: in several sizes."""
        small, large = self.store(b"small"), self.store(data)
        return [{**small, "width": 90, "height": 50}, {**large, "width": 1280, "height": 720}]

    def message(self, room: Room, person: Person, text: str = "", **fields: Any) -> Json:
        """A user's message that the bot does not receive; `text` is the caption of a file."""
        message: Json = {
            "message_id": next(self.numbers),
            "date": int(time.time()),
            "chat": room.json(),
            "from": person.json(),
        }
        media = {"photo", "video", "animation", "document", "video_note", "sticker"} & fields.keys()
        if text:
            name = "caption" if media else "text"
            message |= {name: text, "caption_entities" if media else "entities": entities_of(text)}
        message |= fields
        self.messages[room.id, message["message_id"]] = message
        return message

    def send(self, method: str, params: Mapping[str, str], files: Mapping[str, bytes]) -> Json:
        chat_id = int(params["chat_id"])
        if chat_id in self.blocked:
            raise Refusal("Forbidden: bot was blocked by the user", 403)
        message: Json = {
            "message_id": next(self.numbers),
            "date": int(time.time()),
            "chat": Room(chat_id, "Watchers" if chat_id < 0 else "").json(),
            "from": ME,
        }
        answers = json.loads(params.get("reply_parameters", "{}")).get("message_id")
        if answers and (chat_id, answers) in self.messages:
            message["reply_to_message"] = self.messages[chat_id, answers]
        kind = _MEDIA.get(method)
        if kind:
            if not self.media_allowed:
                raise Refusal(f"Bad Request: not enough rights to send {kind}s to the chat")
            message |= self._shown(kind, files[kind] if kind in files else next(iter(files.values())))
        message |= _text(params.get("caption" if kind else "text", ""), kind)
        markup = json.loads(params.get("reply_markup", "{}"))
        if "inline_keyboard" in markup:
            message["reply_markup"] = markup
        self.messages[chat_id, message["message_id"]] = message
        return message

    def _shown(self, kind: str, data: bytes) -> Json:
        if kind == "photo":
            return {"photo": self.photo(data)}
        animation = {**self.store(data), "width": 320, "height": 180, "duration": 2}
        return {"animation": animation, "document": self.store(data)}

    def edit(self, method: str, params: Mapping[str, str], files: Mapping[str, bytes]) -> Json:
        key = int(params["chat_id"]), int(params["message_id"])
        if key not in self.messages:
            raise Refusal("Bad Request: message to edit not found")
        old = self.messages[key]
        has_media = {"animation", "photo"} & old.keys()
        new = {name: value for name, value in old.items() if name != "reply_markup"}
        if method == "editMessageText":
            if has_media:
                raise Refusal("Bad Request: there is no text in the message to edit")
            new |= _text(params["text"], None)
        elif method == "editMessageMedia":
            media = json.loads(params["media"])
            for name in ("text", "entities", "caption", "caption_entities", "animation", "document", "photo"):
                new.pop(name, None)
            new |= self._shown(media["type"], files[media["media"].removeprefix("attach://")])
            new |= _text(media.get("caption", ""), media["type"])
        elif method == "editMessageCaption":
            new |= _text(params.get("caption", ""), "caption")
        markup = json.loads(params.get("reply_markup", "{}"))
        if markup.get("inline_keyboard"):
            new["reply_markup"] = markup
        if new == old:
            raise Refusal(
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        self.messages[key] = new
        return new


def _text(html: str, media: str | None) -> Json:
    try:
        text, entities = parse_html(html)
    except HtmlError as exc:
        raise Refusal(f"Bad Request: can't parse entities: {exc}") from exc
    if not media and not text.strip():
        raise Refusal("Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > (1024 if media else 4096):
        raise Refusal("Bad Request: message caption is too long" if media else "Bad Request: message is too long")
    if media:
        return {"caption": text, "caption_entities": entities} if text else {}
    return {"text": text, "entities": entities}
