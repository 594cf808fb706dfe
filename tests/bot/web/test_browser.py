"""The page in a browser: dropping a file, the preview, languages, a phone, the dark, the keyboard, no script."""

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from bot.http_adapter.services import HttpSpec
from tests.bot.http_adapter.serving import Server
from tests.bot.web.browsing import CHROMIUM, DRIVER, Browser
from tests.bot.web.drawn_site import browsed

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not DRIVER, reason="there is no chromium or no chromedriver (Debian: chromium, chromium-driver)"
)
PHONE_WIDTH = 412


def test_a_dropped_file_is_found_and_its_preview_plays(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.drop(tmp_path / "found.png")
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
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.drop(tmp_path / "found.png")
        tab.one(".wrong summary").click()
        tab.one(".wrong input").send_keys("Aria 3")
        tab.one(".wrong form.fields button").click()
        assert tab.text(".thanks").startswith("Thank you!")
        assert tab.one("#title").is_displayed()

    browsed(tmp_path, steps)


def test_another_language_is_a_choice_away(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open("/library")
        assert tab.text("nav [aria-current]") == "Library"
        tab.one('#language option[value="ja"]').click()
        tab.until("document.documentElement.lang === 'ja'")
        assert tab.driver.current_url.endswith("/library")
        assert tab.text("nav [aria-current]") == "ライブラリ"

    browsed(tmp_path, steps)


def test_a_phone_scrolls_down_only_and_dark_is_dark(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        for path in ("/", "/library"):
            tab.open(path)
            assert tab.script("return document.documentElement.scrollWidth") == PHONE_WIDTH
        tab.open()
        tab.drop(tmp_path / "found.png")
        tab.one("#title")
        assert tab.script("return document.documentElement.scrollWidth") == PHONE_WIDTH
        dark = "rgb(19, 18, 16)"
        assert tab.script("return getComputedStyle(document.documentElement).backgroundColor") == dark
        tab.one("#theme").click()
        assert tab.script("return getComputedStyle(document.documentElement).backgroundColor") != dark

    browsed(tmp_path, steps, dark=True, width=PHONE_WIDTH)


def test_the_keyboard_alone_reaches_everything(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        reached = []
        for _ in range(12):
            tab.press(Keys.TAB)
            reached.append(tab.script("const node = document.activeElement; return node.id || node.textContent.trim()"))
        assert reached[0] == "Skip to the content"
        assert {"Library", "language", "theme", "picture", "A link, a show, a season"} <= set(map(str, reached))
        tab.one("#picture").send_keys(str(tmp_path / "found.png"))
        tab.one("#title")
        tab.press(Keys.TAB)
        reached = []
        for _ in range(6):
            reached.append(tab.script("return document.activeElement.textContent.trim()"))
            tab.press(Keys.TAB)
        assert {"Link to this scene", "GIF", "Another picture", "Wrong?"} <= set(map(str, reached))

    browsed(tmp_path, steps)


def test_without_script_the_form_finds_the_scene(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        field = tab.one("#picture")
        assert field.is_displayed()
        field.send_keys(str(tmp_path / "found.png"))
        tab.one("#search .unscripted").click()
        assert tab.text(".when") == "12:34"
        assert tab.one("#shown video").is_displayed()

    browsed(tmp_path, steps, script=False)


def test_a_key_is_asked_for_checked_and_kept_in_the_tab_only(tmp_path: Path) -> None:
    def steps(tab: Browser, server: Server) -> None:
        key = server.services.keys.add("reader", quota=10, concurrency=4)
        tab.open()
        tab.drop(tmp_path / "found.png")
        tab.until("document.getElementById('key-problem').textContent")
        assert tab.script("return document.activeElement.id") == "key"
        tab.press("wa_nothing" + Keys.ENTER)
        tab.until("document.getElementById('key-problem').textContent.startsWith('There is no such key')")
        tab.press(key + Keys.ENTER)
        assert tab.text("#title") == "Paper Boats"
        tab.open()
        assert tab.script("return document.getElementById('key').value") == key
        assert tab.script("return localStorage.length + document.cookie.length") == 0
        tab.drop(tmp_path / "found.png")
        assert tab.text("#title") == "Paper Boats"

    browsed(tmp_path, steps, spec=HttpSpec(port=0, key_required=True))


def test_the_chosen_theme_is_there_before_the_script(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.one("#theme").click()
        chosen = tab.script("return document.documentElement.dataset.theme")
        tab.open("/library")
        sent = tab.script("return fetch('/library').then((response) => response.text())")
        assert chosen == "dark"
        assert 'data-theme="dark"' in str(sent).partition("<html")[2].partition(">")[0]

    browsed(tmp_path, steps)


def test_an_answer_is_still_there_after_going_back_and_in_another_language(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.drop(tmp_path / "unsure.png")
        assert tab.text("#title") == "I am not sure about this one."
        assert tab.driver.title == "I am not sure about this one. — WhenAnime"
        tab.one("details.candidates summary").click()
        tab.one("details.candidates a").click()
        tab.until("location.pathname.startsWith('/scene/')")
        tab.driver.back()
        assert tab.text("#title") == "I am not sure about this one."
        tab.one('#language option[value="ja"]').click()
        tab.until("document.documentElement.lang === 'ja'")
        assert tab.text("#title") == "これはちょっと自信がありません。"

    browsed(tmp_path, steps)


def test_escape_gives_a_search_up_and_the_form_is_there_again(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open()
        tab.script(
            "window.fetch = (_, {signal}) => new Promise((_, refuse) =>"
            " signal.addEventListener('abort', () => refuse(signal.reason)));"
        )
        tab.drop(tmp_path / "found.png")
        tab.until("document.querySelector('#stage .sent')")
        assert not tab.one("#drop").is_displayed()
        tab.press(Keys.ESCAPE)
        tab.until("!document.querySelector('#stage .sent')")
        assert tab.one("#drop").is_displayed()

    browsed(tmp_path, steps)


def test_one_of_many_shows_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    def steps(tab: Browser, _server: Server) -> None:
        tab.open("/library")
        tab.until("document.querySelector('.unscripted').hidden")
        code = """return [...document.querySelectorAll("#wall > li:not([hidden]) h2")]
            .map((one) => one.firstChild.textContent.trim())"""
        everything = tab.script(code)
        tab.one("#find").send_keys("纸")
        one = tab.script(code)
        assert isinstance(everything, list)
        assert len(everything) == 20
        assert one == ["Paper Boats"]

    browsed(tmp_path, steps, shows=20)
