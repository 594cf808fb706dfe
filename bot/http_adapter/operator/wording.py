"""Wording of the operator's page: moments and numbers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from babel.numbers import format_decimal

from bot.language.translations import Translator

_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment for `<time>`: in ISO 8601, and as people read it, to the minute, in UTC."""

    iso: str
    text: str

    @classmethod
    def of(cls, seconds: float) -> "Moment":
        """Of seconds since the epoch; the nearest one that has a date."""
        try:
            moment = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError):
            moment = datetime.fromtimestamp(0, UTC)
        return cls(moment.isoformat(timespec="seconds"), f"{moment:%Y-%m-%d %H:%M} UTC")

    @classmethod
    def of_iso(cls, text: str) -> "Moment":
        """Of a text in ISO 8601; another text stays as it is."""
        try:
            return cls.of(datetime.fromisoformat(text).timestamp())
        except ValueError:
            return cls("", text)


def number(translator: Translator, value: float, pattern: str = "#,##0") -> str:
    """A number as the language writes it."""
    return format_decimal(value, format=pattern, locale=translator.locale.replace("-", "_"))


def seconds(translator: Translator, value: float) -> str:
    """A duration in seconds with two digits after the point, below a tenth in milliseconds."""
    if value < 0.1:
        return translator.gettext("{n} ms", n=number(translator, value * 1000))
    return translator.gettext("{n} s", n=number(translator, value, "#,##0.00" if value < 10 else "#,##0"))


def megabytes(translator: Translator, size_bytes: float) -> str:
    """A size in MB."""
    return translator.gettext("{n} MB", n=number(translator, size_bytes / _MEGABYTE))
