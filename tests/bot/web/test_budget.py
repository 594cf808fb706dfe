"""What the page costs: bytes and requests of its first load, what holds up its first paint, how much it moves."""

from pathlib import Path

import pytest

from tests.bot.http_adapter.serving import Server
from tests.bot.web.browsing import CHROMIUM, DRIVER, Browser
from tests.bot.web.drawn_site import browsed

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not DRIVER, reason="there is no chromium or no chromedriver (Debian: chromium, chromium-driver)"
)
LIMIT_BYTES = 100_000
"""Of a first load without pictures, before compression."""
LIMIT_SENT_BYTES = 30_000
"""The same as it is sent, with 300 bytes for the headers of each response (Resource Timing, `transferSize`)."""
LIMIT_REQUESTS = 10
LIMIT_SHIFT = 0.1
"""Cumulative layout shift that web.dev calls good."""
_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
  .observe({type: "layout-shift", buffered: true});
"""


def test_the_first_load_is_small_in_few_requests_and_asks_no_other_host(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.until("document.querySelector('.unscripted').hidden")
        code = """return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
            .map((entry) => [entry.name, entry.decodedBodySize, entry.transferSize])"""
        entries = tab.script(code)
        assert isinstance(entries, list)
        kinds = {str(name).rpartition(".")[2] for name, _size, _sent in entries}
        assert {"css", "js"} < kinds
        assert all(str(name).startswith(tab.root) for name, _size, _sent in entries)
        assert sum(size for _name, size, _sent in entries) < LIMIT_BYTES
        assert sum(sent for _name, _size, sent in entries) < LIMIT_SENT_BYTES
        assert len(entries) <= LIMIT_REQUESTS

    browsed(tmp_path, steps)


def test_a_second_load_asks_for_the_page_alone(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.until("document.querySelector('.unscripted').hidden")
        tab.open("/nothing")
        tab.until("document.querySelector('.unscripted').hidden")
        sent = tab.script("return performance.getEntriesByType('resource').map((entry) => entry.transferSize)")
        assert isinstance(sent, list)
        assert sent
        assert sum(sent) == 0

    browsed(tmp_path, steps)


def test_no_script_holds_up_the_first_paint(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        for path in ("/", "/library", "/nothing", "/api"):
            tab.open(path)
            code = """return performance.getEntriesByType("resource")
                .filter((entry) => entry.renderBlockingStatus === "blocking")
                .map((entry) => entry.name.split("/").pop())"""
            assert tab.script(code) == ["page.css"], path
            assert (
                tab.script("return [...document.scripts].filter((one) => one.src && one.type !== 'module').length") == 0
            )

    browsed(tmp_path, steps)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_the_answer_comes(width: int, tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.script(_SHIFTS)
        tab.drop(tmp_path / "found.png")
        tab.until("document.querySelector('#shown video')?.currentTime > 0.2")
        tab.until("!document.getElementById('query').hidden")
        tab.until("[...document.images].every((image) => image.complete || image.loading === 'lazy')")
        shift = tab.script("return window.shifts.reduce((sum, shift) => sum + shift, 0)")
        assert isinstance(shift, int | float)
        assert shift < LIMIT_SHIFT
        sizes = tab.script(
            "return [...document.images].filter((image) => !image.width || !image.getAttribute('width')).length"
        )
        assert sizes == 0

    browsed(tmp_path, steps, width=width)
