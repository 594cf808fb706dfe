"""trace.moe's `/search` on the wire: what is taken for a picture, what comes back, every error with its body."""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.http_adapter.services import HttpSpec
from core.domain import EpisodeKind, EpisodeName, FileId, Reason, Scene, SearchResult, Verdict
from core.errors import DeadlineError, LibraryError, PictureError
from tests.bot.http_adapter.library import library_engine
from tests.bot.http_adapter.raw_client import files_with
from tests.bot.http_adapter.serving import Server, served
from tests.bot.results import result, scene
from tests.bot.world import until_searched

LAYOUT = [16] * 33
Answer = tuple[int, dict[str, Any]]


async def ask(server: Server, path: str = "/search", *, method: str = "POST", **options: Any) -> Answer:
    async with server.session.request(method, server.url(path), **options) as response:
        assert response.content_type == "application/json", await response.text()
        return response.status, await response.json()


def form(*files: bytes, field: str = "image") -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for file in files:
        data.add_field(field, file, filename="shot.png")
    return data


@pytest.mark.parametrize(
    "options",
    [
        {"data": form(b"picture")},
        {"data": form(b"picture", field="anything")},
        {"data": b"picture", "headers": {"Content-Type": "image/png"}},
        {"data": b"picture", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"data": b"picture", "method": "PUT"},
        {"path": "/search?url=http%3A%2F%2Fexample.org%2Fshot.png", "method": "GET"},
        {"path": "/search?url=http%3A%2F%2Fexample.org%2Fshot.png", "data": b"another"},
        {"path": "/search?cutBorders"},
        {"path": "/search?cutBorders=0&anilistInfo&anilistID=none"},
        {"path": "/search?cutBorders=2"},
        {"path": f"/search?anilistID={'9' * 5000}"},
    ],
)
@pytest.mark.asyncio
async def test_a_picture_is_taken_in_every_form_that_trace_moe_takes(
    options: Mapping[str, Any], tmp_path: Path
) -> None:
    engine = library_engine()
    sent = {"data": b"picture"} if set(options) == {"path"} else {}
    async with served(tmp_path, engine, pages={"http://example.org/shot.png": b"picture"}) as server:
        status, body = await ask(server, **{**sent, **options})
    assert (status, body["error"], len(body["result"]), engine.searched) == (200, "", 1, [b"picture"])


@pytest.mark.asyncio
async def test_an_answer_has_trace_moes_fields_and_no_others(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, file_names=True)) as server:
        status, body = await ask(server, "/search?anilistInfo", data=b"picture")
        video, image = body["result"][0].pop("video"), body["result"][0].pop("image")
        assert video.startswith(server.url("/video/"))
        assert image.startswith(server.url("/image/"))
        assert "?" not in video + image
    assert status == 200
    assert body == {
        "quota": 1000,
        "quotaUsed": 0,
        "frameCount": 200,
        "error": "",
        "result": [
            {
                "anilist": {
                    "id": 99_001,
                    "idMal": None,
                    "title": {
                        "native": "紙の舟",
                        "romaji": "Kami no Fune",
                        "english": "Paper Boats",
                        "chinese": "纸船",
                    },
                    "synonyms": ["Boats of Paper"],
                    "isAdult": False,
                    "siteUrl": "https://anilist.co/anime/21827",
                },
                "filename": "05.mkv",
                "episode": 5,
                "episode_start": 5,
                "episode_end": 5,
                "from": 753.0,
                "at": 754.0,
                "to": 756.0,
                "duration": 1440.04,
                "similarity": 0.97,
            }
        ],
    }


def named(name: EpisodeName) -> Scene:
    return replace(scene(), name=name)


