"""The page in a browser: dropping a file, the preview, languages, a phone, the dark, the keyboard, no script."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import pytest
from selenium.webdriver.common.keys import Keys

from bot.http_adapter.media_links import MediaMoment
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeName, FileId, Scene
from core.library.feedback import FeedbackStore
from core.library.layout import DataLayout
from core.library.run_status import RunState, RunStatus, write_run_status
from core.previews.spec import Preview
from core.timecode import Millis
from tests.bot.http_adapter.operator.visiting import ENTRY
from tests.bot.http_adapter.serving import HttpEngine, served
from tests.bot.web.browsing import CHROMIUM, DRIVER, Browser, browser
from tests.clips import ClipSpec, drawing, drawings, write_clip

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not DRIVER, reason="there is no chromium or no chromedriver (Debian: chromium, chromium-driver)"
)
PHONE_WIDTH = 412


@dataclass
class DrawnEngine(HttpEngine):
    """Its media are a drawn clip that a browser can show."""

    clip: bytes = b""
    still_jpeg: bytes = b""

    def preview(self, moment: Scene | MediaMoment, *_arguments: object, **_options: object) -> Preview:  # type: ignore[override]  # whatever is asked
        return Preview(self.clip, moment.from_ms, moment.to_ms)

    def frame(self, _moment: Scene | MediaMoment, _width: int) -> bytes | None:
        return self.still_jpeg


def engine(folder: Path) -> DrawnEngine:
    clip = write_clip(folder / "clip.mp4", drawings(48), ClipSpec(codec="libx264"))
    record = FileRecord(
        FileId(7),
        FileStamp("/videos/05.mkv", "05.mkv", 1, 1, "content"),
        EpisodeName("Paper Boats", season=2, first=5, last=5),
        FileOutcome(FileState.READY, duration_ms=Millis(1_440_000)),
    )
    still = cv2.imencode(".jpg", drawing(1, 320, 180))[1].tobytes()
    return DrawnEngine(clip=clip.read_bytes(), still_jpeg=still, records={FileId(7): record})


def picture(folder: Path) -> Path:
    path = folder / "screenshot.png"
    cv2.imwrite(str(path), drawing(3, 320, 180))
    return path


def browsed(
    folder: Path, steps: Callable[[Browser], None], *, dark: bool = False, script: bool = True, width: int = 1280
) -> None:
    """Do steps in a browser that talks to a server, which has an operator with the key in `folder / "key"`."""

    async def run() -> None:
        async with served(folder, engine(folder)) as server:
            (folder / "key").write_text(server.services.keys.add("ann", quota=1, concurrency=1, operator=True))

            def browse() -> None:
                with browser(server.url(""), dark=dark, script=script, width=width) as tab:
                    steps(tab)

            await asyncio.to_thread(browse)

    asyncio.run(run())


def test_a_dropped_file_is_found_and_its_preview_plays(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        tab.open()
        tab.drop(picture(tmp_path))
        assert tab.text(".when") == "12:34"
        assert tab.text("#title") == "Paper Boats"
        tab.until("document.querySelector('#shown video').currentTime > 0.2")
        assert tab.script("return document.querySelector('#shown video').muted") is True
        tab.until("!document.getElementById('query').hidden")
        assert tab.script("return document.activeElement.id") == "title"
        assert not tab.one("#stage").is_displayed()
        assert tab.problems() == []

    browsed(tmp_path, steps)


def test_a_correction_is_thanked_for_in_its_place(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        tab.open()
        tab.drop(picture(tmp_path))
        tab.one(".wrong summary").click()
        tab.one(".wrong input").send_keys("Aria 3")
        tab.one(".wrong form.fields button").click()
        assert tab.text(".thanks").startswith("Thank you!")
        assert tab.one("#title").is_displayed()

    browsed(tmp_path, steps)


def test_another_language_is_a_choice_away(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        tab.open("/library")
        assert tab.text("nav [aria-current]") == "Library"
        tab.one('#language option[value="ja"]').click()
        tab.until("document.documentElement.lang === 'ja'")
        assert tab.driver.current_url.endswith("/library")
        assert tab.text("nav [aria-current]") == "ライブラリ"

    browsed(tmp_path, steps)


def test_a_phone_scrolls_down_only_and_dark_is_dark(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        for path in ("/", "/library"):
            tab.open(path)
            assert tab.script("return document.documentElement.scrollWidth") == PHONE_WIDTH
        tab.open()
        tab.drop(picture(tmp_path))
        tab.one("#title")
        assert tab.script("return document.documentElement.scrollWidth") == PHONE_WIDTH
        dark = "rgb(19, 18, 16)"
        assert tab.script("return getComputedStyle(document.documentElement).backgroundColor") == dark
        tab.one("#theme").click()
        assert tab.script("return getComputedStyle(document.documentElement).backgroundColor") != dark

    browsed(tmp_path, steps, dark=True, width=PHONE_WIDTH)


def test_the_keyboard_alone_reaches_everything(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        tab.open()
        reached = []
        for _ in range(12):
            tab.press(Keys.TAB)
            reached.append(tab.script("const node = document.activeElement; return node.id || node.textContent.trim()"))
        assert reached[0] == "Skip to the content"
        assert {"Library", "language", "theme", "picture", "A link, a show, a season"} <= set(map(str, reached))
        tab.one("#picture").send_keys(str(picture(tmp_path)))
        tab.one("#title")
        tab.press(Keys.TAB)
        reached = []
        for _ in range(6):
            reached.append(tab.script("return document.activeElement.textContent.trim()"))
            tab.press(Keys.TAB)
        assert {"Link to this scene", "GIF", "Another picture", "Wrong?"} <= set(map(str, reached))

    browsed(tmp_path, steps)


def test_without_script_the_form_finds_the_scene(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        tab.open()
        field = tab.one("#picture")
        assert field.is_displayed()
        field.send_keys(str(picture(tmp_path)))
        tab.one("#search .unscripted").click()
        assert tab.text(".when") == "12:34"
        assert tab.one("#shown video").is_displayed()

    browsed(tmp_path, steps, script=False)


def test_the_page_without_pictures_is_small_and_asks_no_other_host(tmp_path: Path) -> None:
    def steps(tab: Browser) -> None:
        tab.open()
        code = """return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
            .map((entry) => [entry.name, entry.decodedBodySize])"""
        entries = tab.script(code)
        assert isinstance(entries, list)
        assert all(str(name).startswith(tab.root) for name, _size in entries)
        assert sum(size for _name, size in entries) < 100_000

    browsed(tmp_path, steps)


@pytest.mark.parametrize("script", [True, False])
def test_the_operator_looks_through_feedback_while_a_run_goes_on(script: bool, tmp_path: Path) -> None:
    layout = DataLayout(tmp_path)
    status = RunStatus("library add", 42, 4e9, 4e9, RunState.READING, files=4, done=1, total_bytes=10, done_bytes=1)
    write_run_status(layout.run_status, status)
    FeedbackStore(layout.feedback).add(ENTRY, [picture(tmp_path).read_bytes()])

    def steps(tab: Browser) -> None:
        tab.open("/operator")
        assert tab.script("return document.activeElement.id") == "key"
        tab.press((tmp_path / "key").read_text() + Keys.ENTER)
        tab.until("document.readyState === 'complete' && document.querySelector('#run .when')?.textContent === '1 / 4'")
        assert tab.script("return document.documentElement.scrollWidth") == PHONE_WIDTH
        tab.until("[...document.querySelectorAll('.entries img')].every((image) => image.naturalWidth === 320)")
        write_run_status(layout.run_status, replace(status, done=2, done_bytes=2))
        if script:
            tab.until("document.querySelector('#run .when').textContent === '2 / 4'")
            assert tab.script("return document.getElementById('run-said').textContent.includes('2 / 4')")
        else:
            tab.one("a.refresh").click()
            tab.until("document.querySelector('#run .when')?.textContent === '2 / 4'")
        tab.one(".entries form button").click()
        tab.until("!document.querySelector('.entries')")
        assert tab.text("#feedback .lead") == "All feedback was looked at."
        tab.one(".parts form button").click()
        assert tab.one("#key").is_displayed()
        refused = [line for line in tab.problems() if "401" not in line and "username" not in line]
        assert refused == []

    browsed(tmp_path, steps, script=script, width=PHONE_WIDTH)
