"""The result cache: size, lifetime, index; and one search at a time for a key."""

import asyncio

import pytest

from bot.dispatch.result_cache import ResultCache
from bot.dispatch.search_job import SearchJob, SearchKey, SearchOutcome
from core.domain import SearchFilter, SearchResult
from core.errors import InputError, PictureError, PictureProblem
from tests.bot.results import result
from tests.bot.waiting import run_until_idle


def _key(picture: bytes = b"a", *, together: bool = False, show: str = "") -> SearchKey:
    return SearchJob((picture,), SearchFilter((show,) if show else ()), together).key()


def _outcome(generation: str = "1", *results: SearchResult | InputError) -> SearchOutcome:
    return SearchOutcome(generation, results or (result(),))


def test_questions_are_the_same_by_pictures_and_where_to_look() -> None:
    assert _key() == _key()
    assert len({_key(), _key(b"b"), _key(together=True), _key(show="x")}) == 4


def test_the_least_used_make_room() -> None:
    cache = ResultCache(2, 60)
    for name in (b"a", b"b"):
        cache.put(_key(name), _outcome())
    assert cache.get(_key(b"a"), "1")
    cache.put(_key(b"c"), _outcome())
    assert [cache.get(_key(name), "1") is not None for name in (b"a", b"b", b"c")] == [True, False, True]
    assert len(cache) == 2


def test_only_what_is_young_and_of_this_index_is_known() -> None:
    now = [0.0]
    cache = ResultCache(9, 60, lambda: now[0])
    cache.put(_key(), _outcome("1"))
    now[0] = 59
    cached = cache.get(_key(), "1")
    assert cached is not None
    assert cache.age_s(cached) == 59
    now[0] = 60
    assert cache.get(_key(), "1") is None
    cache.put(_key(), _outcome("1"))
    assert cache.get(_key(), "2") is None
    cache.put(_key(b"a"), _outcome("2"))
    cache.put(_key(b"b"), _outcome("3"))
    assert len(cache) == 1


def test_what_had_a_problem_is_not_remembered() -> None:
    cache = ResultCache(9, 60)
    cache.put(_key(), _outcome("1", result(), PictureError("broken", PictureProblem.BROKEN)))
    ResultCache(9, 0).put(_key(), _outcome())
    assert len(cache) == 0


@pytest.mark.asyncio
async def test_turns_come_one_after_another_and_leave_nothing_behind() -> None:
    cache, notes = ResultCache(9, 60), list[str]()

    async def ask(name: str, until: asyncio.Event) -> None:
        async with cache.turn(_key()):
            notes.append(name)
            await until.wait()

    gates = {name: asyncio.Event() for name in "abc"}
    tasks = {name: asyncio.create_task(ask(name, gate)) for name, gate in gates.items()}
    await run_until_idle()
    assert notes == ["a"]
    tasks["b"].cancel()
    gates["a"].set()
    await run_until_idle()
    assert notes == ["a", "c"]
    tasks["c"].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks["c"]
    await tasks["a"]
    assert cache.turns == 0
    async with cache.turn(_key()), cache.turn(_key(b"other")):
        assert cache.turns == 2
