"""Button numbers: what a user types to press a button."""

from collections.abc import Mapping, Sequence

from bot.messages import Button, Reply

NumberedButtons = Mapping[int, Button]


class ButtonNumbers:
    """Numbers of the buttons of all replies to one request. A button keeps its number, whichever candidate is shown."""

    def __init__(self) -> None:
        self._replies: list[NumberedButtons] = []
        self._numbers: dict[str, int] = {}

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers that can be typed, in order."""
        return sorted(set().union(*self._replies))

    def add(self, reply: Reply) -> Sequence[NumberedButtons]:
        """Number the buttons of a reply; returns those that have an action, row by row."""
        rows = [{self._number(button): button for button in row if button.action} for row in reply.rows]
        buttons = {number: button for row in rows for number, button in row.items()}
        if buttons:
            self._replies.append(buttons)
        return rows

    def find(self, number: int) -> NumberedButtons | None:
        """The buttons of the latest reply that has a button of this number."""
        return next((buttons for buttons in reversed(self._replies) if number in buttons), None)

    def remove(self, buttons: NumberedButtons) -> None:
        """Remove the buttons of a reply."""
        self._replies = [reply for reply in self._replies if reply is not buttons]

    def clear(self) -> None:
        """Remove all buttons, and number the next ones from 1."""
        self._replies.clear()
        self._numbers.clear()

    def _number(self, button: Button) -> int:
        return self._numbers.setdefault(button.role or button.action, len(self._numbers) + 1)
