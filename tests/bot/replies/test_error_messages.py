"""Problems with a filter are worded in every language, whatever the error says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.intake.typed_options import parse_options
from bot.language.translations import Translations
from bot.replies.error_messages import problem_reply
from core.domain import SearchFilter
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from core.errors import FilterError
from core.retrieval.filters import parse_seasons, parse_show

TRANSLATIONS = Translations()


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    with Engine(EngineSpec(made_library, threads=1), encoder) as engine:
        yield engine


def _raised(call: Callable[[], object]) -> FilterError:
    with pytest.raises(FilterError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: parse_options("show:"), ()),
        (lambda: parse_show(" "), ()),
        (lambda: parse_seasons(","), ()),
        (lambda: parse_seasons("two"), ("two",)),
        (lambda: parse_seasons("5-3"), ("5-3",)),
    ],
)
@pytest.mark.parametrize("locale", ["zh", "ja"])
def test_what_was_typed_wrongly(call: Callable[[], object], names: tuple[str, ...], locale: str) -> None:
    _check(_raised(call), names, locale)


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (SearchFilter(("Paper Boat",)), ("Paper Boat", "Paper Boats")),
        (SearchFilter(("xyz's",)), ("xyz's", "Paper Boats")),
        (SearchFilter((), frozenset({99})), ()),
    ],
)
@pytest.mark.parametrize("locale", ["zh", "ja"])
def test_what_the_library_does_not_have(
    engine: Engine, where: SearchFilter, names: tuple[str, ...], locale: str
) -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    _check(_raised(lambda: engine.search(picture, where=where)), names, locale)


def _check(error: FilterError, names: tuple[str, ...], locale: str) -> None:
    english, reply = (problem_reply(TRANSLATIONS.of(tag), error) for tag in ("en", locale))
    reason = reply.lines[0]
    assert english.lines[0] != reason
    for name in sorted(names, key=len, reverse=True):
        assert name in reason
        reason = reason.replace(name, "")
    assert not [word for word in reason.split() if word.isascii() and word.isalpha()], reason


def test_a_season_with_a_quotation_mark_in_it_is_told_in_the_users_language() -> None:
    with pytest.raises(FilterError) as caught:
        parse_seasons("2'x")
    assert (
        problem_reply(Translations().of("ja"), caught.value).lines[0]
        == "「2'x」はシーズンの番号でも範囲でもありません。"
    )
