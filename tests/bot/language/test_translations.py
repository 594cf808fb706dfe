"""Translations: every sentence in every language, and the choice of a language by its tag."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2.ext import extract_from_ast

from bot.http_adapter.pages.rendering import TEMPLATES, environment
from bot.language.translations import DOMAIN, LANGUAGES, LOCALES, SOURCE_LOCALE, Translations
from core.errors import InputError

BOT = Path(__file__).resolve().parents[3] / "bot"
MARKERS = {"gettext": 1, "ngettext": 2, "locale_str": 1}
TRANSLATED = sorted(set(LANGUAGES) - {SOURCE_LOCALE})
Message = str | tuple[str, ...]


def _modules() -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(BOT.rglob("*.py"))]


def _constants(modules: list[ast.Module]) -> dict[str, str]:
    """Texts that have a name at the top of a module."""
    named: dict[str, str] = {}
    for node in (node for module in modules for node in module.body):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            named.update({target.id: value.value for target in targets if isinstance(target, ast.Name)})
    return named


def _used() -> Iterator[Message]:
    """Every sentence that is asked for: in a template, written where it is asked for, or a named one."""
    for template in sorted(TEMPLATES.glob("*.html")):
        tree = environment().parse(template.read_text(encoding="utf-8"))
        for _line, function, message in extract_from_ast(tree, ("_", "ngettext")):
            sentences = message if isinstance(message, tuple) else (message,)
            texts = tuple(str(sentence) for sentence in sentences if sentence is not None)
            yield texts[0] if function == "_" else texts[:2]
    modules = _modules()
    exported = _constants(modules)
    calls = (
        (call, exported | _constants([module]))
        for module in modules
        for call in ast.walk(module)
        if isinstance(call, ast.Call)
    )
    for call, named in calls:
        function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        count = MARKERS.get(function, 0)
        parts = []
        for argument in call.args[:count]:
            if isinstance(argument, ast.Constant):
                parts.append(str(argument.value))
            elif isinstance(argument, ast.Name) and argument.id in named:
                parts.append(named[argument.id])
        if count and len(parts) == count:
            yield parts[0] if count == 1 else tuple(parts)


def _catalog(locale: str) -> Catalog:
    identifier = locale.replace("-", "_")
    with (LOCALES / identifier / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=identifier, abort_invalid=True)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_sentence_is_translated_and_no_translation_is_left_over(locale: str) -> None:
    used = set(_used())
    assert len(used) > 90
    translated = {message.id for message in _catalog(locale) if message.id}
    assert used - translated == set(), "asked for and not translated"
    assert translated - used == set(), "translated and never asked for"


@pytest.mark.parametrize("locale", TRANSLATED)
def test_translations_are_whole_and_keep_their_values(locale: str) -> None:
    catalog = _catalog(locale)
    assert not list(catalog.obsolete)
    for message in catalog:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        for text in texts:
            assert text, message.id
            assert text == text.strip(), message.id
            assert _fields(text) == _fields(sources[-1]), message.id


def test_chinese_has_no_kana_and_japanese_keeps_its_own() -> None:
    def written(locale: str) -> str:
        return "".join(str(message.string) for message in _catalog(locale) if message.id)

    assert not [letter for letter in written("zh") if "\u3041" <= letter <= "\u30ff" and letter != "・"]
    assert sum("\u3041" <= letter <= "\u30ff" for letter in written("ja")) > 500


def test_traditional_chinese_is_written_in_its_own_characters_and_words() -> None:
    simplified, traditional = (
        {message.id: message.string for message in _catalog(locale) if message.id} for locale in ("zh", "zh-Hant")
    )
    assert simplified.keys() == traditional.keys()
    text = "".join(map(str, traditional.values()))
    assert not set(text) & set("这为个们来时张图库视频试请发现没说话应该给载链网络权")
    assert "影片" in text
    assert "視頻" not in text
    assert "圖片" in text


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        ("zh", "zh"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh_MO", "zh-Hant"),
        ("zh-hant", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hans-HK", "zh"),
        ("zh-SG", "zh"),
        ("zh-Hans-CN", "zh"),
        ("zh_CN", "zh"),
        ("ZH-cn", "zh"),
        ("ja-JP", "ja"),
        ("en-GB", "en"),
        ("fr", "ja"),
        ("", "ja"),
        ("nonsense!", "ja"),
        ("../../etc", "ja"),
    ],
)
def test_a_language_is_found_by_its_tag(tag: str, spoken: str) -> None:
    assert Translations("ja").of(tag).locale == spoken


def test_which_languages_are_spoken() -> None:
    translations = Translations()
    assert set(translations.locales) == {"en", "zh", "zh-Hant", "ja"}
    assert translations.supports("zh-Hant")
    assert not translations.supports("fr")
    assert translations.of("fr").locale == "en"


def test_a_default_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(InputError, match=r"'fr'.*en, zh, zh-Hant, ja"):
        Translations("fr")


def test_sentences_take_values_and_numbers() -> None:
    translations = Translations()
    english, chinese, japanese = (translations.of(locale) for locale in ("en", "zh", "ja"))
    assert english.gettext("Season {number}", number=2) == "Season 2"
    assert chinese.gettext("Season {number}", number=2) == "第2季"
    assert japanese.gettext("Season {number}", number=2) == "第2期"
    assert english.gettext("File: {name}", name="{locale} {0}") == "File: {locale} {0}"
    assert english.ngettext("{n} picture", "{n} pictures", 1) == "1 picture"
    assert english.ngettext("{n} picture", "{n} pictures", 3) == "3 pictures"
    assert japanese.ngettext("{n} picture", "{n} pictures", 3) == "画像 3 枚"
    assert chinese.gettext("never translated {x}", x=1) == "never translated 1"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.004, "< 1%"),
        (0.0149, "1%"),
        (0.5, "50%"),
        (0.97, "97%"),
        (0.9949, "99%"),
        (0.9994, "99%"),
        (0.9995, "100%"),
        (1.0, "100%"),
    ],
)
def test_per_cent_never_claims_more_than_there_is(share: float, text: str) -> None:
    assert {Translations().of(locale).percent(share) for locale in LANGUAGES} == {text}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 second"),
        (0.2, "1 second"),
        (29.1, "30 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (121, "3 minutes"),
        (5400, "90 minutes"),
        (7201, "3 hours"),
        (80_000, "23 hours"),
        (172_801, "3 days"),
    ],
)
def test_a_duration_is_never_shorter_than_it_is(seconds: float, text: str) -> None:
    assert Translations().of("en").duration(seconds) == text


def test_durations_are_translated() -> None:
    translations = Translations()
    assert translations.of("zh").duration(300) == "5分钟"
    assert translations.of("zh-TW").duration(300).replace(" ", "") == "5分鐘"
    assert translations.of("ja").duration(300).replace(" ", "") == "5分"
