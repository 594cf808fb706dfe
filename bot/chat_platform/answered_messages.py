"""Answered messages: whether an edited message is answered again."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from cachetools import FIFOCache

_LIMIT: Final = 1000
"""Messages that are remembered."""

K = TypeVar("K", bound=Hashable)


class AnsweredMessages(Generic[K]):
    """Recently answered messages, by their ids on the platform. A message is answered once, and once more when an edit
    brings its first pictures.
    """

    def __init__(self) -> None:
        self._has_pictures: FIFOCache[K, bool] = FIFOCache(_LIMIT)

    def add(self, message: K, *, has_pictures: bool) -> None:
        """A message is being answered."""
        self._has_pictures[message] = has_pictures

    def may_answer(self, message: K, *, has_pictures: bool) -> bool:
        """Whether a message is to be answered after an edit, with pictures or without."""
        answered_pictures = self._has_pictures.get(message)
        return answered_pictures is None or (has_pictures and not answered_pictures)
