"""Several pictures that were answered in one reply: a numbered button for each."""

from collections.abc import Sequence
from typing import Final

from bot.messages import Button
from bot.replies.button_actions import Action, AnswerId, Verb

_ROW: Final = 5
_MOST: Final = 15


def album_rows(cases: Sequence[AnswerId]) -> tuple[tuple[Button, ...], ...]:
    """Numbered buttons, one for each picture of an album that has a case; an empty id is one that has none."""
    numbered = [Button(str(number), str(Action(Verb.SHOW, case))) for number, case in enumerate(cases, 1) if case]
    shown = numbered[:_MOST]
    return tuple(tuple(shown[first : first + _ROW]) for first in range(0, len(shown), _ROW))
