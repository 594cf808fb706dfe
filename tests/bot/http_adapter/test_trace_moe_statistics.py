"""trace.moe's `/me`, `/status`, `/stats` and `/anilist` on the wire."""

from pathlib import Path
from typing import Any

import pytest

from bot.http_adapter.search_record import Period, SearchRecord, percentile
from bot.http_adapter.services import HttpSpec
from bot.messages import UserId
from core.domain import Verdict
from core.errors import PictureError
from tests.bot.http_adapter.library import library_engine
from tests.bot.http_adapter.serving import Server, served
from tests.bot.results import result, scene

HOUR_S = 3600
ANN = UserId("http:203.0.113.7")


async def get(server: Server, path: str, **headers: str) -> tuple[int, Any]:
    async with server.session.get(server.url(path), headers=headers) as response:
        assert response.content_type == "application/json", await response.text()
        return response.status, await response.json()


async def query_media(server: Server, body: object) -> tuple[int, Any]:
    async with server.session.post(server.url("/anilist"), json=body) as response:
        return response.status, await response.json()


@pytest.mark.asyncio
async def test_me_says_what_an_address_may_do(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, quota=9, concurrency=2)) as server:
        well, wrong = await get(server, "/me"), await get(server, "/me", **{"x-trace-key": "wa_wrong"})
    assert well == (200, {"id": "127.0.0.1", "priority": 0, "concurrency": 2, "quota": 9, "quotaUsed": 0})
    assert wrong == (403, {"error": "Invalid API key"})


@pytest.mark.asyncio
async def test_every_response_says_how_many_requests_are_left(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, per_minute=2)) as server:
        headers = []
        for path in ("/me", "/search", "/me"):
            async with server.session.get(server.url(path)) as response:
                headers.append((response.status, response.headers["X-RateLimit-Remaining"]))
                assert response.headers["X-RateLimit-Limit"] == "2"
                assert int(response.headers["X-RateLimit-Reset"]) > int(response.headers["RateLimit-Reset"])
                assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert headers == [(200, "1"), (405, "0"), (429, "0")]


@pytest.mark.asyncio
async def test_status_says_what_the_library_holds_and_nothing_of_the_machine(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine()) as server:
        status, body = await get(server, "/status")
    assert status == 200
    known = {name: value for name, value in body.items() if value is not None}
    assert known == {
        "updated": "2026-01-02T03:04:05+00:00",
        "rowCount": 200,
        "mediaCount": 3,
        "mediaDurationTotal": 4320.12,
    }


@pytest.mark.parametrize(
    ("file_names", "number", "paths"),
    [(True, "21827", ["21827/08.mkv"]), (False, "99001", ["99001/1.mkv"]), (True, "id 5", [])],
)
@pytest.mark.asyncio
async def test_status_lists_the_files_of_one_show(
    file_names: bool, number: str, paths: list[str], tmp_path: Path
) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, file_names=file_names)) as server:
        assert await get(server, f"/status?id={number}") == (200, [{"path": path} for path in paths])


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/me?period=year", "Invalid period"),
        ("/me?period=", "Invalid period"),
        ("/stats", "Invalid type"),
        ("/stats?type=traffic", "Invalid period"),
        ("/stats?type=love&period=day", "Invalid type"),
        ("/status?id=none", "Invalid param id: must be a number"),
        ("/anilist", "Missing search query parameter 'q'"),
        ("/anilist?q=%20", "Search query cannot be empty"),
    ],
)
@pytest.mark.asyncio
async def test_a_parameter_that_cannot_be_is_named(path: str, error: str, tmp_path: Path) -> None:
    async with served(tmp_path, library_engine()) as server:
        assert await get(server, path) == (400, {"error": error})


