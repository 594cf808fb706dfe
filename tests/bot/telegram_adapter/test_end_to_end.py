"""A photo is answered with an animation, by the real dispatcher and engine on a small drawn library."""

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
from bot.wiring import open_adapter_services
from config.settings import Settings
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI, PRIVATE, Person, Room
from tests.bot.telegram_adapter.running_adapter import RunningAdapter, running_telegram
from tests.bot.waiting import without_deadlines
from tests.episodes import scene_frame

CURVE = ConfidenceSpec(-9.0, 8.0, 20.0, VerifiedCurveSpec(-6.0, 3.0, 3.0, 9.0, 6.0))


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    encoder.spec = replace(encoder.spec, confidence=CURVE)  # type: ignore[misc]  # the bundled curve may change
    with Engine(EngineSpec(made_library, threads=1), encoder) as engine:
        yield engine


@asynccontextmanager
async def opened_bot(settings: Settings, engine: Engine, tmp_path: Path) -> AsyncIterator[RunningAdapter]:
    """The bot with all its parts except those of the process."""
    async with open_adapter_services(without_deadlines(settings), engine, Metrics(), tmp_path / "bot") as parts:
        dispatcher: RequestHandler = parts.dispatcher
        async with running_telegram(dispatcher) as bot:
            yield bot


def _png(number: int, shot: int) -> bytes:
    done, data = cv2.imencode(".png", scene_frame(number, shot)[..., ::-1])
    assert done
    return data.tobytes()


@pytest.mark.asyncio
async def test_a_photo_is_answered_by_the_scene_moving(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    async with opened_bot(settings, engine, tmp_path) as bot:
        message = await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(_png(12, 10)), has_media_spoiler=True)
        answer = await bot.api.call("sendAnimation")
        await bot.api.call("setMessageReaction", 2)
        assert answer.json("reply_parameters")["message_id"] == message["message_id"]
        assert answer.params["has_spoiler"] == "true"
        caption = answer.result["caption"]
        assert caption.startswith("Paper Boats\n")
        assert "夜の雨" in caption
        assert "00:00:01" in caption
        with av.open(io.BytesIO(answer.files["animation"]), "r") as video:
            assert len(list(video.decode(video=0))) > 5
        # Telegram sends it again after a crash: nothing comes of it
        await bot.api.update(message=message)
        await bot.api.say(PRIVATE, AKI, "/help")
        await bot.api.call("sendMessage")
        assert len(bot.api.of("sendAnimation")) == 1


@pytest.mark.asyncio
async def test_a_correction_is_kept(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    async with opened_bot(settings, engine, tmp_path) as bot:
        await bot.api.say(GROUP, MEI, "@whenanime_bot", photo=bot.api.photo(_png(12, 10)))
        answer = await bot.api.call("sendAnimation")
        assert "第1季" in answer.result["caption"]
        await bot.api.press(MEI, answer.result, _action(answer.result, "w:"))
        which = await bot.api.call("sendMessage")
        await bot.api.press(MEI, which.result, _action(which.result, "o:"))
        question = await bot.api.call("sendMessage", 2)
        assert question.json("reply_markup")["force_reply"]
        await bot.api.say(GROUP, MEI, "Another Show, 3", reply_to_message=question.result)
        await bot.api.call("sendMessage", 3)
        (case,) = (settings.data_dir / "feedback").rglob("case.json")
        assert "Another Show, 3" in case.read_text(encoding="utf-8")


@pytest.mark.asyncio
async def test_many_at_once_are_answered_once_each(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    people = [Person(1000 + number, f"P{number}") for number in range(6)]
    async with opened_bot(settings, engine, tmp_path) as bot:
        message_ids = {}
        for number, person in enumerate(people):
            picture = _png(number, 10 * (number % 3))
            message = await bot.api.say(Room(person.id), person, photo=bot.api.photo(picture))
            message_ids[person.id] = message["message_id"]
        await bot.api.call("sendAnimation", len(people))
        answers = [
            (int(call.params["chat_id"]), call.json("reply_parameters")["message_id"])
            for call in bot.api.calls
            if call.method == "sendAnimation"
        ]
        assert sorted(answers) == sorted(message_ids.items())


def _action(message: dict[str, object], verb: str) -> str:
    """The action of the first button of a message whose action starts with `verb`."""
    rows = message["reply_markup"]["inline_keyboard"]  # type: ignore[index]  # it has one
    return next(
        str(button["callback_data"]) for row in rows for button in row if button["callback_data"].startswith(verb)
    )
