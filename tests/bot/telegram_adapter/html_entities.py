"""Telegram's HTML as its server parses it: a few tags, all closed, into text and entities."""

from html.parser import HTMLParser
from typing import Any

_KINDS = {"b": "bold", "i": "italic", "a": "text_link", "code": "code"}


class HtmlError(ValueError):
    """HTML that Telegram refuses."""


def parse_html(html: str) -> tuple[str, list[dict[str, Any]]]:
    """The text and its entities; `HtmlError` for an unknown tag, or one that is not closed in order."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    if parser.open:
        raise HtmlError(f"Can't find end tag corresponding to start tag {parser.open[-1][0]}")
    return parser.text, [entity for entity in parser.entities if entity["length"]]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.entities: list[dict[str, Any]] = []
        self.open: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _KINDS:
            raise HtmlError(f'Unsupported start tag "{tag}"')
        entity: dict[str, Any] = {"type": _KINDS[tag], "offset": self._units(), "length": 0}
        if tag == "a":
            url = dict(attrs).get("href") or ""
            if url.startswith("tg://user?id="):
                number = int(url.rpartition("=")[2])
                entity |= {"type": "text_mention", "user": {"id": number, "is_bot": False, "first_name": "?"}}
            else:
                entity["url"] = url
        self.entities.append(entity)
        self.open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise HtmlError(f'Unmatched end tag "{tag}"')
        entity = self.open.pop()[1]
        entity["length"] = self._units() - entity["offset"]

    def handle_data(self, data: str) -> None:
        self.text += data

    def _units(self) -> int:
        return len(self.text.encode("utf-16-le")) // 2
