"""Users and chats, and the entities of their messages, in Telegram's JSON."""

import re
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

ENTITIES = (
    ("url", re.compile(r"https?://\S+")),
    ("bot_command", re.compile(r"(?<!\S)/\w+(?:@\w+)?")),
    ("mention", re.compile(r"(?<![\w.])@\w{3,}")),
)
"""The entities that Telegram's server marks in a text."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user."""

    id: int
    first_name: str
    language_code: str | None = "en"

    def json(self) -> Json:
        """As Telegram says it."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        return user | ({"language_code": self.language_code} if self.language_code else {})


@dataclass(frozen=True, slots=True)
class Room:
    """A chat: private, or a group with a title."""

    id: int
    title: str = ""

    def json(self) -> Json:
        """As Telegram says it."""
        if self.title:
            return {"id": self.id, "type": "supergroup", "title": self.title}
        return {"id": self.id, "type": "private", "first_name": "Aki"}


AKI = Person(101, "Aki")
MEI = Person(102, "Mei <3", "zh-hans")
PRIVATE = Room(101)
GROUP = Room(-1001, "Watchers")


def entities_of(text: str) -> list[Json]:
    """The entities that Telegram finds in a text; offsets count UTF-16 units."""
    entities: list[Json] = []
    end = 0
    matches = [(match.start(), kind, match[0]) for kind, form in ENTITIES for match in form.finditer(text)]
    for start, kind, part in sorted(matches):
        if start >= end:
            end = start + len(part)
            entities.append({"type": kind, "offset": _units(text[:start]), "length": _units(part)})
    return entities


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
