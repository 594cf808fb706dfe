"""`POST /api/v1/search` as a program meets it; every answer is checked against the description."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.http_adapter.services import HttpSpec
from core.catalogue.identities import ShowIdentity
from core.domain import Reason, SearchFilter, SearchResult, Verdict
from core.errors import FetchProblem, FilterError, FilterProblem, MediaError, PictureError
from tests.bot.http_adapter.api_client import Answer, call
from tests.bot.http_adapter.serving import HttpEngine, Server, served
from tests.bot.results import opening_scene, result, scene
from tests.bot.world import until_searched

SEARCH = "/api/v1/search"
NESTED = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n"
PNG = {"Content-Type": "image/png"}


async def search(server: Server, picture: bytes = b"picture", query: str = "", **headers: str) -> Answer:
    return await call(server, "POST", SEARCH + query, data=picture, headers=PNG | headers)


def form(**fields: bytes | str) -> aiohttp.FormData:
    data = aiohttp.FormData()
    for name, value in fields.items():
        if isinstance(value, bytes):
            data.add_field(name, value, filename="shot.png", content_type="image/png")
        else:
            data.add_field(name, value)
    return data


@pytest.mark.asyncio
async def test_a_picture_is_answered_with_everything_that_the_engine_knows(tmp_path: Path) -> None:
    identity = ShowIdentity(anilist=12, native="紙の舟", english="Paper Boats")
    async with served(tmp_path, HttpEngine(identities={"Paper Boats": identity})) as server:
        body = (await search(server)).json
        address = server.url("")
    (first,) = body["scenes"]
    assert (body["verdict"], body["reason"], body["timing_ms"]) == ("found", None, {"total": 12.5})
    assert (first["show"], first["season"], first["episode"], first["at_s"]) == ("Paper Boats", 2, 5, 754.0)
    assert (first["probability"], first["anilist"], first["titles"]["native"]) == (0.97, 12, "紙の舟")
    assert first["url"] == f"{address}/scene/{body['id']}/0"
    assert first["preview"]["mp4"].startswith(f"{address}/video/")


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.asyncio
async def test_no_path_of_the_servers_disk_is_in_an_answer(names: bool, tmp_path: Path) -> None:
    elsewhere = result(scene(), verdict=Verdict.UNSURE)
    answers = {
        b"elsewhere": SearchResult(
            Verdict.UNSURE, elsewhere.scenes, {}, Reason.LOW_PROBABILITY, elsewhere=scene("Aria")
        )
    }
    async with served(tmp_path, HttpEngine(answers=answers), spec=HttpSpec(port=0, file_names=names)) as server:
        body = (await search(server, b"elsewhere")).json
    assert "/videos" not in json.dumps(body)
    files = [body["scenes"][0]["file"], body["scenes"][0]["also"][0]["file"], body["elsewhere"]["file"]]
    assert files == (["05.mkv", "06.mkv", "05.mkv"] if names else [None, None, None])


@pytest.mark.asyncio
async def test_a_picture_comes_as_a_form_a_body_a_link_or_a_json_object(tmp_path: Path) -> None:
    engine = HttpEngine()
    link = "https://example.org/shot.png"
    async with served(tmp_path, engine, pages={link: b"linked"}) as server:
        answers = [
            await call(server, "POST", SEARCH, data=form(anything=b"formed")),
            await call(server, "POST", SEARCH, data=form(url=link, anything=b"")),
            await call(server, "POST", SEARCH, data={"url": link}),
            await search(server, b"raw"),
            await call(server, "POST", SEARCH, params={"url": link}),
            await call(server, "POST", SEARCH, json={"url": link}),
        ]
    assert [answer.status for answer in answers] == [200] * 6
    assert engine.searched == [b"formed", b"linked", b"raw"]  # the link from memory from its second time on


@pytest.mark.asyncio
async def test_options_narrow_the_search_and_the_answer(tmp_path: Path) -> None:
    engine = HttpEngine(answers={b"many": result(*(scene(at_ms=1000 * number) for number in range(1, 6)))})
    async with served(tmp_path, engine) as server:
        body = (await search(server, b"many", "?show=Aria&show=Paper+Boats&season=1,3-4&limit=2")).json
        again = (await call(server, "GET", f"/api/v1/answers/{body['id']}")).json
    assert engine.filters == [SearchFilter(("Aria", "Paper Boats"), frozenset({1, 3, 4}))]
    assert [found["at_s"] for found in body["scenes"]] == [1.0, 2.0]
    assert len(again["scenes"]) == 5


@pytest.mark.asyncio
async def test_a_moment_of_an_opening_says_of_which_and_openings_can_be_left_out(tmp_path: Path) -> None:
    engine = HttpEngine(answers={b"opening": result(opening_scene())})
    async with served(tmp_path, engine) as server:
        (first,) = (await search(server, b"opening")).json["scenes"]
        (plain,) = (await search(server, b"picture", "?themes=false")).json["scenes"]
    assert first["theme"] == {
        "kind": "opening",
        "number": 1,
        "season": 2,
        "offset_s": 31.25,
        "length_s": 89.9,
        "episodes": [5, 6, 7],
        "occurrences": 3,
    }
    assert [place["episode"] for place in first["also"]] == [6, 7]
    assert plain["theme"] is None
    assert engine.filters == [SearchFilter(), SearchFilter(themes=False)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?themes=no", "themes"),
        ("?limit=0", "limit"),
        ("?limit=21", "limit"),
        ("?limit=" + "9" * 5000, "limit"),
        ("?limit=٣", "limit"),
        ("?limit=-1", "limit"),
        ("?limit=1e1", "limit"),
        ("?limit=NaN", "limit"),
        ("?season=two", "season"),
        ("?season=", "season"),
        ("?season=1-99999", "season"),
        ("?show=", "show"),
        ("?show=" + "a" * 201, "show"),
        ("?locale=" + "x" * 36, "locale"),
        ("?url=" + "x" * 4001, "url"),
    ],
)
@pytest.mark.asyncio
async def test_an_option_that_cannot_be_used_is_named(query: str, field: str, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await search(server, query=query)
    assert (answer.status, answer.json["field"]) == (400, field)


@pytest.mark.parametrize(
    ("error", "status", "field"),
    [
        (PictureError("It is no picture."), 422, None),
        (FilterError("No show named X.", FilterProblem.UNKNOWN_SHOW), 400, "show"),
        (FilterError("No season 9.", FilterProblem.UNKNOWN_SEASON), 400, "season"),
        (MediaError("/videos/secret.mkv", "it is not there"), 500, None),
        (ZeroDivisionError("/videos/secret.mkv"), 500, None),
    ],
)
@pytest.mark.asyncio
async def test_errors_are_problem_details_without_paths(
    error: Exception, status: int, field: str | None, tmp_path: Path
) -> None:
    async with served(tmp_path, HttpEngine(answers={b"bad": error})) as server:
        answer = await search(server, b"bad")
    assert (answer.status, answer.json.get("field")) == (status, field)
    assert "secret" not in answer.body.decode()


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (FetchProblem.NOT_A_LINK, 400),
        (FetchProblem.REFUSED, 400),
        (FetchProblem.NOT_FOUND, 502),
        (FetchProblem.UNREACHABLE, 502),
        (FetchProblem.TOO_LARGE, 413),
        (FetchProblem.TOO_SLOW, 504),
        (FetchProblem.NOT_A_PICTURE, 422),
    ],
)
@pytest.mark.asyncio
async def test_a_link_that_fails_says_why_and_nothing_of_the_servers_network(
    problem: FetchProblem, status: int, tmp_path: Path
) -> None:
    link = "https://example.org/shot.png"
    async with served(tmp_path, pages={link: problem}) as server:
        answer = await call(server, "POST", SEARCH, json={"url": link})
    assert (answer.status, answer.json["field"]) == (status, "url")
    assert "10.1.2.3" not in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "image/png", 400),
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"url": NaN}', "application/json", 400),
        (b'{"url": 5}', "application/json", 400),
        (b"[" * 8000, "application/json", 400),
        (b"x" * 9000, "application/json", 413),
        (b"<p>", "text/html", 415),
        (b"no boundary", "multipart/form-data", 400),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b", 400),
        (b"--b\r\nbroken header\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b", 400),
        (b"nothing of the kind", "multipart/form-data; boundary=b", 400),
        (
            b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
            400,
        ),
    ],
)
@pytest.mark.asyncio
async def test_a_body_that_cannot_be_read_is_refused(
    body: bytes, content_type: str, status: int, tmp_path: Path
) -> None:
    async with served(tmp_path) as server:
        answer = await call(server, "POST", SEARCH, data=body, headers={"Content-Type": content_type})
    assert answer.status == status


@pytest.mark.asyncio
async def test_two_files_in_a_form_and_a_compressed_body_are_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        two = await call(server, "POST", SEARCH, data=form(first=b"one", second=b"two"))
        many = await call(
            server, "POST", SEARCH, data=form(shot=b"", **{f"field{number}": "text" for number in range(40)})
        )
        packed = await search(server, b"\x1f\x8b", **{"Content-Encoding": "gzip"})
    assert (two.status, many.status, packed.status) == (400, 400, 415)
    assert "several files" in two.json["detail"]


class EventReader:
    """Events of a stream as they come."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content

    async def next(self) -> tuple[str, Any]:
        lines: list[str] = []
        while (line := (await self._content.readline()).decode().rstrip("\n")) or not lines:
            if line and not line.startswith(":"):
                lines.append(line)
        fields = dict(line.split(": ", 1) for line in lines)
        return fields["event"], json.loads(fields["data"])


