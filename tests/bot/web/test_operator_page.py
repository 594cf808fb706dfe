"""The operator's page in a browser, on a phone: signing in, a run that goes on, feedback; with and without script."""

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from core.library.run_status import RunState, RunStatus, write_run_status
from tests.bot.http_adapter.operator.visiting import ENTRY, picture_bytes
from tests.bot.http_adapter.serving import Server
from tests.bot.web.browsing import CHROMIUM, DRIVER, Browser
from tests.bot.web.drawn_site import browsed

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not DRIVER, reason="there is no chromium or no chromedriver (Debian: chromium, chromium-driver)"
)
PHONE_WIDTH = 412
RUN = RunStatus("library add", 42, 4e9, 4e9, RunState.READING, files=4, done=1, total_bytes=10, done_bytes=1)


@pytest.mark.parametrize("script", [True, False])
def test_an_operator_looks_through_feedback_while_a_run_goes_on(script: bool, tmp_path: Path) -> None:
    def steps(tab: Browser, server: Server) -> None:
        run_path = server.services.layout.run_status
        write_run_status(run_path, RUN)
        server.services.feedback.add(ENTRY, [picture_bytes()])
        key = server.services.keys.add("ann", quota=1, concurrency=1, operator=True)
        tab.open("/operator")
        assert tab.script("return document.activeElement.id") == "key"
        tab.press(key + Keys.ENTER)
        tab.until("document.readyState === 'complete' && document.querySelector('#run .when')?.textContent === '1 / 4'")
        assert tab.script("return document.documentElement.scrollWidth") == PHONE_WIDTH
        tab.until("[...document.querySelectorAll('.entries img')].every((image) => image.naturalWidth === 320)")
        write_run_status(run_path, replace(RUN, done=2, done_bytes=2))
        if script:
            tab.until("document.getElementById('run-said').textContent.includes('2 / 4')")
        else:
            tab.one("a.refresh").click()
        tab.until("document.querySelector('#run .when')?.textContent === '2 / 4'")
        tab.one(".entries form button").click()
        tab.until("document.getElementById('feedback') && !document.querySelector('.entries')")
        assert tab.text("#feedback .lead") == "All feedback was looked at."
        tab.one(".parts form button").click()
        assert tab.one("#key").is_displayed()
        # Chromium reports the status of the form, 401, and advises a name beside each password
        problems = [line for line in tab.problems() if "401" not in line and "username" not in line]
        assert problems == []

    browsed(tmp_path, steps, script=script, width=PHONE_WIDTH)