@pytest.mark.asyncio
async def test_statistics_are_of_searches_that_came(tmp_path: Path) -> None:
    answers = {
        b"broken": PictureError("It is broken."),
        b"missing": result(scene(probability=0.15), verdict=Verdict.NOT_IN_LIBRARY),
    }
    async with served(tmp_path, library_engine(answers=answers)) as server:
        empty = (await get(server, "/stats?type=accuracy&period=day"))[1]
        for picture in (b"found", b"broken", b"missing"):
            async with server.session.post(server.url("/search"), data=picture) as response:
                await response.read()
        own = (await get(server, "/me?period=day"))[1]
        traffic, accuracy, speed = [
            (await get(server, f"/stats?type={kind}&period=day"))[1] for kind in ("traffic", "accuracy", "speed")
        ]
    assert empty[-1]["p50"] is None
    assert own == traffic
    assert {name: value for name, value in traffic[-1].items() if name != "time"} == {
        "200": 2,
        "400": 1,
        "402": 0,
        "405": 0,
        "500": 0,
        "503": 0,
        "total": 3,
    }
    assert (accuracy[-1]["p0"], accuracy[-1]["p100"]) == (pytest.approx(0.25, abs=0.001), 0.97)
    assert 0 <= speed[-1]["p0"] <= speed[-1]["p100"] < 30_000


def test_a_record_begins_with_the_process_and_forgets_what_is_too_old() -> None:
    now_s = [1_000_000.0 * HOUR_S]
    record = SearchRecord(lambda: now_s[0])
    record.add(ANN, 200, 0.1, 0.95)
    record.add(None, 403, 0.1, None)
    assert [len(record.spans(period)) for period in Period] == [1, 1, 1]
    now_s[0] += 100 * HOUR_S
    record.add(ANN, 503, 0.1, None)
    hours, days = record.spans(Period.HOUR), record.spans(Period.DAY, ANN)
    assert (len(hours), sum(span.statuses.total() for span in hours)) == (72, 1)
    assert sum(span.statuses.total() for span in days) == 2
    assert days[0].start_s == 1_000_000 * HOUR_S // 86_400 * 86_400


def test_a_record_keeps_a_sample_of_many_searches() -> None:
    record = SearchRecord(lambda: 0.0)
    for number in range(5000):
        record.add(None, 200, float(number), 0.5)
    (span,) = record.spans(Period.MINUTE)
    assert (span.statuses[200], len(span.durations_s)) == (5000, 500)
    middle = percentile(span.durations_s, 0.5)
    assert middle is not None
    assert 1800 < middle < 3200


@pytest.mark.parametrize(
    ("typed", "numbers", "title"),
    [
        ("paper boats", [21827], "Paper Boats"),
        ("KAMI no fune", [21827], "Kami no Fune"),
        ("紙の舟", [21827], "紙の舟"),
        ("nothing like it", [], ""),
    ],
)
@pytest.mark.asyncio
async def test_shows_are_found_by_what_they_are_like(
    typed: str, numbers: list[int], title: str, tmp_path: Path
) -> None:
    async with served(tmp_path, library_engine()) as server:
        status, shows = await get(server, f"/anilist?q={typed}")
    assert (status, [show["id"] for show in shows]) == (200, numbers)
    if shows:
        assert (shows[0]["title"], shows[0]["similarity"]) == (title, 1.0)
        assert shows[0]["anilist"]["title"]["native"] == "紙の舟"


@pytest.mark.parametrize(
    ("body", "number", "romaji"),
    [
        ({"query": "query ($id: Int) { Media (id: $id) { id } }", "variables": {"id": 21827}}, 21827, "Kami no Fune"),
        ({"query": "{ Media(id: 99001, type: ANIME) { id } }"}, 99_001, "Kami no Fune"),
        ({"query": "", "variables": {"id": 0}}, 0, None),
    ],
)
@pytest.mark.asyncio
async def test_anilists_query_by_number_is_answered(
    body: object, number: int, romaji: str | None, tmp_path: Path
) -> None:
    async with served(tmp_path, library_engine()) as server:
        status, answer = await query_media(server, body)
    media = answer["data"]["Media"]
    assert (status, media["id"], media["title"]["romaji"]) == (200, number, romaji)
    assert (media["type"], media["coverImage"], media["format"]) == ("ANIME", {"large": None}, None)


@pytest.mark.asyncio
async def test_a_number_that_is_not_in_the_library_is_anilists_error(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine()) as server:
        missing = await query_media(server, {"query": "", "variables": {"id": 1}})
        other = await query_media(server, {"query": "{ Viewer { name } }"})
    assert missing == (404, {"errors": [{"message": "Not Found.", "status": 404}], "data": {"Media": None}})
    assert other[0] == 400