@pytest.mark.parametrize(
    ("name", "episode", "start", "end", "filename"),
    [
        (EpisodeName("Aria", 1, first=5, last=5), 5, 5, 5, "Aria S01E05.mkv"),
        (EpisodeName("Aria", 1, first=5.5, last=5.5), 5.5, 5, 5, "Aria S01E5.5.mkv"),
        (EpisodeName("Aria", None, first=1, last=2), [1, 2], 1, 2, "Aria E1-2.mkv"),
        (EpisodeName("Aria", 1, kind=EpisodeKind.OVA, first=2, last=2), "OVA 2", None, None, "Aria S01 OVA 2.mkv"),
        (EpisodeName("Aria", None, kind=EpisodeKind.MOVIE), None, None, None, "Aria Movie.mkv"),
        (EpisodeName("Fate/Zero: 1?", 1), None, None, None, "Fate_Zero_ 1_ S01.mkv"),
    ],
)
@pytest.mark.asyncio
async def test_a_row_names_the_episode_and_a_file_without_telling_its_name(
    name: EpisodeName, episode: object, start: int | None, end: int | None, filename: str, tmp_path: Path
) -> None:
    async with served(tmp_path, library_engine(answers={b"picture": result(named(name))})) as server:
        _status, body = await ask(server, data=b"picture")
    row = body["result"][0]
    assert (row["episode"], row["episode_start"], row["episode_end"], row["filename"]) == (
        episode,
        start,
        end,
        filename,
    )


def similarities(body: Mapping[str, Any]) -> list[float]:
    return [row["similarity"] for row in body["result"]]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (result(scene(probability=0.9), scene(probability=0.05)), [0.9, 0.08]),
        (result(scene(probability=1.0)), [1.0]),
        (result(scene(probability=0.89), scene(probability=0.3), verdict=Verdict.UNSURE), [0.89, 0.5]),
        (result(scene(probability=0.29), verdict=Verdict.NOT_IN_LIBRARY), [0.48]),
        (result(scene(probability=0.95), verdict=Verdict.UNSURE), [0.9]),
        (SearchResult(Verdict.UNSURE, (replace(scene(), probability=0.0),), reason=Reason.UNCALIBRATED), [0.86]),
    ],
)
@pytest.mark.asyncio
async def test_similarity_tells_whether_it_was_found(
    answer: SearchResult, expected: list[float], tmp_path: Path
) -> None:
    async with served(tmp_path, library_engine(answers={b"picture": answer})) as server:
        _status, body = await ask(server, data=b"picture")
    assert [round(value, 2) for value in similarities(body)] == expected
    first = similarities(body)[0]
    assert (first >= 0.9, first < 0.5) == (
        answer.verdict is Verdict.FOUND,
        answer.verdict is Verdict.NOT_IN_LIBRARY,
    )


@pytest.mark.parametrize("thresholds", [(0.9, 0.3), (0.5, 0.5), (1.0, 0.0), (0.0, 0.0)])
@pytest.mark.asyncio
async def test_more_probable_is_never_less_similar(thresholds: tuple[float, float], tmp_path: Path) -> None:
    probabilities = [place / 20 for place in range(20, -1, -1)]
    answers = {
        str(value).encode(): result(
            scene(probability=value),
            verdict=Verdict.FOUND
            if value >= thresholds[0]
            else Verdict.UNSURE
            if value >= thresholds[1]
            else Verdict.NOT_IN_LIBRARY,
        )
        for value in probabilities
    }
    spec = HttpSpec(port=0, found_at=thresholds[0], unsure_at=thresholds[1])
    async with served(tmp_path, library_engine(answers=answers), spec=spec) as server:
        values = [similarities((await ask(server, data=picture))[1])[0] for picture in answers]
    assert values == sorted(values, reverse=True)
    assert all(0 <= value <= 1 for value in values)


@pytest.mark.parametrize(
    ("number", "frames", "seasons"), [(21827, 0, {1}), (99_001, 120, {2}), (12345, 0, None), (0, 0, None)]
)
@pytest.mark.asyncio
async def test_anilist_id_searches_the_seasons_that_have_that_number(
    number: int, frames: int, seasons: set[int] | None, tmp_path: Path
) -> None:
    engine = library_engine()
    async with served(tmp_path, engine) as server:
        status, body = await ask(server, f"/search?anilistID={number}", data=b"picture")
    assert (status, body["frameCount"], body["error"]) == (200, frames, "")
    if seasons is None:
        assert body == {"frameCount": 0, "error": "", "result": []}
        assert engine.searched == []
    else:
        assert engine.filters[0].seasons == seasons


