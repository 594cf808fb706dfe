"""Options of the API's requests, from their query."""

from collections.abc import Mapping
from typing import Final

from multidict import MultiMapping

from bot.http_adapter.api.problem_details import OptionError
from core.domain import SearchFilter
from core.retrieval.filters import parse_seasons, parse_show

_NUMBER_DIGITS: Final = 6
_TEXT_LIMIT: Final = 200
_MAX_SHOWS: Final = 50
_TRUTHS: Final = {"true": True, "false": False}


def number_option(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`. `OptionError` for anything else."""
    text = query.get(name)
    if text is None:
        return default
    digits = text if len(text) <= _NUMBER_DIGITS and text.isascii() and text.isdecimal() else ""
    if not digits or not 1 <= int(digits) <= most:
        raise OptionError(name, f"{name} should be a whole number from 1 to {most}.")
    return int(digits)


def text_option(query: Mapping[str, str], name: str, limit: int = _TEXT_LIMIT) -> str:
    """A text of at most `limit` characters, empty without one. `OptionError` for a longer one."""
    text = query.get(name, "")
    if len(text) > limit:
        raise OptionError(name, f"{name} should have {limit} characters at most.")
    return text


def truth_option(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    """`true` or `false`. `OptionError` for anything else."""
    text = query.get(name)
    if text is None:
        return default
    if text not in _TRUTHS:
        raise OptionError(name, f"{name} should be true or false.")
    return _TRUTHS[text]


def filter_of(query: MultiMapping[str]) -> SearchFilter:
    """The filter of a query. `FilterError` for a blank show or seasons that cannot be read."""
    shows, seasons = query.getall("show", []), text_option(query, "season", 100)
    if len(shows) > _MAX_SHOWS or any(len(show) > _TEXT_LIMIT for show in shows):
        raise OptionError("show", f"show should have {_TEXT_LIMIT} characters at most, and come {_MAX_SHOWS} times.")
    return SearchFilter(
        tuple(parse_show(show) for show in shows),
        parse_seasons(seasons) if "season" in query else frozenset(),
        truth_option(query, "themes", default=True),
    )


def locale_option(query: Mapping[str, str]) -> str:
    """The BCP 47 tag of a query; empty without one."""
    return text_option(query, "locale", 35)