EVENTS = PNG | {"Accept": "text/event-stream"}


@pytest.mark.asyncio
async def test_events_tell_who_waits_how_many_are_before_and_then_the_answer(tmp_path: Path) -> None:
    gates = {b"first": threading.Event(), b"second": threading.Event()}
    spec = HttpSpec(port=0, concurrency=8)
    engine = HttpEngine(gates=gates)
    async with served(tmp_path, engine, spec=spec) as server:
        key = server.services.keys.add("other", quota=9, concurrency=9)
        keyed = EVENTS | {"x-trace-key": key}
        url = server.url(SEARCH)
        first = asyncio.create_task(search(server, b"first"))
        await until_searched(engine)
        second = asyncio.create_task(search(server, b"second"))
        while server.bot.worker.waiting < 1:
            await asyncio.sleep(0.01)
        async with server.session.post(url, data=b"third", headers=keyed) as response:
            events = EventReader(response)
            assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            waiting = [await events.next()]
            while waiting[-1][1]["position"] == 0:
                waiting.append(await events.next())
            for gate in gates.values():
                gate.set()
            last = [await events.next()]
            while last[-1][0] == "progress":
                last.append(await events.next())
        await asyncio.gather(first, second)
    name, data = waiting[-1]
    assert (name, data["stage"], data["position"]) == ("progress", "waiting", 1)
    assert data["text"].startswith("1 picture is before yours.")
    assert last[-1][0] == "answer"
    assert last[-1][1]["scenes"][0]["show"] == "Paper Boats"


