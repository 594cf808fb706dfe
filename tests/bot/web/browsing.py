"""A headless Chromium, driven by selenium; Debian's packages `chromium` and `chromium-driver`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM: Final = shutil.which("chromium")
DRIVER: Final = shutil.which("chromedriver")
_WAIT_S: Final = 30.0
_PHONE_BELOW: Final = 600


class Browser:
    """One tab at the address `root` of a server."""

    def __init__(self, driver: webdriver.Chrome, root: str) -> None:
        self.driver = driver
        self.root = root

    def open(self, path: str = "/") -> None:
        self.driver.get(self.root + path)

    def show_as(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """The size of the window, a phone's below 600 pixels, and the system's choice of colours."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < _PHONE_BELOW}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def one(self, selector: str) -> WebElement:
        """The element, as soon as it is there."""
        elements = WebDriverWait(self.driver, _WAIT_S).until(
            lambda driver: driver.find_elements(By.CSS_SELECTOR, selector)
        )
        return elements[0]

    def press(self, keys: str) -> None:
        """Press keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(keys).perform()

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def script(self, code: str, *values: object) -> object:
        return self.driver.execute_script(code, *values)

    def until(self, code: str) -> object:
        """The value of an expression as soon as it is true."""
        return WebDriverWait(self.driver, _WAIT_S).until(lambda _driver: self.script(f"return {code}"))

    def drop(self, picture: Path) -> None:
        """Drop a file on the page: a file field of our own takes it from the disk and passes it on."""
        code = """
        const field = document.body.appendChild(document.createElement("input"));
        field.type = "file"; field.id = "dropped";
        field.addEventListener("change", () => {
          const transfer = new DataTransfer();
          transfer.items.add(field.files[0]);
          field.remove();
          document.getElementById("stage").dispatchEvent(
            new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
        });"""
        self.until("document.querySelector('.unscripted').hidden")  # the script listens
        self.script(code)
        self.one("#dropped").send_keys(str(picture))

    def problems(self) -> list[str]:
        """What the console complains of, such as a policy that is broken."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium's own


@contextmanager
def browser(
    root: str, *, width: int = 1280, height: int = 900, dark: bool = False, script: bool = True
) -> Iterator[Browser]:
    """A browser of a size; `dark`: the system's choice; without `script` none runs."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    settings = {"profile.managed_default_content_settings.javascript": 1 if script else 2}
    options.add_experimental_option("prefs", {"intl.accept_languages": "en", **settings})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        tab = Browser(driver, root)
        tab.show_as(width, height, dark=dark)
        yield tab
    finally:
        driver.quit()
