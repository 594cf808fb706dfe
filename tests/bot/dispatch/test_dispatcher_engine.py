"""The dispatcher in front of the real engine, on a small drawn library."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import pytest

from bot.messages import MediaKind, Tone
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from core.search.picture_search import SearchSpec
from tests.bot.world import GIFS, GROUP, PRIVATE, action, opened
from tests.episodes import scene_frame

CURVE = ConfidenceSpec(-9.0, 8.0, 20.0, VerifiedCurveSpec(-6.0, 3.0, 3.0, 9.0, 6.0))


@pytest.fixture(scope="module")
def engine(made_library: Path) -> Iterator[Engine]:
    encoder = open_encoder(BUNDLED, runtime="onnx", threads=1)
    encoder.spec = replace(encoder.spec, confidence=CURVE)  # type: ignore[misc]  # the bundled curve may change
    with Engine(EngineSpec(made_library, search=SearchSpec(), threads=1), encoder) as engine:
        yield engine


def _png(number: int, shot: int) -> bytes:
    done, data = cv2.imencode(".png", scene_frame(number, shot)[..., ::-1])
    assert done
    return data.tobytes()


@pytest.mark.asyncio
async def test_a_picture_is_found_and_shown_moving(engine: Engine, tmp_path: Path) -> None:
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(_png(12, 10), chat=replace(PRIVATE, upload_limit_bytes=8 << 20))
        assert (reply.tone, reply.title) == (Tone.FOUND, "Paper Boats")
        assert any("夜の雨" in line for line in reply.lines)
        assert any("00:00:01" in line for line in reply.lines)
        assert reply.media is not None
        with av.open(io.BytesIO(reply.media.data), "r") as video:
            assert len(list(video.decode(video=0))) > 5
        case = bot.store.get(reply.handle.split(":")[0])  # type: ignore[arg-type]
        assert case is not None
        assert case.result.scenes[0].path.endswith("02-夜の雨.mp4")
        bot.clock.now_s += 1
        again = await bot.send(_png(12, 10), chat=replace(GIFS, upload_limit_bytes=8 << 20))
        assert again.media is not None
        assert again.media.data[:4] == b"GIF8"
        assert "memory" in again.lines[-1]


@pytest.mark.asyncio
async def test_a_preview_keeps_to_the_chats_limit_and_gets_lighter(engine: Engine, tmp_path: Path) -> None:
    chat = replace(GROUP, upload_limit_bytes=60_000)
    async with opened(tmp_path, engine) as bot:
        reply = await bot.send(_png(12, 10), chat=chat)
        kinds = []
        while reply.media is not None:
            assert len(reply.media.data) <= chat.upload_limit_bytes
            kinds.append(reply.media.kind)
            reply = await bot.dispatcher.lighter(reply, chat)
    assert kinds[0] is MediaKind.MP4
    assert kinds[-1] is MediaKind.JPEG


@pytest.mark.asyncio
async def test_what_is_no_picture_is_told_without_our_paths(engine: Engine, tmp_path: Path) -> None:
    async with opened(tmp_path, engine) as bot:
        for data in (b"", b"not a picture", b"%PDF-1.7 ...", _png(12, 10)[:200]):
            reply = await bot.send(data)
            assert reply.tone is Tone.REFUSED
            assert "/" not in reply.title + " ".join(reply.lines)


@pytest.mark.asyncio
async def test_pictures_of_one_shot_and_of_several(engine: Engine, tmp_path: Path) -> None:
    async with opened(tmp_path, engine) as bot:
        same_shot = await bot.send(_png(4, 10), _png(14, 10), _png(24, 10))
        assert same_shot.title == "Paper Boats"
        assert same_shot.media is not None
        album = await bot.send(_png(12, 0), _png(12, 20))
        assert len(album.lines) == 2 + 1
        assert album.media is not None
        shown = await bot.press(action(album, "2"))
        assert shown.edits
        assert shown.title.endswith("Paper Boats")
