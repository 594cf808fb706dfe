"""The library over the API: shows, suggestions, health and the description itself."""

from pathlib import Path

import pytest
import yaml

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeKind, EpisodeName, FileId
from core.timecode import Millis
from tests.bot.fake_engine import FakeGeneration
from tests.bot.http_adapter.api_client import call
from tests.bot.http_adapter.serving import HttpEngine, served


def video(number: int, path: Path, name: EpisodeName) -> FileRecord:
    stamp = FileStamp(str(path), path.name, 1, 1, str(number))
    return FileRecord(FileId(number), stamp, name, FileOutcome(FileState.READY, duration_ms=Millis(1_440_000)))


@pytest.mark.asyncio
async def test_shows_have_their_seasons_hours_identity_and_what_is_missing(tmp_path: Path) -> None:
    there = tmp_path / "there.mkv"
    there.touch()
    records = (
        video(1, there, EpisodeName("Paper Boats", 2, "夏", first=1, last=1, name="Rain")),
        video(2, tmp_path / "gone.mkv", EpisodeName("Paper Boats", 2, "夏", first=2.5, last=2.5)),
        video(3, there, EpisodeName("Paper Boats", kind=EpisodeKind.MOVIE)),
        video(4, there, EpisodeName("Aria", 1, first=1, last=2)),
    )
    engine = HttpEngine(
        records={record.id: record for record in records},
        identities={"Paper Boats": ShowIdentity(anilist=7, native="紙の舟", synonyms=("PB",), adult=True)},
        generation=FakeGeneration(frames=4000),
    )
    async with served(tmp_path, engine) as server:
        answer = await call(server, "GET", "/api/v1/shows")
    library = answer.json
    aria, boats = library["shows"]
    assert (library["files"], library["missing"], library["hours"], library["frames"]) == (4, 1, 1.6, 4000)
    assert (aria["name"], aria["anilist"], aria["seasons"][0]["episodes"][0]["episode"]) == ("Aria", None, "1-2")
    assert (boats["anilist"], boats["titles"]["native"], boats["synonyms"], boats["adult"]) == (
        7,
        "紙の舟",
        ["PB"],
        True,
    )
    assert boats["link"] == "https://anilist.co/anime/7"
    assert [(season["season"], season["season_name"], season["hours"]) for season in boats["seasons"]] == [
        (None, None, 0.4),
        (2, "夏", 0.8),
    ]
    assert [episode["episode"] for season in boats["seasons"] for episode in season["episodes"]] == ["Movie", 1, 2.5]
    assert str(tmp_path) not in answer.body.decode()


@pytest.mark.asyncio
async def test_shows_are_suggested_while_a_name_is_typed(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        typed = await call(server, "GET", "/api/v1/shows/suggestions?q=pap&locale=ja")
        every = await call(server, "GET", "/api/v1/shows/suggestions?limit=1")
        wrong = await call(server, "GET", "/api/v1/shows/suggestions?limit=26")
    assert typed.json == [{"name": "Paper Boats", "title": "Paper Boats"}]
    assert len(every.json) == 1
    assert (wrong.status, wrong.json["field"]) == (400, "limit")


@pytest.mark.asyncio
async def test_health_says_which_part_does_not_work(tmp_path: Path) -> None:
    async with served(tmp_path, health={"discord": False}) as server:
        answer = await call(server, "GET", "/api/v1/health")
    assert (answer.status, answer.json) == (503, {"ok": False, "parts": {"discord": False}})


@pytest.mark.asyncio
async def test_the_description_is_served_and_names_every_route(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        answer = await call(server, "GET", "/api/v1/openapi.yaml")
        routes = {
            (path.replace("{answer_id}", "{}").replace("{media_id}", "{}"), method)
            for path, operations in yaml.safe_load(answer.body)["paths"].items()
            for method in operations
            if method != "parameters"
        }
    assert answer.headers["Content-Type"].startswith("application/yaml")
    assert {path for path, _method in routes} >= {"/video/{}", "/image/{}", "/gif/{}", "/healthz", "/metrics"}
    assert len([path for path, _method in routes if path.startswith("/api/v1/")]) == 7
