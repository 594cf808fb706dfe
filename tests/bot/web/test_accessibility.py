"""Every page under axe-core (npm, fetched by `.ci/axe`), light and dark, on a desk and on a phone: nothing serious."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from selenium.webdriver.common.keys import Keys

from bot.http_adapter.services import HttpSpec
from bot.messages import Tone
from core.library.run_status import RunState, RunStatus, write_run_status
from tests.bot.http_adapter.operator.visiting import ENTRY, picture_bytes
from tests.bot.http_adapter.serving import Server
from tests.bot.web.browsing import CHROMIUM, DRIVER, Browser
from tests.bot.web.drawn_site import browsed

AXE: Final = Path(__file__).parents[3] / ".ci/axe-core/axe.min.js"
pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM or not DRIVER, reason="there is no chromium or no chromedriver (Debian: chromium, chromium-driver)"
    ),
    pytest.mark.skipif(not AXE.exists(), reason="there is no axe-core; .ci/axe fetches it by npm"),
]
WIDTHS: Final = (1280, 390)
_RUN: Final = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  ({violations}) => done(violations.flatMap(({id, impact, nodes}) =>
    nodes.map((node) => `${impact} ${id}: ${node.html.slice(0, 120)} (${node.any[0]?.message ?? ""})`))),
  (error) => done([String(error)]));
"""


def findings(tab: Browser) -> Iterator[str]:
    """What axe-core finds on the page as it is, in each appearance."""
    tab.script(AXE.read_text("utf-8"))
    for width in WIDTHS:
        for dark in (False, True):
            tab.show_as(width, dark=dark)
            violations = tab.driver.execute_async_script(_RUN)
            yield from (f"{'dark' if dark else 'light'} {width}: {violation}" for violation in violations)
    tab.show_as(WIDTHS[0])


def pages(tab: Browser, folder: Path) -> Iterator[str]:
    """Opens each page, and names it."""
    tab.open()
    tab.one("#filters summary").click()
    yield "form"
    for name in ("found", "unsure", "unknown"):
        tab.open()
        tab.drop(folder / f"{name}.png")
        tab.one("#answer")
        tab.script("for (const node of document.querySelectorAll('#answer details')) node.open = true")
        yield name
        if name == "found":
            scene = tab.one("#share").get_attribute("href")
            assert scene
            tab.driver.get(scene)
            yield "scene"
            candidate = scene.rpartition("/")[0] + "/1"
            tab.driver.get(candidate)
            yield "another scene"
            tab.script("document.querySelector('.actions form').submit()")
            tab.one("#thanks")
            yield "thanks"
    tab.open()
    tab.drop(folder / "broken.png")
    tab.one(".problem")
    yield "problem"
    for path in ("/library", "/nothing", "/api"):
        tab.open(path)
        yield path


@pytest.mark.parametrize("locale", ["en", "zh-Hant"])
def test_no_page_has_a_finding(locale: str, tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}

    def steps(tab: Browser, _server: Server) -> None:
        tab.open(f"/language?locale={locale}")
        for name in pages(tab, tmp_path):
            assert tab.script("return document.documentElement.lang") == locale
            if violations := list(findings(tab)):
                found[name] = violations

    browsed(tmp_path, steps)
    assert found == {}


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_operators_page_has_no_finding(locale: str, tmp_path: Path) -> None:
    found: list[str] = []

    def steps(tab: Browser, server: Server) -> None:
        layout = server.services.layout
        status = RunStatus("library add", 42, 4e9, 4e9, RunState.READING, files=4, done=1, failed=1, name="05.mkv")
        write_run_status(layout.run_status, status)
        for case in ("first", "second"):
            server.services.feedback.add(replace(ENTRY, case=case), [picture_bytes()])
        server.bot.metrics.answered("discord", Tone.FOUND, 0.5)
        key = server.services.keys.add("ann", quota=1, concurrency=1, operator=True)
        tab.open(f"/language?locale={locale}&back=/operator")
        found.extend(findings(tab))
        tab.one("#key").send_keys("nobody" + Keys.ENTER)
        tab.one("#wrong")
        found.extend(findings(tab))
        tab.one("#key").send_keys(key + Keys.ENTER)
        tab.one(".entries details summary").click()
        found.extend(findings(tab))

    browsed(tmp_path, steps)
    assert found == []


def test_the_field_for_a_key_has_no_finding(tmp_path: Path) -> None:
    found: list[str] = []

    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.drop(tmp_path / "found.png")
        tab.until("document.getElementById('key-problem').textContent")
        found.extend(findings(tab))

    browsed(tmp_path, steps, spec=HttpSpec(port=0, key_required=True))
    assert found == []


def test_a_page_without_names_and_contrast_has_findings(tmp_path: Path) -> None:
    found: list[str] = []

    def steps(tab: Browser, _server: Server) -> None:
        tab.open("/library")
        tab.script("document.querySelector('label[for=language]').remove()")
        tab.script("for (const node of document.querySelectorAll('.sum')) node.style.color = '#999'")
        found.extend(findings(tab))

    browsed(tmp_path, steps)
    assert {violation.split()[3].rstrip(":") for violation in found} == {"select-name", "color-contrast"}
