"""Requests that are refused, fail, take too long or come at the end, and what is given back to the rate limits."""

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from bot.messages import PictureUrl, Tone, UserId
from core.errors import (
    EncoderError,
    FetchError,
    FetchProblem,
    LibraryEmptyError,
    PictureError,
    PictureProblem,
)
from tests.bot.fake_engine import FakeEngine
from tests.bot.waiting import run_until_idle
from tests.bot.world import (
    ANN,
    BEN,
    lost,
    opened,
    reads,
    remaining,
    until_searched,
    upload,
)

BROKEN = PictureError("picture: it is broken", PictureProblem.BROKEN)


@pytest.mark.asyncio
async def test_a_user_who_sends_too_much_is_told_when_to_go_on(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine, limits=(2, 100, 100)) as bot:
        for number in range(2):
            await bot.send(f"{number}".encode())
        reply = await bot.send(b"more")
        assert reply.tone is Tone.REFUSED
        assert reply.lines == ("Please try again in 60 seconds.",)
        assert (await bot.send(b"his", user=BEN)).tone is Tone.FOUND
        bot.clock.now_s += 60
        assert (await bot.send(b"more")).tone is Tone.FOUND
        assert b'whenanime_refused_total{kind="limit",platform="test"} 1.0' in bot.metrics.text()
    assert len(engine.searched) == 4


@pytest.mark.asyncio
async def test_an_answer_from_memory_costs_a_quarter(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine(), limits=(10, 10, 100)) as bot:
        for _ in range(5):
            assert (await bot.send(b"picture")).tone is Tone.FOUND
        assert remaining(bot.limits, ANN, 10) == 8


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (BROKEN, 9),
        (LibraryEmptyError("nothing"), 10),
        (EncoderError("the model is gone"), 10),
        (OSError("disk"), 10),
    ],
)
@pytest.mark.asyncio
async def test_what_fails_is_given_back_unless_the_picture_is_to_blame(
    tmp_path: Path, error: Exception, left: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, FakeEngine({b"picture": error}), limits=(10, 10, 100)) as bot:
        reply = await bot.send(b"picture")
        assert reply.tone in {Tone.REFUSED, Tone.FAILED}
        assert reply.title
        assert remaining(bot.limits, ANN, 10) == left
    caplog.clear()


@pytest.mark.parametrize(
    ("problem", "left"),
    [(FetchProblem.NOT_FOUND, 10), (FetchProblem.TOO_SLOW, 10), (FetchProblem.TOO_LARGE, 9)],
)
@pytest.mark.asyncio
async def test_a_file_that_the_platform_lost_is_given_back(tmp_path: Path, problem: FetchProblem, left: int) -> None:
    async with opened(tmp_path, FakeEngine(), limits=(10, 10, 100)) as bot:
        reply = await bot.send(lost(FetchError(problem, "for the log")))
        assert reply.tone is Tone.REFUSED
        assert "for the log" not in reply.title + " ".join(reply.lines)
        assert remaining(bot.limits, ANN, 10) == left


@pytest.mark.asyncio
async def test_links_are_followed_where_they_may_be_and_never_given_back(tmp_path: Path) -> None:
    pages = {"https://pictures.example/1.png": b"picture"}
    there, gone = PictureUrl("https://pictures.example/1.png"), PictureUrl("https://pictures.example/2.png")
    engine = FakeEngine()
    async with opened(tmp_path, engine, pages=pages, limits=(10, 10, 100)) as bot:
        assert (await bot.send(there)).tone is Tone.FOUND
        assert (await bot.send(gone)).tone is Tone.REFUSED
        assert remaining(bot.limits, ANN, 10) == 8
    async with opened(tmp_path, engine, pages=pages, links=False) as bot:
        assert (await bot.send(there)).tone is Tone.REFUSED
    assert engine.searched == [b"picture"]


@pytest.mark.asyncio
async def test_a_file_that_says_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine(), picture_limit_bytes=5) as bot:
        reply = await bot.send(upload(b"a picture"))
    assert reply.tone is Tone.REFUSED
    assert "too large" in reply.title


@pytest.mark.asyncio
async def test_what_nobody_foresaw_is_a_reply_and_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = FakeEngine({b"picture": ZeroDivisionError("/secret/path")})
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"picture")
        assert (await bot.send(b"other")).tone is Tone.FOUND
        bad = await bot.send(lost(RuntimeError("an adapter's")))
    assert reply.tone is bad.tone is Tone.FAILED
    assert "secret" not in reply.title + " ".join(reply.lines)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "ZeroDivisionError" in caplog.text
    assert "an adapter's" in caplog.text
    caplog.clear()


@pytest.mark.asyncio
async def test_a_full_queue_says_busy_and_costs_nothing(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine, queue=1, limits=(10, 10, 100)) as bot:
        tasks = [asyncio.create_task(bot.send(b"slow"))]
        await until_searched(engine)
        tasks.append(asyncio.create_task(bot.send(b"waits")))
        while not bot.worker.waiting:
            await asyncio.sleep(0.001)
        reply = await bot.send(b"busy", user=BEN)
        assert (reply.tone, reply.title) == (Tone.REFUSED, "I am busy with other pictures.")
        assert b"whenanime_queue_length 1.0" in bot.metrics.text()
        engine.gates[b"slow"].set()
        assert [answered.tone for answered in await asyncio.gather(*tasks)] == [Tone.FOUND] * 2
        assert remaining(bot.limits, BEN, 10) == 10


