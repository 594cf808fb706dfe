"""What a button means, in at most 64 bytes of ASCII: written below a reply, and read when it comes back."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from bot.messages import ACTION_LIMIT_BYTES

AnswerId = NewType("AnswerId", str)
"""A stored answer: short, random, of A-Z a-z 0-9 _ and -."""

_CASE: Final = r"(?P<case>[A-Za-z0-9_-]{1,32})"
_INDEX: Final = r"(?P<index>[0-9]{1,3})"
_LOCALE: Final = r"(?P<locale>[A-Za-z0-9-]{2,35})"


class Verb(StrEnum):
    """What a button asks for: another candidate, "wrong?", and the answers to it; or another language."""

    SHOW = "s"
    WRONG = "w"
    RIGHT = "r"
    OTHER = "o"
    NONE = "n"
    LANGUAGE = "l"


_FORMS: Final = {
    Verb.SHOW: re.compile(f"s:{_CASE}:{_INDEX}"),
    Verb.WRONG: re.compile(f"w:{_CASE}"),
    Verb.RIGHT: re.compile(f"r:{_CASE}:{_INDEX}"),
    Verb.OTHER: re.compile(f"o:{_CASE}"),
    Verb.NONE: re.compile(f"n:{_CASE}"),
    Verb.LANGUAGE: re.compile(f"l:{_LOCALE}"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """A button's meaning. `index` is that of a scene in the case's result; what a verb does not have is empty."""

    verb: Verb
    case: AnswerId = AnswerId("")
    index: int = 0
    locale: str = ""

    def __str__(self) -> str:
        """What `parse_action` reads. `ValueError` for what it would not, or for more than a button holds."""
        parts: dict[Verb, tuple[str, ...]] = {
            Verb.SHOW: (self.case, str(self.index)),
            Verb.RIGHT: (self.case, str(self.index)),
            Verb.LANGUAGE: (self.locale,),
        }
        text = ":".join((self.verb, *parts.get(self.verb, (self.case,))))
        if len(text) > ACTION_LIMIT_BYTES or not _FORMS[self.verb].fullmatch(text):
            raise ValueError(f"not an action: {text!r}")
        return text


def parse_action(text: str) -> Action | None:
    """What a button's action means; `None` for one that is not of ours, or of a version that is no more."""
    for verb, form in _FORMS.items():
        match = form.fullmatch(text)
        if match:
            found = match.groupdict()
            return Action(verb, AnswerId(found.get("case", "")), int(found.get("index", "0")), found.get("locale", ""))
    return None