@pytest.mark.asyncio
async def test_the_quota_counts_answered_searches_and_every_vector(tmp_path: Path) -> None:
    engine = library_engine(answers={b"broken": PictureError("It is broken.")})
    async with served(tmp_path, engine) as server:
        await ask(server, data=b"broken")
        used = [(await ask(server, data=b"picture"))[1]["quotaUsed"]]
        used.append((await ask(server, json={"vector": [LAYOUT] * 3}))[1]["quotaUsed"])
        used.append((await ask(server, json={"vector": LAYOUT}))[1]["quotaUsed"])
        _status, me = await ask(server, "/me", method="GET")
    assert (used, me["quotaUsed"]) == ([0, 1, 4], 5)


@pytest.mark.asyncio
async def test_the_quota_goes_on_after_a_restart_and_the_disk_has_no_address(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, quota=3)) as server:
        assert (await ask(server, json={"vector": [LAYOUT] * 2}))[0] == 200
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, quota=3)) as server:
        before = (await ask(server, "/me", method="GET"))[1]["quotaUsed"]
        statuses = [(await ask(server, data=b"picture"))[0] for _ in range(2)]
    assert (before, statuses) == (2, [200, 402])
    assert files_with(tmp_path / "bot", b"127.0.0.1") == []


@pytest.mark.parametrize(
    ("options", "status", "error"),
    [
        ({"method": "GET"}, 405, "Method Not Allowed"),
        ({"method": "POST"}, 405, "Method Not Allowed"),
        ({"data": b"text", "headers": {"Content-Type": "text/plain"}}, 405, "Method Not Allowed"),
        ({"data": form(b"")}, 400, "Failed to process file"),
        ({"data": form(b"first", b"second")}, 413, "Payload Too Large: one picture a request"),
        ({"data": form(b"x" * 101)}, 413, "Payload Too Large"),
        ({"data": b"x" * 101}, 413, "Payload Too Large"),
        ({"data": b"x" * 20_000}, 413, "Payload Too Large"),
        (
            {"data": b'{"vector": [' + b"1," * 60_000 + b"1]}", "headers": {"Content-Type": "application/json"}},
            413,
            "Payload Too Large",
        ),
        (
            {"data": b"--broken", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            400,
            "Failed to process file",
        ),
        ({"data": b"broken"}, 400, "Failed to process image"),
        ({"json": {}}, 400, "Failed to process image"),
        ({"json": []}, 400, "Failed to process image"),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "Invalid JSON"),
        ({"json": {"vector": []}}, 400, "Invalid vector format"),
        ({"json": {"vector": None}}, 400, "Invalid vector format"),
        ({"json": {"vector": [16] * 32}}, 400, "Invalid vector format"),
        ({"json": {"vector": [32] * 33}}, 400, "Invalid vector format"),
        ({"json": {"vector": [1.5] * 33}}, 400, "Invalid vector format"),
        ({"json": {"vector": [True] * 33}}, 400, "Invalid vector format"),
        ({"json": {"vector": "not base64"}}, 400, "Invalid vector format"),
        ({"json": {"vector": [LAYOUT, [1]]}}, 400, "Invalid vector format"),
        ({"json": {"vector": [LAYOUT] * 11}}, 400, "Too many vectors (max 10)"),
        ({"path": "/search?url=http://example.org/none.png"}, 400, "Failed to fetch image http://example.org/none.png"),
        ({"data": b"late"}, 504, "Server is overloaded"),
        ({"data": b"fault"}, 500, "Search failed. Library temporarily unavailable."),
        ({"data": b"unforeseen"}, 500, "Search failed. The server could not do this."),
        ({"data": b"picture", "headers": {"x-trace-key": "wa_wrong"}}, 403, "Invalid API key"),
        ({"path": "/search?key=wa_wrong", "data": b"picture"}, 403, "Invalid API key"),
    ],
)
@pytest.mark.asyncio
async def test_every_error_has_its_status_and_trace_moes_sentence(
    options: Mapping[str, Any], status: int, error: str, tmp_path: Path
) -> None:
    engine = library_engine(
        answers={
            b"broken": PictureError("It is broken."),
            b"late": DeadlineError("It is late."),
            b"fault": LibraryError("There is nothing."),
            b"unforeseen": ZeroDivisionError(),
        }
    )
    async with served(tmp_path, engine, spec=HttpSpec(port=0, picture_limit_bytes=100)) as server:
        assert await ask(server, **options) == (status, {"error": error})
        used = (await ask(server, "/me", method="GET"))[1]["quotaUsed"]
    assert used == 0


