"""Translations: English sentences are the source, other languages are gettext's .po files under `locales/`.

Babel compiles a .po file in memory, so nothing has to be built before the bot starts.
"""

import gettext
import io
import math
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from babel.dates import format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_percent

from core.errors import InputError
from core.search.calibration import whole_percent

SOURCE_LOCALE: Final = "en"
DOMAIN: Final = "whenanime"
LOCALES: Final = Path(__file__).parent / "locales"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh": "简体中文", "zh-Hant": "繁體中文", "ja": "日本語"}
"""Supported locales (BCP 47), and the names of the languages in themselves."""

_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})
"""The script of Traditional Chinese, and the regions that write it unless the tag says otherwise."""

_UNITS_S: Final = (86_400, 3600, 60)
_UNIT_MIN_COUNT: Final = 2
"""Whole units from which a duration is given in the unit: 90 minutes, but 2 hours."""


class Translator:
    """Translates English sentences, with `{name}` for a value, into one language."""

    def __init__(self, locale: str, translations: gettext.NullTranslations) -> None:
        self.locale = locale
        self._babel_locale = _underscored(locale)
        self._translations = translations

    def gettext(self, sentence: str, **values: object) -> str:
        """The sentence in this language."""
        return self._translations.gettext(sentence).format(**values)

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The sentence for a number, which is `{n}` in it."""
        return self._translations.ngettext(singular, plural, n).format(n=n, **values)

    def percent(self, share: float) -> str:
        """A share of 1 in whole per cent, rounded down by `whole_percent`; 0 % only for 0."""
        if 0 < share < 0.01:
            return "< " + format_percent(0.01, locale=self._babel_locale)
        return format_percent(whole_percent(share) / 100, locale=self._babel_locale)

    def duration(self, seconds: float) -> str:
        """Seconds, minutes, hours or days in words, rounded up to a whole one: `30 seconds`, `2 minutes`."""
        whole = max(1, math.ceil(seconds))
        unit_s = next((unit_s for unit_s in _UNITS_S if whole >= _UNIT_MIN_COUNT * unit_s), 1)
        exact = timedelta(seconds=math.ceil(whole / unit_s) * unit_s)
        return format_timedelta(exact, threshold=_UNIT_MIN_COUNT, locale=self._babel_locale)


class Translations:
    """All languages; `default_locale` is for users whose language is not known or not supported.

    `InputError` when `default_locale` is not supported itself.
    """

    def __init__(self, default_locale: str = SOURCE_LOCALE) -> None:
        default = _matching_locale(default_locale)
        if default not in LANGUAGES:
            raise InputError(f"The language {default_locale!r} is not spoken; choose one of {', '.join(LANGUAGES)}.")
        self._default = default
        self._translators = {locale: Translator(locale, _translations(locale)) for locale in LANGUAGES}

    @property
    def locales(self) -> tuple[str, ...]:
        """Locales that are supported."""
        return tuple(self._translators)

    def supports(self, locale: str) -> bool:
        """Whether a BCP 47 tag is of a supported language."""
        return _matching_locale(locale) in self._translators

    def of(self, locale: str) -> Translator:
        """The translator for a BCP 47 tag, such as `zh-Hans-CN`, `zh-TW` or `ja`, by its language and script."""
        return self._translators.get(_matching_locale(locale), self._translators[self._default])


def _matching_locale(tag: str) -> str:
    """The locale of `LANGUAGES` that a tag stands for, or its language when that is not supported."""
    language, *subtags = re.split(r"[-_]", tag.strip().lower())
    if language == "zh" and "hans" not in subtags and not _TRADITIONAL.isdisjoint(subtags):
        return "zh-Hant"
    return language


def _underscored(locale: str) -> str:
    """A locale as Babel and gettext write it."""
    return locale.replace("-", "_")


def _translations(locale: str) -> gettext.NullTranslations:
    if locale == SOURCE_LOCALE:
        return gettext.NullTranslations()
    path = LOCALES / _underscored(locale) / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=_underscored(locale)))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
