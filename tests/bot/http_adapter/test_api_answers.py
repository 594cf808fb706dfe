"""Stored answers and feedback on them, over the API."""

import asyncio
from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from core.library.feedback import CorrectionKind, StatedMoment
from tests.bot.http_adapter.api_client import call
from tests.bot.http_adapter.serving import HttpEngine, Server, served
from tests.bot.results import result, scene

MANY = result(*(scene(at_ms=1000 * number) for number in range(1, 4)))


async def answered(server: Server) -> str:
    answer = await call(server, "POST", "/api/v1/search", data=b"many", headers={"Content-Type": "image/png"})
    return f"/api/v1/answers/{answer.json['id']}"


@pytest.mark.asyncio
async def test_an_answer_can_be_had_again_until_it_is_gone(tmp_path: Path) -> None:
    async with served(tmp_path, HttpEngine(answers={b"many": MANY})) as server:
        path = await answered(server)
        again = await call(server, "GET", path)
        server.bot.wall.now_s += 3600
        gone = await call(server, "GET", path)
    assert [found["at_s"] for found in again.json["scenes"]] == [1.0, 2.0, 3.0]
    assert gone.status == 404


@pytest.mark.parametrize(
    ("said", "kind", "scene_number", "text"),
    [
        ({"scene": 1}, CorrectionKind.SCENE, 1, ""),
        ({"text": "Paper Boats, episode 5"}, CorrectionKind.TEXT, None, "Paper Boats, episode 5"),
        (
            {"right": {"show": " Paper Boats ", "season": 2, "episode": 5, "at_s": 754.5}},
            CorrectionKind.TEXT,
            None,
            "Paper Boats, season 2, episode 5, 00:12:35",
        ),
        (
            {"right": {"show": "Tin Kites", "season": None, "episode": "OVA 2"}, "text": "I am sure."},
            CorrectionKind.TEXT,
            None,
            "Tin Kites, episode OVA 2 — I am sure.",
        ),
        ({"right": None}, CorrectionKind.NONE, None, ""),
        ({}, CorrectionKind.NONE, None, ""),
    ],
)
@pytest.mark.asyncio
async def test_feedback_is_kept_with_that_of_the_chats(
    said: dict[str, object], kind: CorrectionKind, scene_number: int | None, text: str, tmp_path: Path
) -> None:
    async with served(tmp_path, HttpEngine(answers={b"many": MANY})) as server:
        answer = await call(server, "POST", await answered(server) + "/feedback", json=said)
        (entry,) = list(server.bot.feedback.entries())
        (picture,) = server.bot.feedback.pictures(entry)
        assert picture.read_bytes() == b"many"
    assert answer.status == 204
    assert (entry.correction.kind, entry.correction.scene, entry.correction.text) == (kind, scene_number, text)


@pytest.mark.asyncio
async def test_the_right_moment_is_kept_for_programs_and_the_last_word_of_a_client_counts(tmp_path: Path) -> None:
    right = {"show": "Paper Boats", "season": 0, "episode": 5.5, "at_s": 0.25}
    async with served(tmp_path, HttpEngine(answers={b"many": MANY})) as server:
        path = await answered(server) + "/feedback"
        statuses = [(await call(server, "POST", path, json=body)).status for body in ({}, {"right": right})]
        (entry,) = list(server.bot.feedback.entries())
    assert statuses == [204, 204]
    assert entry.correction.moment == StatedMoment("Paper Boats", 0, 5.5, 250)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"right": {}}', 400, "right.show"),
        (b'{"right": {"show": " "}}', 400, "right.show"),
        (b'{"right": "Paper Boats"}', 400, "right"),
        (b'{"right": {"show": "Aria", "season": 1.5}}', 400, "right.season"),
        (b'{"right": {"show": "Aria", "at_s": -1}}', 400, "right.at_s"),
        (b'{"right": {"show": "Aria", "at_s": NaN}}', 400, "right.at_s"),
        (b'{"right": {"show": "Aria", "at_s": 1e999}}', 400, "right.at_s"),
        (b'{"right": {"show": "Aria", "more": 1}}', 400, "right.more"),
        (b'{"right": {"show": "Aria"}, "scene": 1}', 400, "right"),
        (b'{"scene": 3}', 400, "scene"),
        (b'{"scene": -1}', 400, "scene"),
        (b'{"scene": NaN}', 400, "scene"),
        (b'{"scene": "1"}', 400, "scene"),
        (b'{"text": 1}', 400, "text"),
        (b'{"text": " "}', 400, "text"),
        (b'{"right": {"show": "Aria", "episode": 1000000}}', 400, "right.episode"),
        (b'{"text": "' + b"x" * 501 + b'"}', 400, "text"),
        (b'{"more": 1}', 400, "more"),
        (b"[]", 400, None),
        (b"", 400, None),
        (b"[" * 8000, 400, None),
        (b"x" * 9000, 413, None),
    ],
)
@pytest.mark.asyncio
async def test_feedback_that_cannot_be_read_is_refused(
    body: bytes, status: int, field: str | None, tmp_path: Path
) -> None:
    async with served(tmp_path, HttpEngine(answers={b"many": MANY})) as server:
        path = await answered(server) + "/feedback"
        answer = await call(server, "POST", path, data=body, headers={"Content-Type": "application/json"})
        typed = await call(server, "POST", path, data=b"{}", headers={"Content-Type": "text/plain"})
        entries = list(server.bot.feedback.entries())
    assert (answer.status, answer.json.get("field")) == (status, field)
    assert (typed.status, entries) == (415, [])


@pytest.mark.parametrize("answer_id", ["abcdefghij", "%2e%2e%2f%2e%2e%2fetc", "a" * 300, "café", "%00"])
@pytest.mark.asyncio
async def test_an_answer_that_is_not_there_is_404(answer_id: str, tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        statuses = [
            (await call(server, "GET", f"/api/v1/answers/{answer_id}")).status,
            (await call(server, "POST", f"/api/v1/answers/{answer_id}/feedback", json={})).status,
        ]
    assert set(statuses) <= {404, 405}


@pytest.mark.asyncio
async def test_a_key_that_does_not_exist_is_refused_everywhere(tmp_path: Path) -> None:
    wrong = {"Authorization": "Bearer wa_wrong"}
    async with served(tmp_path) as server:
        answers = await asyncio.gather(
            call(server, "GET", "/api/v1/shows", headers=wrong),
            call(server, "GET", "/api/v1/shows/suggestions", headers={"x-trace-key": "wrong"}),
            call(server, "GET", "/api/v1/answers/abcdefghij", headers=wrong),
            call(server, "POST", "/api/v1/answers/abcdefghij/feedback?key=wrong", json={}),
            call(server, "POST", "/api/v1/search", data=b"picture", headers=wrong | {"Content-Type": "image/png"}),
        )
    assert [answer.status for answer in answers] == [401] * 5
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.asyncio
async def test_where_a_key_is_required_only_searches_need_one(tmp_path: Path) -> None:
    picture = {"data": b"picture", "headers": {"Content-Type": "image/png"}}
    async with served(tmp_path, spec=HttpSpec(port=0, key_required=True)) as server:
        key = server.services.keys.add("program", quota=5, concurrency=1)
        without = await call(server, "POST", "/api/v1/search", **picture)  # type: ignore[arg-type]  # its own options
        keyed = await call(server, "POST", f"/api/v1/search?key={key}", **picture)  # type: ignore[arg-type]
        shows = await call(server, "GET", "/api/v1/shows")
    assert (without.status, without.json["detail"]) == (401, "An API key is required.")
    assert (keyed.status, shows.status) == (200, 200)
