"""Clients of trace.moe as their users install them, with nothing changed but the address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiotracemoeapi import (
    AniList,
    CutBorders,
    FailedFetchImage,
    FailedProcessImage,
    InvalidAPIKey,
    InvalidImageUrl,
    InvalidVector,
    PayloadTooLarge,
    SearchQuotaDepleted,
    TooManyVectors,
    TraceMoeAPIError,
)
from aiotracemoeapi import TraceMoe as AioTraceMoe
from PicImageSearch import TraceMoe as PicTraceMoe

from bot.http_adapter.services import HttpSpec
from bot.intake.link_fetcher import LinkFetcher
from core.domain import Verdict
from core.errors import LibraryError, PictureError
from tests.bot.http_adapter.library import library_engine
from tests.bot.http_adapter.serving import HttpEngine, Server, served
from tests.bot.loopback import PNG, picture, serving
from tests.bot.results import result, scene

LAYOUT = [16] * 33


def pic_client(server: Server, **options: Any) -> PicTraceMoe:
    return PicTraceMoe(base_url=server.url(""), base_url_api=server.url(""), **options)


def aio_client(server: Server, token: str | None = None) -> AioTraceMoe:
    return AioTraceMoe(token, base_url=server.url(""))


@asynccontextmanager
async def opening_links(folder: Path, engine: HttpEngine) -> AsyncIterator[Server]:
    """A server that opens links to this machine, and to no other."""
    async with (
        LinkFetcher(10, is_allowed=lambda address: address == "127.0.0.1") as fetcher,
        served(folder, engine, fetcher=fetcher) as server,
    ):
        yield server


async def download(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


@pytest.mark.asyncio
async def test_picimagesearch_finds_a_file_and_learns_what_the_show_is_called(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine()) as server:
        answer = await pic_client(server).search(file=PNG)
    (item,) = answer.raw
    assert (item.anilist, item.title_native, item.title_chinese) == (99_001, "紙の舟", "纸船")
    assert (item.filename, item.episode, item.From, item.To) == ("Paper Boats S02E05.mkv", 5, 753.0, 756.0)
    assert item.similarity >= 90
    assert (item.synonyms, item.isAdult, answer.frameCount, answer.error) == (["Boats of Paper"], False, 200, "")


@pytest.mark.asyncio
async def test_picimagesearch_finds_shows_without_a_number(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(answers={PNG: result(scene("Aria", file_id=9))})) as server:
        (item,) = (await pic_client(server).search(file=PNG)).raw
    assert (item.anilist, item.title_romaji, item.filename) == (0, None, "Aria S02E05.mkv")


@pytest.mark.asyncio
async def test_picimagesearch_downloads_previews_with_the_size_it_appends(tmp_path: Path) -> None:
    engine = library_engine()
    async with served(tmp_path, engine) as server:
        (item,) = (await pic_client(server, size="l", mute=True).search(file=PNG)).raw
        image, video = await download(item.image), await download(item.video)
    assert item.video.endswith("&size=l&mute")
    assert (image.status_code, image.headers["content-type"], image.content) == (200, "image/jpeg", b"jpeg 754000 640")
    assert (video.status_code, video.headers["content-type"]) == (200, "video/mp4")
    assert engine.rendered == [("frame", 640, False), ("mp4", 640, False)]


@pytest.mark.asyncio
async def test_picimagesearch_reads_its_quota_with_and_without_a_key(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, quota=5, concurrency=3)) as server:
        key = server.services.keys.add("friend", quota=70, concurrency=2, operator=False)
        await pic_client(server).search(file=PNG)
        own, friend = await pic_client(server).me(), await pic_client(server).me(key)
    assert (own.id, own.quota, own.quotaUsed, own.concurrency) == ("127.0.0.1", 5, 1, 3)
    assert (friend.id, friend.quota, friend.quotaUsed, friend.concurrency) == ("friend", 70, 0, 2)


@pytest.mark.asyncio
async def test_both_clients_search_links_in_one_show(tmp_path: Path) -> None:
    engine = library_engine()
    async with opening_links(tmp_path, engine) as server, serving(picture) as pictures:
        url = str(pictures.make_url("/shot.png"))
        by_pic = await pic_client(server).search(url=url, anilist_id=99_001)
        by_aio = await aio_client(server).search(f"{url}?again", anilist_id=99_001)
    assert [item.anilist for item in by_pic.raw] == [99_001]
    assert by_aio.best_result is not None
    assert by_aio.best_result.anilist_id == 99_001
    assert engine.searched == [PNG]
    assert [(where.shows, where.seasons) for where in engine.filters] == [(("Paper Boats",), frozenset({2}))]
    assert by_aio.frame_count == 120


@pytest.mark.asyncio
async def test_aiotracemoeapi_reads_every_field_of_a_row(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine()) as server:
        answer = await aio_client(server).search(PNG, cut_borders=CutBorders.BOTH)
        plain = await aio_client(server).search(PNG, anilist_info=False, cut_borders=False)
    (row,) = answer.result
    assert isinstance(row.anilist, AniList)
    assert (row.anilist.id, row.anilist.title.english, row.anilist.is_adult) == (99_001, "Paper Boats", False)
    assert (row.anime_from, row.at, row.anime_to, row.duration) == (753.0, 754.0, 756.0, 1440.04)
    assert (row.episode, row.episode_start, row.episode_end) == (5, 5, 5)
    assert plain.result[0].anilist == 99_001
    assert (answer.quota, answer.quota_used, plain.quota_used) == (1000, 0, 1)
    assert answer.limits is not None
    assert (answer.limits.limit, answer.limits.remaining) == (100, 99)


@pytest.mark.asyncio
async def test_aiotracemoeapi_gets_an_object_for_shows_without_a_number(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(answers={PNG: result(scene("Aria", file_id=9))})) as server:
        (row,) = (await aio_client(server).search(PNG)).result
        plain = await aio_client(server).search(PNG, anilist_info=False)
        again = await aio_client(server).search(PNG, anilist_id=row.anilist_id)
    assert isinstance(row.anilist, AniList)
    assert row.anilist.id < 0
    assert row.anilist.title.romaji == "Aria"
    assert plain.result[0].anilist == 0
    assert again.best_result is not None


@pytest.mark.asyncio
async def test_aiotracemoeapi_downloads_previews(tmp_path: Path) -> None:
    engine = library_engine()
    async with served(tmp_path, engine) as server:
        (row,) = (await aio_client(server).search(PNG)).result
        image = await download(row.image_url("s"))
        video = await download(row.video_url("m", mute=True, min_duration=1, max_duration=2))
    assert (image.status_code, image.content) == (200, b"jpeg 754000 160")
    assert (video.status_code, video.headers["x-video-start"]) == (200, "753.0")


@pytest.mark.asyncio
async def test_aiotracemoeapi_searches_one_vector_or_several(tmp_path: Path) -> None:
    engine = library_engine()
    async with served(tmp_path, engine) as server:
        single = await aio_client(server).search_vector(LAYOUT)
        batch = await aio_client(server).search_vectors([LAYOUT, "EBAQ" * 11], anilist_id=21827)
        used = (await aio_client(server).me()).quota_used
    assert [row.anilist_id for row in single.result] == [99_001]
    assert [len(rows) for rows in batch.result] == [0, 0], "scenes of another season were listed"
    assert [layouts for layouts, _where in engine.layouts] == [[LAYOUT], [LAYOUT, LAYOUT]]
    assert [where.seasons for _layouts, where in engine.layouts] == [frozenset(), frozenset({1})]
    assert used == 3


@pytest.mark.asyncio
async def test_aiotracemoeapi_shows_its_users_the_searches_of_the_last_minutes(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(answers={b"broken": PictureError("It is broken.")})) as server:
        await aio_client(server).search(PNG)
        with pytest.raises(FailedProcessImage):
            await aio_client(server).search(b"broken")
        spans = await aio_client(server).usage("minute")
    assert sum(span.total for span in spans) == 2
    assert (sum(span.by_status[200] for span in spans), sum(span.by_status[400] for span in spans)) == (1, 1)


@pytest.mark.asyncio
async def test_aiotracemoeapi_tells_errors_apart(tmp_path: Path) -> None:
    spec = HttpSpec(port=0, picture_limit_bytes=100_000, quota=1)
    engine = library_engine(answers={b"broken": PictureError("It is broken.")})

    async def gone(_request: web.Request) -> web.Response:
        return web.Response(status=410)

    async with served(tmp_path, engine, spec=spec) as server:
        client = aio_client(server)
        with pytest.raises(FailedProcessImage):
            await client.search(b"broken")
        with pytest.raises(PayloadTooLarge):
            await client.search(b"x" * 200_000)
        with pytest.raises(InvalidVector):
            await client.search_vector([64.0] * 33)
        with pytest.raises(TooManyVectors):
            await client.search_vectors([LAYOUT] * 11)
        with pytest.raises(InvalidAPIKey):
            await aio_client(server, "wa_wrong").search(PNG)
        with pytest.raises(FailedFetchImage) as failed:
            await client.search("http://192.0.2.1/shot.png")
        assert failed.value.status_code == 400
        await client.search(PNG)
        with pytest.raises(SearchQuotaDepleted) as depleted:
            await client.search(PNG)
        assert (depleted.value.quota, depleted.value.quota_used) == (1, 1)
    async with opening_links(tmp_path / "links", library_engine()) as server, serving(gone) as pictures:
        with pytest.raises(FailedFetchImage) as passed_on:
            await aio_client(server).search(str(pictures.make_url("/shot.png")))
        assert passed_on.value.status_code == 410
        with pytest.raises(InvalidImageUrl):
            await aio_client(server).search("no address", is_url=True)


@pytest.mark.asyncio
async def test_aiotracemoeapi_is_told_when_the_library_has_no_vectors(tmp_path: Path) -> None:
    engine = library_engine(layout_answers=LibraryError("The library has no color layouts."))
    async with served(tmp_path, engine) as server:
        with pytest.raises(TraceMoeAPIError, match="Search by vector is not possible here"):
            await aio_client(server).search_vector(LAYOUT)


@pytest.mark.asyncio
async def test_what_is_not_in_the_library_has_no_row_that_a_client_would_believe(tmp_path: Path) -> None:
    missing = result(scene(probability=0.2), scene(probability=0.1), verdict=Verdict.NOT_IN_LIBRARY)
    async with served(tmp_path, library_engine(answers={PNG: missing})) as server:
        answer = await aio_client(server).search(PNG)
    assert [round(row.similarity, 3) for row in answer.result] == [0.333, 0.167]
