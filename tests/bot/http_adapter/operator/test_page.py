"""The operator's page: the run, files with a problem, feedback, reliability, metrics; all of it without script."""

import asyncio
import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import pytest

from bot.messages import Tone
from core.catalogue.records import FileOutcome, FileStamp, FileState
from core.catalogue.schema import open_database
from core.catalogue.writer import CatalogueWriter
from core.domain import EpisodeName, FileId, Verdict
from core.files import library_lock
from core.library.feedback import Correction, CorrectionKind
from core.library.layout import DataLayout
from core.library.run_status import RunState, RunStatus, write_run_status
from tests.bot.http_adapter.operator.visiting import ENTRY, RIGHT, Page, entry, picture_bytes, visited
from tests.bot.results import result, scene

XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
RUN = RunStatus(
    "library add",
    pid=42,
    started_s=1e9,
    changed_s=4e9,
    state=RunState.READING,
    files=4,
    done=1,
    failed=1,
    total_bytes=1000,
    done_bytes=100,
    frames=1234,
    name="05.mkv",
    name_bytes=200,
    share=0.5,
)


async def page_of(folder: Path, locale: str = "en", query: str = "") -> Page:
    async with visited(folder) as visitor:
        return await visitor.get(
            f"/operator{query}", Authorization=f"Bearer {visitor.key}", **{"Accept-Language": locale}
        )


def add_files(folder: Path, *files: tuple[str, FileState, str, str]) -> None:
    """A catalogue with these files: path, state, problem, show."""
    database = open_database(DataLayout(folder).database_url, create=True)
    writer = CatalogueWriter(database)
    for number, (path, state, problem, show) in enumerate(files, 1):
        stamp = FileStamp(f"/videos/{path}", path, 1, 1, f"content {number}")
        writer.put(FileId(number), stamp, EpisodeName(show), FileOutcome(state, problem))
    database.dispose()


@pytest.mark.asyncio
async def test_what_is_being_added_is_told(tmp_path: Path) -> None:
    write_run_status(DataLayout(tmp_path).run_status, RUN)
    text = (await page_of(tmp_path)).text
    assert '<p class="when">1 / 4</p>' in text
    assert "Videos are being added." in text
    assert "05.mkv" in text
    assert "1 video done, 1234 pictures kept." in text
    assert "1 video has a problem." in text
    assert 'aria-valuenow="20"' in text
    assert re.search(r"About \d+ .+ left\.", text) is None  # three thousand million seconds are not told


@pytest.mark.parametrize(
    ("status", "sentences"),
    [
        (replace(RUN, state=RunState.PREPARING, files=0), ["Looking at what there is to read …"]),
        (replace(RUN, command="library reindex"), ["Videos are being read again."]),
        (replace(RUN, step="index", step_done=3, step_total=12), ["index: 25%"]),
        (replace(RUN, reading_s=4e9 - 60), ["About 4 minutes left."]),
        (
            replace(RUN, state=RunState.FINISHED),
            ["Nothing is being added.", "The last run came to its end.", "ended", "2096-10-02 07:06 UTC"],
        ),
        (replace(RUN, state=RunState.FINISHED, files=0, done=0), ["There was nothing to read."]),
        (replace(RUN, state=RunState.STOPPED), ["The last run was stopped by hand; the same command goes on."]),
        (
            replace(RUN, state=RunState.FAILED, problem=f"The disk is full. {XSS}"),
            ["The last run ended with an error.", "The disk is full. &lt;script&gt;"],
        ),
        (
            replace(RUN, changed_s=1_700_000_000, name=XSS),
            ["The last run broke off without a word", "It was reading &lt;script&gt;"],
        ),
    ],
)
@pytest.mark.asyncio
async def test_a_run_is_told_as_it_is(status: RunStatus, sentences: list[str], tmp_path: Path) -> None:
    write_run_status(DataLayout(tmp_path).run_status, status)
    text = (await page_of(tmp_path)).text
    assert [sentence for sentence in sentences if sentence not in text] == []
    assert XSS not in text


