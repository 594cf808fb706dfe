"""From a photo to an animation: python-telegram-bot, the dispatcher and the engine, on a small drawn library."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import av
import cv2
import pytest

from bot.dispatch.protocol import RequestHandler
from bot.metrics import Metrics
from bot.wiring import open_parts
from config.settings import Settings
from core.encoders.base import CheckedSpec, ConfidenceSpec
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from tests.bot.running import patient
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI, PRIVATE, Person, Room
from tests.bot.telegram_adapter.world import At, at_work
from tests.episodes import scene_frame

CURVE = ConfidenceSpec(-9.0, 8.0, 20.0, CheckedSpec(-6.0, 3.0, 3.0, 9.0, 6.0))


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    encoder.spec = replace(encoder.spec, confidence=CURVE)  # type: ignore[misc]  # the bundled curve may change
    with Engine(EngineSpec(made_library, threads=1), encoder) as engine:
        yield engine


@asynccontextmanager
async def bot(settings: Settings, engine: Engine, tmp_path: Path) -> AsyncIterator[At]:
    """All of it but the wiring of the process."""
    async with open_parts(patient(settings), engine, Metrics(), tmp_path / "bot") as parts:
        dispatcher: RequestHandler = parts.dispatcher
        async with at_work(dispatcher) as at:
            yield at


def _png(number: int, shot: int) -> bytes:
    done, data = cv2.imencode(".png", scene_frame(number, shot)[..., ::-1])
    assert done
    return data.tobytes()


@pytest.mark.asyncio
async def test_a_photo_is_answered_by_the_scene_moving(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    async with bot(settings, engine, tmp_path) as at:
        said = await at.api.say(PRIVATE, AKI, photo=at.api.photo(_png(12, 10)), has_media_spoiler=True)
        answer = await at.api.call("sendAnimation")
        await at.api.call("setMessageReaction", 2)
        assert answer.json("reply_parameters")["message_id"] == said["message_id"]
        assert answer.params["has_spoiler"] == "true"
        caption = answer.result["caption"]
        assert caption.startswith("Paper Boats\n")
        assert "夜の雨" in caption
        assert "00:00:01" in caption
        with av.open(io.BytesIO(answer.files["animation"]), "r") as video:
            assert len(list(video.decode(video=0))) > 5
        # Telegram sends it again after a crash: nothing comes of it
        await at.api.update(message=said)
        await at.api.say(PRIVATE, AKI, "/help")
        await at.api.call("sendMessage")
        assert len(at.api.of("sendAnimation")) == 1


@pytest.mark.asyncio
async def test_a_correction_is_kept(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    async with bot(settings, engine, tmp_path) as at:
        await at.api.say(GROUP, MEI, "@whenanime_bot", photo=at.api.photo(_png(12, 10)))
        answer = await at.api.call("sendAnimation")
        assert "第1季" in answer.result["caption"]
        await at.api.press(MEI, answer.result, _action(answer.result, "w:"))
        which = await at.api.call("sendMessage")
        await at.api.press(MEI, which.result, _action(which.result, "o:"))
        question = await at.api.call("sendMessage", 2)
        assert question.json("reply_markup")["force_reply"]
        await at.api.say(GROUP, MEI, "Another Show, 3", reply_to_message=question.result)
        await at.api.call("sendMessage", 3)
        (case,) = (settings.data_dir / "feedback").rglob("case.json")
        assert "Another Show, 3" in case.read_text(encoding="utf-8")


@pytest.mark.asyncio
async def test_many_at_once_are_answered_once_each(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    people = [Person(1000 + number, f"P{number}") for number in range(6)]
    async with bot(settings, engine, tmp_path) as at:
        said = {}
        for number, person in enumerate(people):
            picture = _png(number, 10 * (number % 3))
            message = await at.api.say(Room(person.id), person, photo=at.api.photo(picture))
            said[person.id] = message["message_id"]
        await at.api.call("sendAnimation", len(people))
        answers = [
            (int(one.params["chat_id"]), one.json("reply_parameters")["message_id"])
            for one in at.api.calls
            if one.method == "sendAnimation"
        ]
        assert sorted(answers) == sorted(said.items())


def _action(message: dict[str, object], verb: str) -> str:
    """The action of the first button of a message that does this."""
    rows = message["reply_markup"]["inline_keyboard"]  # type: ignore[index]  # it has one
    return next(str(one["callback_data"]) for row in rows for one in row if one["callback_data"].startswith(verb))
