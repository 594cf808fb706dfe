"""Buttons: other candidates, corrections, lighter previews; after a restart too."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Chat, ChatKind, MediaKind, Options, Reply, Tone, UserId
from bot.replies.answers import ReplySpec
from core.domain import Verdict
from core.library.feedback import Correction, CorrectionKind
from core.previews.spec import PreviewFormat
from tests.bot.fake_engine import FakeEngine
from tests.bot.results import result, scene
from tests.bot.world import ANN, BEN, GIFS, GROUP, PRIVATE, Bot, action, labels, opened

TWO = result(scene(), scene("Glass Harbour", probability=0.3, file_id=8, at_ms=60_000))
GUESS = result(scene(probability=0.5), verdict=Verdict.UNSURE)


@pytest.mark.asyncio
async def test_the_next_candidate_takes_the_place_of_the_first_with_its_own_preview(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO})
    async with opened(tmp_path, engine) as bot:
        first = await bot.send(b"picture", spoiler=True)
        second = await bot.press(action(first, "Next"), chat=GIFS, user=BEN, locale="ja")
        assert second.edits
        assert "Glass Harbour" in second.title
        assert second.media is not None
        assert (second.media.kind, second.media.spoiler) == (MediaKind.GIF, True)
        back = await bot.press(second.rows[0][0].action)
        assert (back.title, back.media, back.edits) == (first.title, first.media, True)
    assert engine.previews == [
        ("Paper Boats", PreviewFormat.MP4, PRIVATE.upload_limit_bytes),
        ("Glass Harbour", PreviewFormat.GIF, GIFS.upload_limit_bytes),
    ]
    assert len(engine.searched) == 1


@pytest.mark.asyncio
async def test_a_guess_is_shown_when_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"picture": GUESS})) as bot:
        first = await bot.send(b"picture")
        guess = await bot.press(action(first, "Show the best guess"))
    assert (guess.tone, guess.edits) == (Tone.UNSURE, True)
    assert "Paper Boats" in guess.title
    assert guess.media is not None


@pytest.mark.asyncio
async def test_buttons_work_after_a_restart_and_not_for_ever(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO})
    async with opened(tmp_path, engine) as bot:
        following = action(await bot.send(b"picture"), "Next")
    async with opened(tmp_path, engine) as bot:
        assert (await bot.press(following)).edits
        bot.wall.now_s += 3600
        expired = await bot.press(following)
        assert (expired.edits, expired.private) == (False, True)
        assert "no longer works" in expired.title


@pytest.mark.parametrize(
    "action_text", ["", "x", "s:", "s:nobody0000:0", "s:../../etc:0", "w:nobody0000", "é", "s" * 300]
)
@pytest.mark.asyncio
async def test_what_is_no_button_of_ours_is_told_kindly(tmp_path: Path, action_text: str) -> None:
    async with opened(tmp_path, FakeEngine()) as bot:
        reply = await bot.press(action_text)
    assert "no longer works" in reply.title
    assert reply.private


@pytest.mark.asyncio
async def test_a_candidate_that_there_is_not_has_expired(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"picture": TWO})) as bot:
        answer_id = (await bot.send(b"picture")).handle.split(":")[0]
        for action_text in (f"s:{answer_id}:2", f"r:{answer_id}:99"):
            assert "no longer works" in (await bot.press(action_text)).title
        assert list(bot.feedback.entries()) == []


@pytest.mark.asyncio
async def test_a_muted_answer_stays_so(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO})
    async with opened(tmp_path, engine) as bot:
        first = await bot.send(b"picture", options=Options(muted=True))
        assert (await bot.press(action(first, "Next"))).media is None
    assert not engine.previews


@pytest.mark.asyncio
async def test_adult_rules_are_those_of_the_chat_of_the_press(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO})
    async with opened(tmp_path, engine, replies=ReplySpec(adult_shows=("Glass Harbour",))) as bot:
        following = action(await bot.send(b"picture", chat=PRIVATE), "Next")
        engine.previews.clear()
        refused = await bot.press(following, chat=GROUP)
        assert (refused.edits, refused.private, refused.media) == (False, True, None)
        assert "Glass" not in str(refused)
        assert not engine.previews
        asks = await bot.press(f"w:{following.split(':')[1]}", chat=GROUP)
        assert "Glass" not in str(asks)
        restricted = Chat(ChatKind.GROUP, 100_000, age_restricted=True)
        assert "Glass Harbour" in (await bot.press(following, chat=restricted)).title


async def _corrected(bot: Bot, label: str, *, user: UserId = ANN, answer_id: str, text: str = "") -> Reply:
    asks = await bot.press(f"w:{answer_id}", user=user)
    return await bot.press(action(asks, label), user=user, text=text)


@pytest.mark.asyncio
async def test_a_correction_is_kept_with_picture_and_answer(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"picture": TWO})) as bot:
        first = await bot.send(b"picture")
        asks = await bot.press(action(first, "Wrong?"))
        assert not asks.edits
        assert labels(asks) == ["1", "2", "Something else", "Not an anime"]
        thanks = await bot.press(action(asks, "2"))
        assert "Thank" in thanks.title
        assert thanks.edits
        (entry,) = bot.feedback.entries()
        assert entry.correction == Correction(CorrectionKind.SCENE, scene=1)
        assert entry.right == TWO.scenes[1]
        assert (entry.result, entry.generation) == (TWO, "generation-000001")
        assert [path.read_bytes() for path in bot.feedback.pictures(entry)] == [b"picture"]
        assert ANN.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "feedback").rglob("*.json"))


@pytest.mark.asyncio
async def test_something_else_is_asked_for_and_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine()) as bot:
        answer_id = (await bot.send(b"picture")).handle.split(":")[0]
        asks = await _corrected(bot, "Something else", answer_id=answer_id)
        assert asks.text_prompt is not None
        assert list(bot.feedback.entries()) == []
        assert (await bot.press(asks.text_prompt.action, text=" \n")).text_prompt is not None
        thanks = await bot.press(asks.text_prompt.action, text="  Tin Moon, episode 3 " + "!" * 600)
        assert "Thank" in thanks.title
        (entry,) = bot.feedback.entries()
        assert entry.correction.kind is CorrectionKind.TEXT
        assert entry.correction.text.startswith("Tin Moon, episode 3 !")
        assert len(entry.correction.text) == 500


@pytest.mark.asyncio
async def test_the_last_word_of_a_user_counts_and_others_have_their_own(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"picture": TWO})) as bot:
        answer_id = (await bot.send(b"picture")).handle.split(":")[0]
        await _corrected(bot, "2", answer_id=answer_id)
        await _corrected(bot, "Not an anime", answer_id=answer_id)
        await _corrected(bot, "1", answer_id=answer_id, user=BEN)
        kinds = sorted(entry.correction.kind for entry in bot.feedback.entries())
    assert kinds == [CorrectionKind.NONE, CorrectionKind.SCENE]


@pytest.mark.asyncio
async def test_presses_are_limited_lightly(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine({b"picture": TWO}), limits=(2, 100, 100)) as bot:
        following = action(await bot.send(b"picture", chat=GROUP), "Next")
        for _ in range(4):
            assert (await bot.press(following, chat=GROUP)).edits
        refused = await bot.press(following, chat=GROUP)
        assert (refused.tone, refused.private, refused.edits) == (Tone.REFUSED, True, False)
        assert (await bot.press(following, chat=GROUP, user=BEN)).edits


@pytest.mark.asyncio
async def test_feedback_that_the_disk_refuses_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "feedback").write_text("in the way")
    async with opened(tmp_path, FakeEngine()) as bot:
        answer_id = (await bot.send(b"picture")).handle.split(":")[0]
        reply = await bot.press(f"n:{answer_id}")
    assert (reply.tone, reply.private) == (Tone.FAILED, True)
    assert "feedback cannot be written" in caplog.text


@pytest.mark.asyncio
async def test_a_reply_gets_lighter_until_nothing_is_attached(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO})
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"picture", spoiler=True)
        attachments = []
        while reply.media is not None:
            assert reply.media.spoiler
            attachments.append((reply.media.kind, len(reply.media.data)))
            following = await bot.dispatcher.lighter(reply, PRIVATE)
            assert replace(following, media=None, handle="") == replace(reply, media=None, handle="")
            reply = following
        assert attachments == [(MediaKind.MP4, 4000), (MediaKind.MP4, 1000), (MediaKind.JPEG, 11)]
        assert await bot.dispatcher.lighter(reply, PRIVATE) == reply


@pytest.mark.asyncio
async def test_a_lighter_reply_skips_what_cannot_be_made(tmp_path: Path) -> None:
    engine = FakeEngine(sizes={PreviewFormat.MP4: 1000})
    async with opened(tmp_path, engine) as bot:
        reply = await bot.dispatcher.lighter(await bot.send(b"picture"), PRIVATE)
        assert reply.media is not None
        assert reply.media.kind is MediaKind.JPEG


@pytest.mark.asyncio
async def test_the_candidate_on_show_is_the_one_that_gets_lighter(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO})
    async with opened(tmp_path, engine) as bot:
        second = await bot.press(action(await bot.send(b"picture"), "Next"))
        await bot.dispatcher.lighter(second, PRIVATE)
    assert [show for show, _, _ in engine.previews] == ["Paper Boats", "Glass Harbour", "Glass Harbour"]


@pytest.mark.parametrize("handle", ["", "x", "a:b:c", "aaaaaaaaaa:0:m", "aaaaaaaaaa:-1:m"])
@pytest.mark.asyncio
async def test_a_handle_that_leads_nowhere_leaves_the_text(tmp_path: Path, handle: str) -> None:
    async with opened(tmp_path, FakeEngine()) as bot:
        reply = replace(await bot.send(b"picture"), handle=handle)
        assert await bot.dispatcher.lighter(reply, PRIVATE) == replace(reply, media=None, handle="")


@pytest.mark.asyncio
async def test_what_fails_while_getting_lighter_leaves_the_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, FakeEngine()) as bot:
        reply = await bot.send(b"picture")
        monkeypatch.setattr(bot.store, "get", lambda _case: 1 / 0)
        assert (await bot.dispatcher.lighter(reply, PRIVATE)).media is None
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()


@pytest.mark.asyncio
async def test_a_full_queue_shows_the_candidate_without_its_preview(tmp_path: Path) -> None:
    engine = FakeEngine({b"picture": TWO}, gates={b"slow": threading.Event()})
    async with opened(tmp_path, engine, queue=0) as bot:
        following = action(await bot.send(b"picture"), "Next")
        busy = asyncio.create_task(bot.send(b"slow", user=BEN))
        while not bot.worker.running:
            await asyncio.sleep(0.001)
        reply = await bot.press(following)
        engine.gates[b"slow"].set()
        await busy
    assert reply.edits
    assert "Glass Harbour" in reply.title
    assert reply.media is None
