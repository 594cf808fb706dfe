"""Clients of trace.moe on a library of drawn videos: the real engine, its previews and its color layouts."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest
from aiotracemoeapi import TraceMoe as AioTraceMoe
from PicImageSearch import TraceMoe as PicTraceMoe

from bot.http_wiring import new_http_adapter
from bot.metrics import Metrics
from bot.wiring import open_adapter_services
from config.settings import Settings
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from core.pictures.color_layout import color_layout
from tests.bot.waiting import without_deadlines
from tests.clips import drawing
from tests.episodes import scene_frame

CURVE = ConfidenceSpec(-9.0, 8.0, 20.0, VerifiedCurveSpec(-6.0, 3.0, 3.0, 9.0, 6.0))


@pytest.fixture
def engine(library_settings: Settings) -> Iterator[Engine]:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    encoder.spec = replace(encoder.spec, confidence=CURVE)  # type: ignore[misc]  # the bundled curve may change
    with Engine(EngineSpec(library_settings.data_dir, threads=1), encoder) as engine:
        yield engine


@asynccontextmanager
async def serving_library(settings: Settings, engine: Engine, folder: Path) -> AsyncIterator[str]:
    """The address of a server with all its parts."""
    http = settings.http.model_copy(update={"port": 0})
    settings = without_deadlines(settings).model_copy(update={"http": http})
    async with (
        open_adapter_services(settings, engine, Metrics(), folder / "bot") as parts,
        new_http_adapter(settings, engine, parts, dict) as adapter,
    ):
        yield adapter.url.rstrip("/")


def png(rgb: Any) -> bytes:
    done, data = cv2.imencode(".png", rgb[..., ::-1])
    assert done
    return data.tobytes()


async def download(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


def moving(data: bytes) -> tuple[int, int]:
    """Width and pictures of a video."""
    with av.open(io.BytesIO(data), "r") as container:
        return container.streams.video[0].width, len(list(container.decode(video=0)))


@pytest.mark.asyncio
async def test_clients_find_a_scene_and_see_it_move(library_settings: Settings, engine: Engine, tmp_path: Path) -> None:
    async with serving_library(library_settings, engine, tmp_path) as address:
        picture = png(scene_frame(12, 10))
        (item, *_others) = (await PicTraceMoe(address, address, size="s", mute=True).search(file=picture)).raw
        row = (await AioTraceMoe(base_url=address).search(picture)).result[0]
        image = await download(row.image_url("s"))
        videos = [await download(url) for url in (item.video, row.video_url(max_duration=0.5))]
    assert (item.similarity >= 90, item.filename, item.episode) == (True, "Paper Boats S01E02.mp4", 2)
    assert (row.anime_from, row.anime_to, row.duration) == (0.0, 2.5, 5.0)
    assert row.at == pytest.approx(1.0, abs=0.2)
    decoded = cv2.imdecode(np.frombuffer(image.content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape[1] == 160
    (small, pictures), (medium, short) = (moving(video.content) for video in videos)
    assert (small, medium) == (160, 320)
    assert pictures > short > 5
    assert float(videos[1].headers["x-video-duration"]) == pytest.approx(1.0, abs=0.2)


@pytest.mark.asyncio
async def test_a_scene_is_found_by_the_color_layout_of_its_picture_alone(
    library_settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    async with serving_library(library_settings, engine, tmp_path) as address:
        layout = color_layout(scene_frame(12, 10)).tolist()
        row = (await AioTraceMoe(base_url=address).search_vector(layout)).result[0]
    assert (row.filename, row.anime_from, row.anime_to) == ("Paper Boats S01E02.mp4", 0.0, 2.5)


@pytest.mark.asyncio
async def test_a_drawing_of_something_else_has_no_row_above_a_half(
    library_settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    async with serving_library(library_settings, engine, tmp_path) as address:
        answer = await AioTraceMoe(base_url=address).search(png(drawing(999, 320, 180, shot=999)))
    assert all(row.similarity < 0.5 for row in answer.result)


@pytest.mark.parametrize("bars", [((40, 40), (0, 0)), ((0, 0), (60, 60)), ((30, 50), (20, 20))])
@pytest.mark.asyncio
async def test_a_picture_with_borders_is_found_whether_they_are_to_be_cut_or_not(
    bars: tuple[tuple[int, int], tuple[int, int]], library_settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    picture = png(np.pad(scene_frame(12, 10), (*bars, (0, 0))))
    rows = []
    async with (
        serving_library(library_settings, engine, tmp_path) as address,
        httpx.AsyncClient(timeout=600) as client,
    ):
        for path in ("/search", "/search?cutBorders", "/search?cutBorders=2"):
            answer = await client.post(address + path, content=picture, headers={"Content-Type": "image/png"})
            rows.append(answer.json()["result"][0])
    for row in rows:
        assert (row["filename"], row["from"], row["to"]) == ("Paper Boats S01E02.mp4", 0.0, 2.5)
        assert row["at"] == pytest.approx(1.0, abs=0.2)
    assert len({row["similarity"] for row in rows}) == 1
