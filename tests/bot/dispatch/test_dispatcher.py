"""Requests: from pictures to replies, remembered outcomes, languages, commands."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.intake.typed_options import parse_options
from bot.messages import CommandName, MediaKind, Options, Tone
from bot.replies.answers import ReplySpec
from core.domain import SearchFilter, Verdict
from core.errors import (
    FileRemovedError,
    PictureError,
    PictureProblem,
)
from core.previews.spec import PreviewFormat
from tests.bot.fake_engine import FakeEngine, FakeGeneration
from tests.bot.results import result, scene
from tests.bot.waiting import run_until_idle
from tests.bot.world import (
    ANN,
    BEN,
    GIFS,
    GROUP,
    PRIVATE,
    labels,
    opened,
    request_of,
    until_searched,
)

BROKEN = PictureError("picture: it is broken", PictureProblem.BROKEN)


@pytest.mark.asyncio
async def test_a_picture_is_answered_with_a_moving_preview(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"picture", options=Options(where=SearchFilter(("Paper Boats",), frozenset({2}))))
        assert reply.tone is Tone.FOUND
        assert reply.title == "Paper Boats"
        assert "00:12:34" in " ".join(reply.lines)
        assert reply.media is not None
        assert (reply.media.kind, reply.media.data[:3]) == (MediaKind.MP4, b"mp4")
        assert not reply.media.spoiler
        assert engine.filters == [SearchFilter(("Paper Boats",), frozenset({2}))]
        assert b'whenanime_requests_total{outcome="found",platform="test"} 1.0' in bot.metrics.text()
        assert b'whenanime_stage_seconds_count{stage="total"} 1.0' in bot.metrics.text()


@pytest.mark.asyncio
async def test_the_engine_gets_pictures_as_they_were_sent(tmp_path: Path) -> None:
    engine = FakeEngine({b"broken": BROKEN})
    async with opened(tmp_path, engine) as bot:
        await bot.send(b"picture")
        await bot.send(b"broken")
    assert engine.searched == [b"picture", b"broken"]


@pytest.mark.asyncio
async def test_the_chat_says_which_kind_of_preview_and_how_large(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"picture", chat=GIFS, spoiler=True)
        assert reply.media is not None
        assert (reply.media.kind, reply.media.name, reply.media.spoiler) == (MediaKind.GIF, "scene.gif", True)
    assert engine.previews == [("Paper Boats", PreviewFormat.GIF, GIFS.upload_limit_bytes)]


@pytest.mark.asyncio
async def test_without_the_video_there_is_a_still_and_without_that_text(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine(unplayable=True)) as bot:
        reply = await bot.send(b"picture")
        assert reply.media is not None
        assert (reply.media.kind, reply.media.data) == (MediaKind.JPEG, b"jpeg 754000")
    async with opened(tmp_path, FakeEngine(unplayable=True, stills=False)) as bot:
        reply = await bot.send(b"picture")
        assert (reply.tone, reply.media, reply.handle) == (Tone.FOUND, None, "")


@pytest.mark.parametrize("error", [FileRemovedError("It has left."), ZeroDivisionError()])
@pytest.mark.asyncio
async def test_a_preview_that_fails_never_loses_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    engine = FakeEngine()

    def failing(*_args: object, **_options: object) -> bytes:
        raise error

    monkeypatch.setattr(engine, "preview", failing)
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"picture")
    assert reply.tone is Tone.FOUND
    assert reply.media is not None
    assert reply.media.kind is MediaKind.JPEG
    unforeseen = not isinstance(error, FileRemovedError)
    assert ("not known" in caplog.text) == unforeseen
    caplog.clear()


@pytest.mark.parametrize(("verdict", "tone"), [(Verdict.UNSURE, Tone.UNSURE), (Verdict.NOT_IN_LIBRARY, Tone.NOT_FOUND)])
@pytest.mark.asyncio
async def test_what_is_not_sure_shows_nothing(tmp_path: Path, verdict: Verdict, tone: Tone) -> None:
    engine = FakeEngine({b"picture": result(scene(probability=0.4), verdict=verdict)})
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"picture")
    assert (reply.tone, reply.media) == (tone, None)
    assert "Paper Boats" not in reply.title + " ".join(reply.lines)
    assert not engine.previews


@pytest.mark.asyncio
async def test_no_preview_when_muted_or_switched_off(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine) as bot:
        assert (await bot.send(b"picture", options=Options(muted=True))).media is None
    async with opened(tmp_path, engine, preview=False) as bot:
        assert (await bot.send(b"picture")).media is None
    assert not engine.previews


@pytest.mark.asyncio
async def test_what_was_asked_in_private_is_answered_so(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"broken": BROKEN})) as bot:
        assert (await bot.send(b"picture", chat=GROUP, options=Options(private=True))).private
        assert (await bot.send(b"broken", chat=GROUP, options=Options(private=True))).private
        assert not (await bot.send(b"picture", chat=GROUP)).private


@pytest.mark.asyncio
async def test_a_request_is_handled_once(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine) as bot:
        first = asyncio.create_task(bot.dispatcher.handle(request_of(b"slow", request_id="test:1:1")))
        await until_searched(engine)
        assert await bot.dispatcher.handle(request_of(b"slow", request_id="test:1:1")) is None
        engine.gates[b"slow"].set()
        assert await first is not None
        assert await bot.dispatcher.handle(request_of(b"other", request_id="test:1:1")) is None
    assert engine.searched == [b"slow"]


@pytest.mark.asyncio
async def test_the_same_picture_again_is_answered_from_memory_with_its_age(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine, cache_s=600.0) as bot:
        first = await bot.send(b"picture")
        bot.clock.now_s += 120
        again = await bot.send(b"picture", user=BEN, chat=GROUP)
        assert "memory" not in " ".join(first.lines)
        assert again.lines[-1] == "Answered from memory, 2 minutes old."
        assert again.media == first.media
        assert len(engine.previews) == 1
        await bot.send(b"picture", options=Options(where=SearchFilter(("Paper Boats",))))
        assert len(engine.searched) == 2
        bot.clock.now_s += 481
        await bot.send(b"picture")
        assert len(engine.searched) == 3


@pytest.mark.asyncio
async def test_a_new_index_forgets_what_the_old_one_found(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine) as bot:
        await bot.send(b"picture")
        engine.generation = FakeGeneration("generation-000002")
        await bot.send(b"picture")
        await bot.send(b"picture")
    assert len(engine.searched) == 2


@pytest.mark.asyncio
async def test_without_a_cache_every_picture_is_searched(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine, cache_s=0.0) as bot:
        for _ in range(2):
            await bot.send(b"picture")
    assert len(engine.searched) == 2


@pytest.mark.asyncio
async def test_while_many_wait_the_exact_frame_is_left_out_and_looked_for_again_later(tmp_path: Path) -> None:
    gate = threading.Event()
    engine = FakeEngine(gates={b"first": gate})
    async with opened(tmp_path, engine, deadline_s=30) as bot:
        first = asyncio.create_task(bot.send(b"first"))
        await until_searched(engine)
        bot.clock.now_s += 5  # what is under way takes that long
        waiting = [asyncio.create_task(bot.send(b"%d" % number, user=BEN)) for number in range(4)]
        await run_until_idle()
        gate.set()
        await asyncio.gather(first, *waiting)
        assert engine.exact == [True, False, True, True, True]
        engine.exact.clear()
        for number in range(4):
            await bot.send(b"%d" % number)
        assert engine.exact == [True]  # that one alone is searched again


@pytest.mark.asyncio
async def test_the_same_picture_of_two_users_at_once_is_searched_once(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"picture": threading.Event()})
    async with opened(tmp_path, engine, threads=2) as bot:
        tasks = [asyncio.create_task(bot.send(b"picture", user=user)) for user in (ANN, BEN)]
        await until_searched(engine)
        await run_until_idle()
        engine.gates[b"picture"].set()
        replies = await asyncio.gather(*tasks)
    assert engine.searched == [b"picture"]
    assert replies[0].lines == replies[1].lines
    assert replies[0].handle != replies[1].handle


@pytest.mark.parametrize("cancelled", [0, 1])
@pytest.mark.asyncio
async def test_cancelling_one_of_two_askers_does_not_cancel_the_other(tmp_path: Path, cancelled: int) -> None:
    engine = FakeEngine(gates={b"picture": threading.Event()})
    async with opened(tmp_path, engine) as bot:
        tasks = [asyncio.create_task(bot.send(b"picture", user=user)) for user in (ANN, BEN)]
        await until_searched(engine)
        await run_until_idle()
        tasks[cancelled].cancel()
        await run_until_idle()
        engine.gates[b"picture"].set()
        with pytest.raises(asyncio.CancelledError):
            await tasks[cancelled]
        assert (await tasks[1 - cancelled]).tone is Tone.FOUND


@pytest.mark.asyncio
async def test_what_nobody_waited_for_is_remembered_all_the_same(tmp_path: Path) -> None:
    engine = FakeEngine(gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine) as bot:
        task = asyncio.create_task(bot.send(b"slow"))
        await until_searched(engine)
        task.cancel()
        await run_until_idle()
        engine.gates[b"slow"].set()
        await bot.send(b"other")
        await bot.send(b"slow")
    assert engine.searched == [b"slow", b"other"]


@pytest.mark.asyncio
async def test_a_chosen_language_wins_and_lasts(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine) as bot:
        assert "第2期" in " ".join((await bot.send(b"picture", locale="ja-JP")).lines)
        assert await bot.command(CommandName.LANGUAGE, "zh-CN") == await bot.command(CommandName.LANGUAGE, "zh")
        assert "第2季" in " ".join((await bot.send(b"picture", locale="ja-JP")).lines)
    async with opened(tmp_path, engine) as bot:
        assert "第2季" in " ".join((await bot.send(b"picture", locale="ja-JP")).lines)
        assert "Season 2" in " ".join((await bot.send(b"picture", user=BEN)).lines)
        asks = await bot.command(CommandName.LANGUAGE, "tlh")
        assert len(labels(asks)) == 4
        chosen = await bot.press(asks.rows[0][0].action)
        assert chosen.edits
        assert "Season 2" in " ".join((await bot.send(b"picture", locale="ja")).lines)


@pytest.mark.asyncio
async def test_a_language_that_cannot_be_kept_is_spoken_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "bot").write_text("in the way")
    async with opened(tmp_path, FakeEngine()) as bot:
        chosen = await bot.command(CommandName.LANGUAGE, "zh")
        assert chosen.tone is Tone.INFO
        assert chosen.title == "以后我会用中文回答你。"
        assert "没能保存" in chosen.lines[0]
        assert bot.dispatcher.translator(ANN, "en").locale == "zh"
        bot.dispatcher.use_language(ANN, "ja-JP")
        assert bot.dispatcher.translator(ANN, "en").locale == "ja"


@pytest.mark.asyncio
async def test_a_show_may_be_named_by_any_of_its_titles(tmp_path: Path) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine, titles={"Paper Boats": {"zh": "纸船", "ja": "紙の船"}}) as bot:
        await bot.send(b"picture", options=parse_options("show:纸船 season:2"))
    assert engine.filters == [SearchFilter(("Paper Boats",), frozenset({2}))]


@pytest.mark.asyncio
async def test_commands_and_empty_requests_are_answered(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine()) as bot:
        start, usage = await bot.command(CommandName.START), await bot.command(CommandName.HELP)
        assert start.tone is usage.tone is Tone.INFO
        assert start != usage
        assert await bot.send() == usage


@pytest.mark.asyncio
async def test_shows_marked_adult_are_answered_only_where_they_may_be(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": result(scene("Paper Boats"), scene("Other", probability=0.3, file_id=8))})
    spec = ReplySpec(adult_shows=("paper BOATS",))
    async with opened(tmp_path, engine, replies=spec) as bot:
        reply = await bot.send(b"picture", chat=GROUP)
        assert (reply.tone, reply.media) == (Tone.REFUSED, None)
        assert "Boats" not in str(reply)
        assert not engine.previews
        assert (await bot.send(b"picture", chat=PRIVATE)).title == "Paper Boats"