@pytest.mark.asyncio
async def test_a_used_up_quota_says_what_it_is(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, quota=2)) as server:
        assert (await ask(server, json={"vector": [LAYOUT] * 2}))[0] == 200
        refused = await ask(server, data=b"picture")
        without_picture = await ask(server, method="GET")
    depleted = "Search quota depleted (quota per 24 hours: 2, used: 2)"
    assert refused == without_picture == (402, {"quota": 2, "quotaUsed": 2, "error": depleted})


@pytest.mark.asyncio
async def test_too_many_searches_at_one_time_are_refused(tmp_path: Path) -> None:
    gate = threading.Event()
    engine = library_engine(gates={b"slow": gate})
    async with served(tmp_path, engine, spec=HttpSpec(port=0, concurrency=1)) as server:
        slow = asyncio.create_task(ask(server, data=b"slow"))
        await until_searched(engine)
        refused = await ask(server, data=b"picture")
        gate.set()
        assert (await slow)[0] == 200
        assert (await ask(server, data=b"picture"))[0] == 200
    assert refused == (402, {"error": "Concurrency limit exceeded"})


@pytest.mark.asyncio
async def test_a_full_queue_says_so_and_when_to_try_again(tmp_path: Path) -> None:
    gate = threading.Event()
    engine = library_engine(gates={b"slow": gate})
    async with served(tmp_path, engine, queue=0) as server:
        slow = asyncio.create_task(ask(server, data=b"slow"))
        await until_searched(engine)
        async with server.session.post(server.url("/search"), data=b"picture") as response:
            refused = response.status, await response.json()
            assert int(response.headers["Retry-After"]) >= 1
        gate.set()
        assert (await slow)[0] == 200
    assert refused == (503, {"error": "Error: Search queue is full"})


@pytest.mark.asyncio
async def test_a_server_for_friends_refuses_searches_without_a_key(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(), spec=HttpSpec(port=0, key_required=True)) as server:
        key = server.services.keys.add("friend", quota=1, concurrency=1, operator=False)
        refused = await ask(server, data=b"picture")
        by_header = await ask(server, data=b"picture", headers={"x-trace-key": key})
        by_query = await ask(server, f"/search?key={key}", data=b"picture")
    assert refused == (403, {"error": "Invalid API key"})
    assert (by_header[0], by_query[0]) == (200, 402)


@pytest.mark.asyncio
async def test_a_vector_wins_over_a_link(tmp_path: Path) -> None:
    engine = library_engine()
    async with served(tmp_path, engine) as server:
        body = json.dumps({"vector": LAYOUT})
        headers = {"Content-Type": "application/json"}
        status, _body = await ask(server, "/search?url=http://example.org/shot.png", data=body, headers=headers)
    assert (status, engine.searched, [layouts for layouts, _where in engine.layouts]) == (200, [], [[LAYOUT]])


@pytest.mark.asyncio
async def test_a_batch_has_rows_by_vector_in_their_order(tmp_path: Path) -> None:
    answers = [result(scene(file_id=7)), result(scene("Aria", file_id=9), verdict=Verdict.NOT_IN_LIBRARY)]
    async with served(tmp_path, library_engine(layout_answers=answers)) as server:
        _status, body = await ask(server, json={"vector": [LAYOUT, LAYOUT]})
    assert [[row["anilist"] for row in rows] for rows in body["result"]] == [[99_001], [0]]


@pytest.mark.asyncio
async def test_a_file_that_has_just_left_the_library_has_no_duration(tmp_path: Path) -> None:
    async with served(tmp_path, library_engine(answers={b"picture": result(scene(file_id=3))})) as server:
        _status, body = await ask(server, data=b"picture")
    assert FileId(3) not in server.services.engine.records
    assert body["result"][0]["duration"] is None
