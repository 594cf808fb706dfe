"""A screenshot in a channel is answered with a preview, by the real engine."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from bot.metrics import Metrics
from bot.wiring import open_adapter_services
from config.opening import open_engine
from config.settings import Settings
from core.pictures.pixels import Rgb
from tests.bot.discord_adapter.running_adapter import opened_world, running_discord
from tests.bot.waiting import without_deadlines
from tests.episodes import scene_frame


def png(rgb: Rgb) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG")
    return file.getvalue()


@pytest.mark.asyncio
async def test_a_screenshot_is_answered_by_its_scene(
    library_settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:

    settings = without_deadlines(library_settings)
    with open_engine(settings) as engine:
        async with (
            open_adapter_services(settings, engine, Metrics(), tmp_path / "bot") as parts,
            opened_world() as world,
            running_discord(world, parts.dispatcher) as bot,
        ):
            world.say(world.mention, [("shot.png", png(scene_frame(5, 0)))])
            answer = await world.answer()
            assert answer.embeds[0]["title"] == "Paper Boats"
            assert "0:00:00" in answer.embeds[0]["description"]
            preview = world.backend.cdn.get(answer.attachments[0]["url"])
            assert preview is not None
            assert answer.embeds[0]["image"]["url"] == f"attachment://{answer.attachments[0]['filename']}"
            with Image.open(io.BytesIO(preview)) as moving:
                assert moving.format == "GIF"
                assert len(list(ImageSequence.Iterator(moving))) > 5
            wrong = next(
                button["custom_id"]
                for row in answer.components
                for button in row["components"]
                if button["custom_id"].startswith("wa:w:")
            )
            question = await world.responded(world.click(answer, wrong, locale="ja"))
            assert question.components
            world.slash(picture=("again.png", png(scene_frame(5, 0))), locale="zh-CN")
            await world.until(lambda: len(world.by_bot()) >= 2)
            assert bot.metrics.faults == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
