"""Pages of a long list: which items are shown, and the addresses of the pages beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from bot.http_adapter.operator.access import COOKIE_PATH

T = TypeVar("T")
_PARTS: Final = ("failed", "feedback")
"""Parts of the page that have pages; `looked=1`: feedback that was looked at is shown too."""
_LOOKED: Final = "looked"
_NUMBER_LIMIT: Final = 9
"""Digits of a page's number."""


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """Items of one page of `count` in all, numbered from `first`; addresses are `None` where there is no page."""

    items: Sequence[T]
    first: int
    count: int
    earlier: str | None
    later: str | None

    @property
    def last(self) -> int:
        """The number of its last item."""
        return self.first + len(self.items) - 1


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What the query of the page's address says: numbers of pages by part, from 1, and whether feedback that was looked
    at is shown too.
    """

    numbers: Mapping[str, int]
    looked: bool = False

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "PageQuery":
        """Of query or form; what is no number counts as none."""
        numbers = {part: int(text) for part in _PARTS if _is_number(text := values.get(part, ""))}
        return cls(numbers, values.get(_LOOKED) == "1")

    @classmethod
    def of_request(cls, request: web.Request) -> "PageQuery":
        """Of the address of a request."""
        return cls.of(request.query)

    @property
    def fields(self) -> Mapping[str, str]:
        """Query or form that says the same."""
        numbers = {part: str(number) for part, number in self.numbers.items() if number > 1}
        return numbers | ({_LOOKED: "1"} if self.looked else {})

    @property
    def text(self) -> str:
        """The query of an address."""
        return urlencode(self.fields)

    def address(self, part: str, number: int = 1, *, looked: bool | None = None) -> str:
        """The address of a page of one part; the others stay as they are."""
        query = PageQuery({**self.numbers, part: number}, self.looked if looked is None else looked).text
        return f"{COOKIE_PATH}{'?' if query else ''}{query}#{part}"

    def page(self, part: str, items: Sequence[T], size: int) -> ListPage[T]:
        """The page of a list that is asked for, or the last one before it."""
        last = max(1, -(-len(items) // size))
        number = min(max(1, self.numbers.get(part, 1)), last)
        start = (number - 1) * size
        return ListPage(
            items[start : start + size],
            start + 1,
            len(items),
            self.address(part, number - 1) if number > 1 else None,
            self.address(part, number + 1) if number < last else None,
        )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _NUMBER_LIMIT
