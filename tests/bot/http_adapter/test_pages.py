"""Pages as a browser gets them: form, answer, link to a scene, feedback, library, languages."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from config.bot_settings import BotSettings
from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import Area, EpisodeName, FileId, Reason, SearchFilter, SearchResult, Verdict
from core.errors import PictureError, PictureProblem
from core.timecode import Millis
from tests.bot.http_adapter.page_client import PICTURE, events, get, post, search
from tests.bot.http_adapter.serving import HttpEngine, served
from tests.bot.results import opening_scene, result, scene

DAY_MS = Millis(24 * 60_000)


def record(
    file_id: int = 7, *, show: str = "Paper Boats", path: str = "/videos/05.mkv", episode: int = 5
) -> FileRecord:
    return FileRecord(
        FileId(file_id),
        FileStamp(path, Path(path).name, 1, 1, "content"),
        EpisodeName(show, season=2, first=episode, last=episode),
        FileOutcome(FileState.READY, duration_ms=DAY_MS),
    )


def unknown() -> SearchResult:
    far = scene(probability=0.02)
    return replace(result(far, verdict=Verdict.NOT_IN_LIBRARY), reason=Reason.LOW_PROBABILITY)


@pytest.mark.asyncio
async def test_a_browser_gets_the_form_and_a_client_of_trace_moe_ok(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        status, headers, text = await get(server, "/")
        async with server.session.get(server.url("/")) as response:
            plain = await response.text()
    assert (status, plain) == (200, "ok")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'enctype="multipart/form-data"' in text
    assert "Which scene is this?" in text
    assert "style=" not in text
    assert "http://" not in text


@pytest.mark.asyncio
async def test_without_script_the_answer_stands_first_on_the_page(tmp_path: Path) -> None:
    engine = HttpEngine(records={FileId(7): record()})
    async with served(tmp_path, engine) as server:
        status, kind, text = await search(server)
    assert (status, kind) == (200, "text/html")
    assert text.index('id="answer"') < text.index('id="search"')
    assert '<time datetime="PT754.0S">12:34</time>' in text
    assert "Season 2, episode 5 — 夜の雨" in text
    assert "Very likely (97%)" in text
    assert "140 points of your picture agree with the frame." in text
    assert "<span>24:00</span>" in text
    assert '<line class="at" x1="523.61"' in text
    assert "autoplay muted loop playsinline" in text


@pytest.mark.asyncio
async def test_a_moment_of_an_opening_is_headed_by_the_opening(tmp_path: Path) -> None:
    engine = HttpEngine(records={FileId(7): record()}, answers={PICTURE: result(opening_scene())})
    async with served(tmp_path, engine) as server:
        text = (await search(server))[2]
        path = text.partition('id="share"')[0].rpartition('href="')[2].partition('"')[0]
        page = (await get(server, path))[2]
    assert '<p class="place">Opening 1 of season 2 (episodes 5–7), 00:31 into it</p>' in text
    assert "<li>First in: Season 2, episode 5 — 夜の雨</li>" in text
    assert "Also at" not in text
    assert 'og:description" content="Opening 1 of season 2 (episodes 5–7), 00:31 into it · 12:34">' in page


@pytest.mark.asyncio
async def test_the_form_can_leave_openings_out(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        await search(server, no_themes="1")
        text = (await get(server, "/?no_themes=1"))[2]
    assert engine.filters == [SearchFilter(themes=False)]
    assert 'name="no_themes" value="1" checked' in text


@pytest.mark.asyncio
async def test_with_script_the_answer_comes_as_an_event_with_the_same_html(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        _status, kind, text = await search(server, accept="text/event-stream")
    assert kind == "text/event-stream"
    assert [name for name, _data in events(text)] == ["progress", "answer"]
    assert "12:34" in events(text)[1][1]["html"]
    assert "<html" not in events(text)[1][1]["html"]


@pytest.mark.asyncio
async def test_what_is_wrong_is_said_in_the_words_of_the_chats(tmp_path: Path) -> None:
    engine = HttpEngine(answers={PICTURE: PictureError("no", PictureProblem.NOT_A_PICTURE)})
    async with served(tmp_path, engine) as server:
        page = await search(server)
        event = events((await search(server, accept="text/event-stream"))[2])[-1]
        nothing = await search(server, None)
        bad_season = await search(server, season="x")
    assert page[0] == 422
    assert "This is not a picture that I can read." in page[2]
    assert event[0] == "problem"
    assert "This is not a picture that I can read." in event[1]["html"]
    assert nothing[0] == bad_season[0] == 400
    assert "Choose or paste one" in nothing[2]
    assert "I cannot use this show or season." in bad_season[2]
    assert 'value="x"' in bad_season[2]


@pytest.mark.asyncio
async def test_show_and_season_of_the_form_narrow_the_search(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine) as server:
        await search(server, show="Aria", season="1,3-4")
    assert engine.filters[0].shows == ("Aria",)
    assert engine.filters[0].seasons == {1, 3, 4}


@pytest.mark.asyncio
async def test_names_from_files_are_no_html(tmp_path: Path) -> None:
    name = '<b>"bold"</b>'
    evil = replace(scene(name), name=EpisodeName(name, first=1, last=1, name="<script>alert(1)</script>"))
    engine = HttpEngine(answers={PICTURE: result(evil)}, records={FileId(7): record(show=name)}, shows=(name,))
    async with served(tmp_path, engine) as server:
        texts = [
            (await search(server))[2],
            (await get(server, "/library"))[2],
            (await get(server, f"/?show={name}"))[2],
        ]
    for text in texts:
        assert "<b>" not in text.replace("When<b>Anime</b>", "")
        assert "<script>" not in text
        assert "&lt;b&gt;" in text


@pytest.mark.asyncio
async def test_what_is_not_in_the_library_names_no_scene_and_too_little_says_so(tmp_path: Path) -> None:
    little = result(scene(probability=0.0), verdict=Verdict.NOT_IN_LIBRARY, too_little=True)
    engine = HttpEngine(answers={PICTURE: unknown(), b"black": little})
    async with served(tmp_path, engine) as server:
        text, black = (await search(server))[2], (await search(server, b"black"))[2]
    assert "I did not find this in my library." in text
    assert 'class="when"' not in text
    assert "Paper Boats" not in text.partition('id="search"')[0]
    assert "There is too little in this picture to go on." in black


@pytest.mark.asyncio
async def test_an_unsure_answer_keeps_its_guess_behind_a_line_that_opens(tmp_path: Path) -> None:
    unsure = replace(result(scene(probability=0.4), verdict=Verdict.UNSURE), reason=Reason.LOW_PROBABILITY)
    async with served(tmp_path, HttpEngine(answers={PICTURE: unsure})) as server:
        text = (await search(server))[2]
        path = text.partition('<li><a href="')[2].partition('"')[0]
        page = (await get(server, path))[2]
    assert "I am not sure about this one." in text
    assert '<details class="candidates"><summary>Show the best guess</summary>' in text
    assert "Only a guess: Paper Boats" in page
    assert "This is the right one" in page


@pytest.mark.asyncio
async def test_regions_sequences_and_missing_videos_are_shown(tmp_path: Path) -> None:
    part = replace(scene(), region=Area(0.0, 0.25, 1.0, 0.75), shown=Area(0.1, 0.0, 0.9, 0.8), video_missing=True)
    clip = replace(scene(), sequence=True)
    engine = HttpEngine(answers={PICTURE: result(part), b"clip": result(clip, sequence=True)})
    async with served(tmp_path, engine) as server:
        text, sequence = (await search(server))[2], (await search(server, b"clip"))[2]
    assert '<rect x="0.0" y="0.25" width="1.0" height="0.5"/>' in text
    assert '<rect x="0.1" y="0.0" width="0.8" height="0.8"/>' in text
    assert "<video" not in text
    assert "Its video is not where it was" in text
    assert ">12:33–12:36</time>" in sequence


@pytest.mark.asyncio
async def test_the_link_to_a_scene_tells_chats_what_it_shows(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, public_url="https://anime.example")) as server:
        path = (await search(server))[2].partition('id="share"')[0].rpartition('href="')[2].partition('"')[0]
        status, _headers, text = await get(server, path)
        still = text.partition('og:image" content="https://anime.example')[2].partition('"')[0]
        async with server.session.get(server.url(still)) as response:
            image = response.content_type
        gone = await get(server, "/scene/AAAAAAAAAA/0")
        beyond = await get(server, path[:-1] + "9")
    assert (status, image) == (200, "image/jpeg")
    assert '<meta property="og:title" content="Paper Boats">' in text
    assert f'<meta property="og:url" content="https://anime.example{path}">' in text
    assert 'og:video" content="https://anime.example/video/' in text
    assert (gone[0], beyond[0]) == (404, 404)
    assert "This scene is no longer here." in gone[2]


@pytest.mark.asyncio
async def test_a_link_to_a_scene_of_an_adult_show_tells_chats_nothing(tmp_path: Path) -> None:
    async with served(tmp_path, adult_shows=("Paper Boats",)) as server:
        path = (await search(server))[2].partition('id="share"')[0].rpartition('href="')[2].partition('"')[0]
        status, _headers, text = await get(server, path)
    assert status == 200
    assert "og:" not in text


@pytest.mark.asyncio
async def test_feedback_of_the_page_is_kept_with_that_of_the_chats(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        text = (await search(server))[2]
        path = text.partition('action="/answers/')[2].partition('"')[0]
        thanks = await post(server, f"/answers/{path}", text="Aria 3")
        wrong = await post(server, f"/answers/{path}", scene="99")
        gone = await post(server, "/answers/AAAAAAAAAA/feedback", text="x")
        kept = list(server.bot.feedback.entries())
    assert thanks[0] == 200
    assert "Thank you!" in thanks[1]
    assert (wrong[0], gone[0]) == (400, 404)
    assert len(kept) == 1


@pytest.mark.asyncio
async def test_the_library_shows_seasons_as_strips_and_what_is_missing(tmp_path: Path) -> None:
    there = tmp_path / "05.mkv"
    there.touch()
    engine = HttpEngine(
        records={
            FileId(7): record(path=str(there)),
            FileId(8): record(8, path=str(tmp_path / "06.mkv"), episode=6),
        },
        identities={"Paper Boats": ShowIdentity(native="紙の舟", chinese="纸船", link="https://example.com/boats")},
    )
    async with served(tmp_path, engine, show_url=BotSettings().show_url) as server:
        text = (await get(server, "/library"))[2]
        chinese = (await get(server, "/library", **{"Accept-Language": "zh-CN"}))[2]
    assert "1 show: 2 videos, 48 min" in text
    assert "1 video is missing." in text
    assert text.count('class="missing"><title>Season 2, episode 6 · 24:00 · missing</title>') == 1
    assert '<rect x="0.0" y="2" width="498.0"' in text
    assert "紙の舟" in text
    assert 'href="https://example.com/boats"' in text
    assert "纸船" in chinese
    assert "2 个视频" in chinese


@pytest.mark.parametrize(
    ("locale", "tag", "library"),
    [("en", "en", "Library"), ("zh", "zh-Hans", "片库"), ("zh-Hant", "zh-Hant", "片庫"), ("ja", "ja", "ライブラリ")],
)
@pytest.mark.asyncio
async def test_pages_have_their_language_and_title(locale: str, tag: str, library: str, tmp_path: Path) -> None:
    cookie = {"Cookie": f"locale={locale}"}
    async with served(tmp_path) as server:
        answer = (await search(server, cookie=cookie["Cookie"]))[2]
        path = answer.partition('data-page="')[2].partition('"')[0]
        pages = [(await get(server, page, **cookie))[2] for page in ("/", "/library", path)]
        gone = await get(server, "/answers/AAAAAAAAAA", **cookie)
    assert all(f'<html lang="{tag}">' in page for page in (*pages, answer, gone[2]))
    assert [page.partition("<title>")[2].partition("</title>")[0] for page in pages] == [
        "WhenAnime",
        f"{library} — WhenAnime",
        "Paper Boats — WhenAnime",
    ]
    assert gone[0] == 404
    assert 'id="query"' in pages[2]


@pytest.mark.asyncio
async def test_the_language_is_that_of_the_browser_until_another_is_chosen(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        texts = [
            (await get(server, "/", **{"Accept-Language": tags}))[2]
            for tags in ("fr, ja;q=0.5", "zh-TW", "zh-CN;q=0.9, en;q=0.1", "fr", "x;q=y")
        ]
        status, headers, _text = await get(server, "/language?locale=ja&back=/library")
        cookie = headers["Set-Cookie"].partition(";")[0]
        chosen = (await get(server, "/", **{"Accept-Language": "en", "Cookie": cookie}))[2]
        answer = (await search(server, cookie=cookie))[2]
    languages = [text.partition('<html lang="')[2].partition('"')[0] for text in texts]
    assert languages == ["ja", "zh-Hant", "zh-Hans", "en", "en"]
    assert (status, headers["Location"]) == (303, "/library")
    assert "SameSite=Lax" in headers["Set-Cookie"]
    assert "これはどのシーン？" in chosen
    assert "第2期" in answer


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "/a\r\nX: y"])
@pytest.mark.asyncio
async def test_the_choice_of_a_language_leads_nowhere_else(back: str, tmp_path: Path) -> None:
    async with (
        served(tmp_path) as server,
        server.session.get(
            server.url("/language"), params={"locale": "ja", "back": back}, allow_redirects=False
        ) as response,
    ):
        assert response.headers["Location"] == "/"


@pytest.mark.asyncio
async def test_an_address_without_a_page_is_said_to_be_one(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        status, headers, text = await get(server, "/nothing")
        api = await get(server, "/api/nothing")
    assert status == 404
    assert headers["Content-Type"].startswith("text/html")
    assert "There is nothing at this address." in text
    assert api[1]["Content-Type"].startswith("application/problem+json")


@pytest.mark.asyncio
async def test_a_title_that_only_the_settings_have_narrows_the_search(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine, titles={"Paper Boats": {"zh": "纸船", "ja": "紙の舟"}}) as server:
        await search(server, show="纸船")
        form = (await get(server, "/", **{"Accept-Language": "ja"}))[2]
    assert engine.filters[0].shows == ("Paper Boats",)
    assert '<option value="紙の舟">Paper Boats</option>' in form
