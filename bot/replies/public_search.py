"""Buttons that open a picture in public search engines, for when it is not in the library.

Nothing is sent by us: each is a link that whoever presses it opens, with the address of the picture in it. There are
none for a picture whose address is not public.
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
"""Names of engines, and where they take the address of a picture."""

_URL_LIMIT: Final = 512
"""Characters of a button's address, the least that a platform takes."""


def public_search_row(picture_url: str) -> tuple[Button, ...]:
    """A button an engine for the picture at a public http(s) address; none for anything else."""
    if urlsplit(picture_url).scheme not in {"http", "https"}:
        return ()
    addresses = {name: template.format(url=quote(picture_url, safe="")) for name, template in PUBLIC_ENGINES.items()}
    return tuple(Button(f"{name} ↗", url=url) for name, url in addresses.items() if len(url) <= _URL_LIMIT)
