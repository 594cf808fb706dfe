"""Buttons that open a picture in public search engines, for when it is not in the library.

The bot sends nothing to them: each button is a link with the picture's address in it, which the user opens. A picture
whose address is not public has none.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from bot.messages import Button

PUBLIC_ENGINES: Final[Mapping[str, str]] = {
    "trace.moe": "https://trace.moe/?url={url}",
    "SauceNAO": "https://saucenao.com/search.php?url={url}",
    "Google Lens": "https://lens.google.com/uploadbyurl?url={url}",
}
"""Names of search engines, and their addresses for a picture's address."""

_URL_LIMIT: Final = 512
"""Characters of a button's address on the strictest platform."""


def public_search_row(picture_url: str) -> tuple[Button, ...]:
    """One button per search engine for the picture at a public http(s) address; none for any other address."""
    if urlsplit(picture_url).scheme not in {"http", "https"}:
        return ()
    addresses = {name: template.format(url=quote(picture_url, safe="")) for name, template in PUBLIC_ENGINES.items()}
    return tuple(Button(f"{name} ↗", url=url) for name, url in addresses.items() if len(url) <= _URL_LIMIT)
