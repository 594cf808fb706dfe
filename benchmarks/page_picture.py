"""Picture of the web page with an answer: `whenanime serve` over a library, looked at by headless Chromium."""

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from core.pictures.pixels import Rgb

_SIZE: Final = (1280, 1190)
_WAIT_S: Final = 60.0
_SHOWN_S: Final = 1.0
"""The moment of the preview at which the picture is made."""


def is_possible() -> bool:
    """Whether there is a browser."""
    return all(map(shutil.which, ("chromium", "chromedriver")))


def picture(data_dir: Path, screenshot: Path) -> Rgb:
    """The page after a search for a screenshot."""
    with _served(data_dir) as address, _browser() as driver:
        driver.get(address)
        driver.find_element(By.ID, "picture").send_keys(str(screenshot.resolve()))
        paused = f"""
            const video = document.querySelector("#shown video");
            if (!video || video.readyState < 3) return false;
            video.pause();
            video.controls = false;
            if (!video.dataset.sought) {{ video.dataset.sought = "1"; video.currentTime = {_SHOWN_S}; }}
            return !video.seeking && !document.getElementById("query").hidden;"""
        WebDriverWait(driver, _WAIT_S).until(lambda _driver: driver.execute_script(paused))
        png = base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"])
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)


@contextmanager
def _served(data_dir: Path) -> Iterator[str]:
    """A server over a library; its address."""
    command = [sys.executable, "-m", "whenanime", "serve", "--port", "0"]
    environment = {**os.environ, "WHENANIME_DATA_DIR": str(data_dir)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = process.stdout or ()
            address = next((match[0] for line in lines if (match := re.search(r"http://[^/\s]+/", line))), None)
            if address is None:
                raise RuntimeError("whenanime serve has printed no address")
            yield address
        finally:
            process.terminate()


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": "en"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(shutil.which("chromedriver"))))
    try:
        width, height = _SIZE
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        yield driver
    finally:
        driver.quit()