@pytest.mark.asyncio
async def test_a_silent_run_that_holds_the_lock_goes_on(tmp_path: Path) -> None:
    layout = DataLayout(tmp_path)
    write_run_status(layout.run_status, replace(RUN, changed_s=1_700_000_000))
    with library_lock(layout.lock):
        text = (await page_of(tmp_path)).text
    assert "Videos are being added." in text
    assert "Silent for" in text


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"command": "x", "pid": 1, "started_s": NaN}'])
@pytest.mark.asyncio
async def test_a_damaged_status_is_said(content: bytes, tmp_path: Path) -> None:
    tmp_path.mkdir(exist_ok=True)
    DataLayout(tmp_path).run_status.write_bytes(content)
    page = await page_of(tmp_path)
    assert page.status == 200
    assert "Nothing is known of the last run." in page.text


@pytest.mark.asyncio
async def test_events_tell_each_change_of_the_run_and_end_with_the_key(tmp_path: Path) -> None:
    path = DataLayout(tmp_path).run_status
    write_run_status(path, RUN)
    async with visited(tmp_path) as visitor:
        await visitor.sign_in()
        async with visitor.session.get(visitor.server.url("/operator/events")) as response:
            assert response.headers["Content-Type"].startswith("text/event-stream")
            first = await read_event(response.content)
            write_run_status(path, replace(RUN, done=2, failed=2, name=XSS))
            second = await read_event(response.content)
            visitor.server.services.keys.remove("ann")
            last = await read_event(response.content)
            rest = await response.content.read()
    assert [name for name, _data in (first, second, last)] == ["run", "run", "over"]
    assert "1 / 4" in first[1]["html"]
    assert "2 / 4" in second[1]["html"]
    assert "&lt;script&gt;" in second[1]["html"]
    assert XSS not in second[1]["html"]
    assert first[1]["news"] != second[1]["news"]
    assert rest == b""


