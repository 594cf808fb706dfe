"""Several pictures in one message: of one scene, or an album."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Options, Tone
from bot.replies.album_replies import album_rows
from bot.replies.answers import ReplySpec
from bot.replies.button_actions import AnswerId
from core.domain import FileId, Occurrence, SearchFilter, SearchResult, Verdict
from core.errors import FetchError, FetchProblem, FilterError, InputError, PictureError, PictureProblem
from core.timecode import Millis
from tests.bot.fake_engine import FakeEngine
from tests.bot.results import result, scene
from tests.bot.world import GROUP, action, labels, lost, opened

MOVEMENT = result(sequence=True)
OTHER = result(scene("Glass Harbour", file_id=8))
MISSING = result(scene(probability=0.1, file_id=6), verdict=Verdict.NOT_IN_LIBRARY)
BROKEN = PictureError("picture: it is broken", PictureProblem.BROKEN)


@pytest.mark.asyncio
async def test_pictures_said_to_be_of_one_scene_get_one_answer(tmp_path: Path) -> None:
    engine = FakeEngine(joint=OTHER)
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"1", b"2", b"3", options=Options(together=True))
        assert reply.title == "Glass Harbour"
        assert reply.media is not None
        assert bot.store.pictures(reply.handle.split(":")[0]) == (b"1", b"2", b"3")  # type: ignore[arg-type]
    assert (engine.together, engine.searched) == ([3], [])


@pytest.mark.asyncio
async def test_pictures_of_one_movement_are_recognised_as_such(tmp_path: Path) -> None:
    engine = FakeEngine(joint=MOVEMENT)
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"1", b"2")
        assert reply.title == "Paper Boats"
        assert any("to 00:12:36" in line for line in reply.lines)
        await bot.send(b"1", b"2")
    assert (engine.together, engine.searched) == ([2], [b"1", b"2"])


@pytest.mark.parametrize(
    "odd",
    [
        OTHER,
        MISSING,
        result(scene("Glass Harbour", file_id=8, probability=0.5), verdict=Verdict.UNSURE),
        result(scene(at_ms=99_000)),
        result(scene("Glass Harbour", file_id=8), scene(probability=0.01)),
    ],
)
@pytest.mark.asyncio
async def test_a_movement_that_leaves_a_picture_out_is_no_answer_to_all(tmp_path: Path, odd: SearchResult) -> None:
    async with opened(tmp_path, FakeEngine({b"4": odd}, joint=MOVEMENT)) as bot:
        reply = await bot.send(b"1", b"2", b"3", b"4")
    assert reply.title == "4 pictures"
    assert len(reply.lines) == 4 + 1
    assert "Paper Boats" in reply.lines[0]


@pytest.mark.parametrize(
    "alike",
    [
        result(scene("Glass Harbour", file_id=8, probability=0.5), scene(probability=0.3), verdict=Verdict.UNSURE),
        result(scene("Glass Harbour", file_id=8), verdict=Verdict.UNSURE, too_little=True),
        result(replace(scene(file_id=9), repeats=(Occurrence(FileId(7), "05.mkv", scene().name, Millis(754_000)),))),
    ],
)
@pytest.mark.asyncio
async def test_a_movement_keeps_pictures_that_may_well_be_of_it(tmp_path: Path, alike: SearchResult) -> None:
    async with opened(tmp_path, FakeEngine({b"2": alike}, joint=MOVEMENT)) as bot:
        assert (await bot.send(b"1", b"2")).title == "Paper Boats"


@pytest.mark.asyncio
async def test_other_pictures_are_answered_each_in_a_line_with_a_button(tmp_path: Path) -> None:
    engine = FakeEngine({b"2": OTHER, b"3": MISSING, b"4": BROKEN})
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"1", b"2", b"3", b"4")
        assert len(reply.lines) == 4 + 1
        assert "Paper Boats" in reply.lines[0]
        assert "Glass Harbour" in reply.lines[1]
        assert "did not find" in reply.lines[2]
        assert "damaged" in reply.lines[3]
        assert labels(reply) == ["1", "2", "3"]
        assert reply.media is not None
        assert reply.lines[4] == "The preview is of picture 1."
        second = await bot.press(action(reply, "2"))
        assert (second.title, second.edits) == ("Glass Harbour", True)
        assert second.media is not None
        assert labels(second)[-3:] == ["1", "2", "3"]
        assert (await bot.press(action(second, "1"))).title == "Paper Boats"
        asks = await bot.press(action(second, "Wrong?"))
        await bot.press(action(asks, "Not an anime"))
        (entry,) = bot.feedback.entries()
        assert [path.read_bytes() for path in bot.feedback.pictures(entry)] == [b"2"]
    assert (engine.together, engine.searched) == ([4], [b"1", b"2", b"3", b"4"])


@pytest.mark.asyncio
async def test_an_album_shows_the_first_picture_that_was_found_unless_muted_or_not_to_be_named(tmp_path: Path) -> None:
    engine = FakeEngine({b"1": MISSING, b"2": result(scene("Night Bus", file_id=4)), b"3": OTHER})
    async with opened(tmp_path, engine, replies=ReplySpec(adult_shows=("Night Bus",))) as bot:
        reply = await bot.send(b"1", b"2", b"3", chat=GROUP)
        assert reply.media is not None
        assert reply.lines[-1] == "The preview is of picture 3."
        assert [show for show, _form, _limit in engine.previews] == ["Glass Harbour"]
        assert (await bot.send(b"1", b"2", b"3", options=Options(muted=True))).media is None
        nothing = await bot.send(b"1", b"1")
        assert (nothing.media, len(nothing.lines)) == (None, 2)


@pytest.mark.asyncio
async def test_what_one_picture_lacks_is_looked_up_again(tmp_path: Path) -> None:
    engine = FakeEngine({b"2": BROKEN})
    async with opened(tmp_path, engine) as bot:
        await bot.send(b"1", b"2")
        await bot.send(b"1", b"2")
    assert engine.searched == [b"1", b"2"] * 2


@pytest.mark.asyncio
async def test_too_many_to_be_looked_up_together_are_looked_up_one_by_one(tmp_path: Path) -> None:
    engine = FakeEngine(joint=InputError("1 to 2 pictures can be looked up together"))
    async with opened(tmp_path, engine) as bot:
        assert len((await bot.send(b"1", b"2", b"3")).lines) == 3 + 1
        refused = await bot.send(b"1", b"2", b"3", options=Options(together=True))
    assert refused.tone is Tone.REFUSED


@pytest.mark.asyncio
async def test_a_filter_that_names_nothing_is_said_once(tmp_path: Path) -> None:
    engine = FakeEngine(joint=FilterError("Show: there is no 'x' in the library."))
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(b"1", b"2", options=Options(where=SearchFilter(("x",))))
    assert reply.tone is Tone.REFUSED
    assert engine.searched == []


@pytest.mark.asyncio
async def test_a_picture_that_cannot_be_had_does_not_lose_the_others(tmp_path: Path) -> None:
    engine = FakeEngine({b"2": OTHER})
    gone = lost(FetchError(FetchProblem.NOT_FOUND, "gone"))
    async with opened(tmp_path, engine) as bot:
        three = await bot.send(b"1", gone, b"2")
        assert "no longer there" in three.lines[1]
        assert labels(three) == ["1", "3"]
        assert (await bot.press(action(three, "3"))).title == "Glass Harbour"
        two = await bot.send(gone, b"2")
        assert two.title == "Glass Harbour"
        assert "no longer there" in two.lines[-1]
        none = await bot.send(gone, gone)
        assert none.tone is Tone.REFUSED
        joint = await bot.send(b"1", gone, options=Options(together=True))
        assert joint.tone is Tone.REFUSED


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.asyncio
async def test_no_more_pictures_are_looked_up_than_is_set(tmp_path: Path, count: int) -> None:
    engine = FakeEngine()
    async with opened(tmp_path, engine, pictures=count) as bot:
        reply = await bot.send(*(str(number).encode() for number in range(5)))
        whole = await bot.send(*(str(number).encode() for number in range(count)))
    assert len(engine.searched) == count
    assert f"{5 - count} more pictures are left out: send them again." in reply.lines
    assert not any("left out" in line for line in whole.lines)


def test_an_albums_buttons_fit_below_a_message() -> None:
    rows = album_rows([AnswerId(f"case{number}") if number != 2 else AnswerId("") for number in range(1, 31)])
    assert [len(row) for row in rows] == [5, 5, 5]
    assert [button.label for button in rows[0]] == ["1", "3", "4", "5", "6"]
    assert rows[0][1].action == "s:case3:0"
