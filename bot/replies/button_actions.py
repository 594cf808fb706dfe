"""Button actions: what a button does, as at most 64 bytes of ASCII, which are read again when it is pressed."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from bot.messages import ACTION_LIMIT_BYTES

AnswerId = NewType("AnswerId", str)
"""A stored answer: short, random, of A-Z a-z 0-9 _ and -."""

_ANSWER_ID: Final = r"(?P<answer_id>[A-Za-z0-9_-]{1,32})"
_INDEX: Final = r"(?P<index>[0-9]{1,3})"
_LOCALE: Final = r"(?P<locale>[A-Za-z0-9-]{2,35})"


class Verb(StrEnum):
    """What a button asks for: another candidate, "Wrong?", and the answers to it; or another language."""

    SHOW = "s"
    WRONG = "w"
    RIGHT = "r"
    OTHER = "o"
    NONE = "n"
    LANGUAGE = "l"


_PATTERNS: Final = {
    Verb.SHOW: re.compile(f"s:{_ANSWER_ID}:{_INDEX}"),
    Verb.WRONG: re.compile(f"w:{_ANSWER_ID}"),
    Verb.RIGHT: re.compile(f"r:{_ANSWER_ID}:{_INDEX}"),
    Verb.OTHER: re.compile(f"o:{_ANSWER_ID}"),
    Verb.NONE: re.compile(f"n:{_ANSWER_ID}"),
    Verb.LANGUAGE: re.compile(f"l:{_LOCALE}"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does. `index` is that of a scene in the stored answer; what a verb does not need is empty."""

    verb: Verb
    answer_id: AnswerId = AnswerId("")
    index: int = 0
    locale: str = ""

    def __str__(self) -> str:
        """What `parse_action` reads. `ValueError` for what it would not, or for more than a button holds."""
        parts: dict[Verb, tuple[str, ...]] = {
            Verb.SHOW: (self.answer_id, str(self.index)),
            Verb.RIGHT: (self.answer_id, str(self.index)),
            Verb.LANGUAGE: (self.locale,),
        }
        text = ":".join((self.verb, *parts.get(self.verb, (self.answer_id,))))
        if len(text) > ACTION_LIMIT_BYTES or not _PATTERNS[self.verb].fullmatch(text):
            raise ValueError(f"not an action: {text!r}")
        return text


def parse_action(text: str) -> Action | None:
    """The action that a text stands for; `None` for one that is not ours, or of a version that is no longer read."""
    for verb, pattern in _PATTERNS.items():
        match = pattern.fullmatch(text)
        if match:
            fields = match.groupdict()
            answer_id, index = AnswerId(fields.get("answer_id", "")), int(fields.get("index", "0"))
            return Action(verb, answer_id, index, fields.get("locale", ""))
    return None