@pytest.mark.asyncio
async def test_a_stream_ends_well_when_the_server_stops(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        await visitor.sign_in()
        async with visitor.session.get(visitor.server.url("/operator/events")) as response:
            await read_event(response.content)
            await visitor.server.adapter.__aexit__(None, None, None)
            assert await response.content.read() == b""


async def read_event(content: aiohttp.StreamReader) -> tuple[str, dict[str, str]]:
    block = (await asyncio.wait_for(content.readuntil(b"\n\n"), 30)).decode()
    if block.startswith(":"):
        return await read_event(content)
    name, _, data = block.partition("\ndata: ")
    return name.removeprefix("event: "), json.loads(data)


@pytest.mark.asyncio
async def test_what_failed_is_listed_by_show_with_its_reason(tmp_path: Path) -> None:
    add_files(
        tmp_path,
        ("Aria/01.mkv", FileState.READY, "a note", "Aria"),
        ("Boats/01.mkv", FileState.FAILED, "it is empty", "Boats"),
        ("Boats/02.mkv", FileState.DAMAGED, "it breaks off at 00:10:00", "Boats"),
        (f"{XSS}.mkv", FileState.FAILED, f"no video: {XSS}", XSS),
    )
    text = (await page_of(tmp_path)).text
    assert "2 videos could not be read." in text
    assert "1 video is damaged and searched as far as it goes." in text
    assert "3 videos are missing." in text
    assert text.count("<h3>Boats</h3>") == 1
    for part in ("Boats/01.mkv", "it is empty", "it breaks off at 00:10:00"):
        assert part in text
    assert "a note" not in text
    assert "<img src=x" not in text
    assert "<script>alert" not in text


@pytest.mark.asyncio
async def test_long_lists_have_pages(tmp_path: Path) -> None:
    add_files(tmp_path, *((f"{number:03d}.mkv", FileState.FAILED, "empty", "Aria") for number in range(120)))
    queries = ("", "?failed=3", "?failed=999999999&feedback=5", "?failed=-1&failed=x&feedback=%00&looked=<b>")
    async with visited(tmp_path) as visitor:
        await visitor.sign_in()
        first, last, beyond, odd = [(await visitor.get(f"/operator{query}")).text for query in queries]
    assert ("049.mkv" in first, "050.mkv" in first, "1 to 50 of 120" in first) == (True, False, True)
    assert 'href="/operator?failed=2#failed"' in first
    assert ("100.mkv" in last, "101 to 120 of 120" in last) == (True, True)
    assert "101 to 120 of 120" in beyond
    assert "1 to 50 of 120" in odd


@pytest.mark.asyncio
async def test_a_catalogue_that_cannot_be_read_takes_no_other_part_along(tmp_path: Path) -> None:
    database = DataLayout(tmp_path).database
    database.write_bytes(b"no database" * 1000)
    page = await page_of(tmp_path)
    assert page.status == 200
    assert "cannot be opened" in page.text
    assert "Nobody has said anything about an answer yet." in page.text


@pytest.mark.asyncio
async def test_feedback_stands_beside_the_answer_the_newest_first(tmp_path: Path) -> None:
    two = result(scene(), scene("Aria", probability=0.01, file_id=9))
    async with visited(tmp_path) as visitor:
        store = visitor.server.bot.feedback
        store.add(entry("first"), [picture_bytes(), picture_bytes()])
        text_entry = entry("second", Correction(CorrectionKind.TEXT, text=XSS), when="2026-03-05T00:00:00+00:00")
        store.add(text_entry, [b"<svg onload=alert(1)>"])
        other = replace(entry("third", Correction(CorrectionKind.SCENE, scene=1), when="2026-03-06T00:00:00+00:00"))
        store.add(replace(other, result=two), [])
        lost = replace(entry("fourth", Correction(CorrectionKind.NONE)), result=result(scene(file_id=4000)))
        store.add(lost, [picture_bytes()])
        await visitor.sign_in()
        page = await visitor.get()
    ids = re.findall(r'<li id="entry-([\w-]+)"', page.text)
    assert ids == ["third-0a1b2c", "second-0a1b2c", "fourth-0a1b2c", "first-0a1b2c"]
    assert "4 entries to look at" in page.text
    assert all(
        sentence in page.text for sentence in ("This scene is right.", "Another scene is right.", "It is no anime.")
    )
    assert "found, 97%" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<img src=x" not in page.text
    assert page.text.count("/operator/feedback/first-0a1b2c/picture/") == 2
    assert "The picture is gone." in page.text
    assert "The video has left the library." in page.text
    assert re.search(r'src="/image/[\w-]+\?size=l"', page.text)


@pytest.mark.asyncio
async def test_a_picture_is_made_anew_and_only_for_the_operator(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        visitor.server.bot.feedback.add(ENTRY, [picture_bytes(), b"<svg onload=alert(1)>", b""])
        path = f"/operator/feedback/{ENTRY.id}/picture"
        headers = {"Authorization": f"Bearer {visitor.key}"}
        async with visitor.session.get(visitor.server.url(f"{path}/0"), headers=headers) as response:
            body, kind = await response.read(), response.headers["Content-Type"]
            cached, cors = response.headers["Cache-Control"], response.headers.get("Access-Control-Allow-Origin")
        others = [
            (await visitor.get(address, **headers)).status
            for address in (
                f"{path}/1",
                f"{path}/2",
                f"{path}/3",
                f"{path}/99999",
                "/operator/feedback/nobody-0a1b2c/picture/0",
                "/operator/feedback/..%2F..%2Fapi-keys/picture/0",
                f"/operator/feedback/..%2Ffeedback%2F{ENTRY.id}/picture/0",
                f"/operator/feedback/{ENTRY.id}%00/picture/0",
            )
        ]
        without = (await visitor.get(f"{path}/0")).status
    assert kind == "image/jpeg"
    decoded = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (180, 320, 3)
    assert (cached, cors) == ("private, max-age=3600", None)
    assert others == [404] * len(others)
    assert without == 401


@pytest.mark.asyncio
async def test_an_entry_is_marked_and_deleted_by_forms(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        store = visitor.server.bot.feedback
        for case in ("first", "second"):
            store.add(entry(case), [picture_bytes()])
        await visitor.sign_in()
        token = await visitor.form_token()
        fields = {"form_token": token, "failed": "2"}
        marked = await visitor.post("/operator/feedback/first-0a1b2c/looked-at", fields)
        after_mark = await visitor.get()
        all_of_them = await visitor.get("/operator?looked=1")
        deleted = await visitor.post("/operator/feedback/first-0a1b2c/delete", {"form_token": token})
        gone = [
            (await visitor.post(f"/operator/feedback/{name}/delete", {"form_token": token})).status
            for name in ("first-0a1b2c", "..%2Fsecond-0a1b2c", "nobody-1")
        ]
        left = [entry.case for entry in store.entries()]
    assert (marked.status, marked.headers["Location"]) == (303, "/operator?failed=2#feedback")
    assert re.findall(r'id="entry-(\w+)-', after_mark.text) == ["second"]
    assert "1 entry to look at" in after_mark.text
    assert re.findall(r'id="entry-(\w+)-', all_of_them.text) == ["second", "first"]
    assert (deleted.status, gone, left) == (303, [404, 404, 404], ["second"])


@pytest.mark.asyncio
async def test_a_disk_that_refuses_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with visited(tmp_path) as visitor:
        visitor.server.bot.feedback.add(ENTRY, [])
        await visitor.sign_in()
        token = await visitor.form_token()
        (tmp_path / "feedback" / ENTRY.id / "looked-at").mkdir()
        with caplog.at_level(logging.WARNING):
            refused = await visitor.post(f"/operator/feedback/{ENTRY.id}/looked-at", {"form_token": token})
        page = await visitor.get()
    assert (refused.status, page.status) == (500, 200)
    assert "feedback cannot be written" in caplog.text


@pytest.mark.asyncio
async def test_reliability_is_told_with_the_number_of_answers(tmp_path: Path) -> None:
    wrong = Correction(CorrectionKind.TEXT, text="Aria 3")
    async with visited(tmp_path) as visitor:
        store = visitor.server.bot.feedback
        empty = await visitor.get(Authorization=f"Bearer {visitor.key}")
        for number, correction in enumerate([RIGHT, RIGHT, RIGHT, wrong]):
            store.add(entry(f"sure{number}", correction, probability=0.98), [])
        store.add(entry("doubtful", wrong, probability=0.5), [])
        store.add(replace(entry("none"), result=replace(result(), scenes=(), verdict=Verdict.NOT_IN_LIBRARY)), [])
        page = await visitor.get(Authorization=f"Bearer {visitor.key}")
    assert "There is no feedback to judge the answers by." in empty.text
    assert "<circle" not in empty.text
    assert "5 answers with feedback" in page.text
    assert "People report wrong answers more often than right ones" in page.text
    assert page.text.count("<circle") == 2
    rows = re.findall(r'<th scope="row">(\d+–\d+ %)</th><td>(\d+)</td><td>(\d+)</td><td>(\d+ %)</td>', page.text)
    assert rows == [("30–60 %", "1", "0", "0 %"), ("97–100 %", "4", "3", "75 %")]


@pytest.mark.asyncio
async def test_metrics_are_told_in_words(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        empty = await visitor.get(Authorization=f"Bearer {visitor.key}")
        metrics = visitor.server.bot.metrics
        for tone, time_s in ((Tone.FOUND, 0.4), (Tone.FOUND, 0.4), (Tone.UNSURE, 0.4), (Tone.NOT_FOUND, 60.0)):
            metrics.answered("discord", tone, time_s)
        metrics.answered("http", Tone.REFUSED, 0.01)
        metrics.refused("http", "busy")
        metrics.refused("http", "fetch")
        metrics.refused("http", "fetch")
        metrics.platform_fault("discord", XSS)
        page = await visitor.get(Authorization=f"Bearer {visitor.key}")
    assert "Nothing was searched yet." in empty.text
    assert "4 searches were answered." in page.text
    assert "Refused: links that lead to no picture 2, too busy 1." in page.text
    assert "Calls to Discord that failed: &lt;script&gt;" in page.text
    row = re.search(r'<th scope="row">Discord</th>(.*?)</tr>', page.text)
    assert row
    assert re.findall("<td>(.*?)</td>", row[1]) == ["4", "2", "1", "1", "0", "0.43 s", "more than 30 s"]


@pytest.mark.parametrize(
    ("locale", "title"),
    [("zh", "现在没有添加视频。"), ("zh-TW", "現在沒有新增影片。"), ("ja", "追加中の動画はありません。")],
)
@pytest.mark.asyncio
async def test_the_page_speaks_the_operators_language(locale: str, title: str, tmp_path: Path) -> None:
    assert title in (await page_of(tmp_path, locale)).text


@pytest.mark.asyncio
async def test_nothing_in_the_page_needs_a_policy_to_be_bent(tmp_path: Path) -> None:
    write_run_status(DataLayout(tmp_path).run_status, RUN)
    async with visited(tmp_path) as visitor:
        visitor.server.bot.feedback.add(ENTRY, [picture_bytes()])
        await visitor.sign_in()
        page = await visitor.get()
    assert not re.search(r"<[^>]+\s(style|on\w+)=|<style|javascript:", page.text)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL)
    assert scripts == [""]
    labelled = set(re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', page.text))
    assert labelled <= set(re.findall(r'id="([^"]+)"', page.text))