@pytest.mark.asyncio
async def test_large_pictures_that_wait_do_not_fill_the_memory(tmp_path: Path) -> None:
    first, second = b"first".ljust(90, b"."), b"second".ljust(90, b".")
    gate = threading.Event()
    engine = FakeEngine(gates={first: gate})
    async with opened(tmp_path, engine, limits=(10, 10, 100), memory_bytes=100) as bot:
        held = asyncio.create_task(bot.send(first))
        await until_searched(engine)
        refused = await bot.send(second, user=BEN)
        assert refused.title == "I am busy with other pictures."
        gate.set()
        assert (await held).tone is Tone.FOUND
        assert (await bot.send(second.ljust(200, b"."), user=BEN)).tone is Tone.FOUND
        assert remaining(bot.limits, BEN, 10) == 9, "what was refused was given back"


@pytest.mark.asyncio
async def test_a_request_that_takes_too_long_is_given_up_and_given_back(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine, deadline_s=0.05, limits=(10, 10, 100)) as bot:
        reply = await bot.send(b"slow")
        assert reply.tone is Tone.FAILED
        engine.gates[b"slow"].set()
        assert remaining(bot.limits, ANN, 10) == 10

        async def for_ever(_limit_bytes: int) -> bytes:
            await asyncio.Event().wait()
            return b""

        reply = await bot.send(reads(for_ever), user=BEN)
        assert reply.tone is Tone.FAILED


@pytest.mark.asyncio
async def test_when_only_the_preview_is_late_the_answer_is_given_without(tmp_path: Path) -> None:
    engine = FakeEngine(preview_gate=threading.Event())
    async with opened(tmp_path, engine, deadline_s=0.2) as bot:
        reply = await bot.send(b"picture")
        assert engine.preview_gate is not None
        engine.preview_gate.set()
    assert (reply.tone, reply.media) == (Tone.FOUND, None)


@pytest.mark.asyncio
async def test_a_message_that_is_deleted_frees_everything(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine, limits=(10, 10, 100)) as bot:
        first = asyncio.create_task(bot.send(b"slow", user=BEN))
        await until_searched(engine)
        second = asyncio.create_task(bot.send(b"deleted"))
        while not bot.worker.waiting:
            await asyncio.sleep(0.001)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert bot.worker.waiting == 0
        assert remaining(bot.limits, ANN, 10) == 10
        engine.gates[b"slow"].set()
        await first
    assert engine.searched == [b"slow"]


@pytest.mark.asyncio
async def test_a_disk_that_keeps_no_case_leaves_the_answer_without_buttons(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "cases").write_text("in the way")
    async with opened(tmp_path, FakeEngine()) as bot:
        reply = await bot.send(b"picture")
    assert (reply.tone, reply.rows) == (Tone.FOUND, ())
    assert reply.media is not None
    assert "cannot be kept" in caplog.text


@pytest.mark.asyncio
async def test_fifty_users_at_once_none_lost_none_twice_in_turns(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine, queue=200) as bot:
        tasks = [
            asyncio.create_task(bot.send(f"{user} {number}".encode(), user=UserId(f"test:{user}")))
            for user in range(50)
            for number in range(3)
        ]
        replies = await asyncio.gather(*tasks)
    assert len(replies) == 150
    assert all(reply.tone is Tone.FOUND for reply in replies)
    assert sorted(engine.searched) == sorted(f"{user} {number}".encode() for user in range(50) for number in range(3))
    assert len({reply.handle for reply in replies}) == 150


@pytest.mark.asyncio
async def test_draining_ends_what_is_under_way_and_refuses_what_is_new(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine) as bot:
        task = asyncio.create_task(bot.send(b"slow"))
        await until_searched(engine)
        drained = asyncio.create_task(bot.dispatcher.drain(30))
        await run_until_idle()
        assert not drained.done()
        assert (await bot.send(b"new")).tone is Tone.REFUSED
        engine.gates[b"slow"].set()
        await drained
        assert (await task).tone is Tone.FOUND
        await bot.dispatcher.drain(30)


@pytest.mark.asyncio
async def test_draining_waits_for_replies_and_not_for_who_asked(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    stopped = asyncio.Event()
    async with opened(tmp_path, engine) as bot:

        async def reading_for_ever() -> None:
            await bot.send(b"slow")
            await stopped.wait()

        reader = asyncio.create_task(reading_for_ever())
        await until_searched(engine)
        drained = asyncio.create_task(bot.dispatcher.drain(30))
        await run_until_idle()
        engine.gates[b"slow"].set()
        await drained
        assert not reader.done()
        stopped.set()
        await reader


@pytest.mark.asyncio
async def test_what_is_not_done_after_draining_is_cancelled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine) as bot:
        task = asyncio.create_task(bot.send(b"slow"))
        await until_searched(engine)
        await bot.dispatcher.drain(0.01)
        with pytest.raises(asyncio.CancelledError):
            await task
        engine.gates[b"slow"].set()
    assert "1 requests were not answered" in caplog.text
