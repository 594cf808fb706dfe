"""What pages need beside their text: files that browsers keep, compression, the theme, the key."""

from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from tests.bot.http_adapter.page_client import events, get, search
from tests.bot.http_adapter.serving import HttpEngine, served


@pytest.mark.asyncio
async def test_static_files_are_a_fixed_list_that_browsers_keep(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        status, headers, _text = await get(server, "/static/page.css")
        again, *_ = await get(server, "/static/page.css", **{"If-None-Match": headers["ETag"]})
        missing = [(await get(server, f"/static/{name}"))[0] for name in ("nothing.js", "..%2Ftemplates%2Fbase.html")]
        script = (await get(server, "/static/page.js"))[1]["Content-Type"]
    assert (status, again, missing) == (200, 304, [404, 404])
    assert script == "text/javascript; charset=utf-8"


@pytest.mark.asyncio
async def test_what_a_page_needs_is_compressed_and_kept_by_browsers(tmp_path: Path) -> None:
    plain = {"Accept-Encoding": "gzip;q=0, identity"}
    async with served(tmp_path) as server:
        text = (await get(server, "/"))[2]
        sheet = text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        headers, small = (await get(server, sheet))[1:]
        uncompressed, same = (await get(server, sheet, **plain))[1:]
        again = (await get(server, sheet, **{"If-None-Match": headers["ETag"]}))[0]
        old = (await get(server, "/static/000000000000/page.css"))[1]
        pages = [(await get(server, path))[1].get("Content-Encoding") for path in ("/", "/library", "/api")]
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert old["Cache-Control"] == "no-cache"
    assert headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in uncompressed
    assert small == same
    assert int(headers["Content-Length"]) < int(uncompressed["Content-Length"]) / 2
    assert again == 304
    assert pages == ["gzip"] * 3


@pytest.mark.asyncio
async def test_the_chosen_theme_is_there_from_the_first_byte(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        pages = [(await get(server, "/", Cookie=f"theme={theme}"))[2] for theme in ("dark", "light", "<b>")]
    assert [page.partition("<html ")[2].partition(">")[0] for page in pages] == [
        'lang="en" data-theme="dark"',
        'lang="en" data-theme="light"',
        'lang="en"',
    ]
    assert '<meta name="theme-color" content="#131210" media="all">' in pages[0]


@pytest.mark.asyncio
async def test_where_a_key_is_required_the_form_has_a_field_for_it(tmp_path: Path) -> None:
    engine = HttpEngine()
    async with served(tmp_path, engine, spec=HttpSpec(port=0, key_required=True)) as server:
        key = server.services.keys.add("reader", quota=5, concurrency=4)
        without = await search(server, show="Aria")
        wrong = await search(server, key="wa_nothing")
        right = await search(server, key=f" {key} ")
        in_header = await search(server, authorization=f"Bearer {key}")
        event = events((await search(server, accept="text/event-stream", authorization="Bearer x"))[2])
        form = (await get(server, "/"))[2]
    assert [page[0] for page in (without, wrong, right, in_header)] == [401, 401, 200, 200]
    assert 'role="alert">This server searches only for those who have a key.</p>' in without[2]
    assert 'value="Aria"' in without[2]
    assert 'role="alert">There is no such key.</p>' in wrong[2]
    assert 'aria-invalid="true"' in wrong[2]
    assert event == [("problem", {"key_problem": "There is no such key."})]
    assert 'type="password" id="key" name="key" autocomplete="off"' in form
    assert key not in right[2]


@pytest.mark.asyncio
async def test_no_field_for_a_key_where_none_is_required(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        assert "password" not in (await get(server, "/"))[2]


@pytest.mark.asyncio
async def test_no_page_is_served_where_the_settings_switch_it_off(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, page=False)) as server:
        assert (await get(server, "/library"))[0] == 404