@pytest.mark.asyncio
async def test_a_search_that_fails_ends_the_events_with_the_problem(tmp_path: Path) -> None:
    engine = HttpEngine(answers={b"bad": PictureError("It is no picture."), b"bug": ZeroDivisionError("/videos")})
    async with served(tmp_path, engine) as server:
        problems = []
        for picture in (b"bad", b"bug"):
            async with server.session.post(server.url(SEARCH), data=picture, headers=EVENTS) as response:
                events = EventReader(response)
                assert (await events.next())[0] == "progress"
                problems.append(await events.next())
    assert [(name, data["status"]) for name, data in problems] == [("problem", 422), ("problem", 500)]
    assert "/videos" not in str(problems)


@pytest.mark.asyncio
async def test_options_are_refused_with_a_status_before_events_begin(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await call(server, "POST", SEARCH + "?limit=x", data=b"picture", headers=EVENTS)
    assert answer.status == 400


@pytest.mark.asyncio
async def test_options_may_be_fields_of_the_form_and_the_query_is_preferred(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        fields = form(picture=b"picture", show="Paper Boats", season="2", limit="1")
        answer = await call(server, "POST", SEARCH + "?season=3", data=fields)
        wrong = await call(server, "POST", SEARCH, data=form(picture=b"picture", season="abc"))
    assert answer.status == 200
    assert engine.filters == [SearchFilter(("Paper Boats",), frozenset({3}))]
    assert (wrong.status, wrong.json["field"]) == (400, "season")


@pytest.mark.asyncio
async def test_an_option_that_does_not_exist_is_refused_by_its_name(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await search(server, query="?seasn=1")
    assert (answer.status, answer.json["field"]) == (400, "seasn")


@pytest.mark.asyncio
async def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await call(server, "POST", SEARCH, data=form(picture=b""))
    assert (answer.status, answer.json["detail"]) == (400, "The file is empty.")
