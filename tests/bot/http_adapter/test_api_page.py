"""The API's description as a page."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from tests.bot.http_adapter.api_client import DESCRIPTION
from tests.bot.http_adapter.serving import served

SCRIPT = files("bot.web").joinpath("static/page.js").read_text("utf-8")
"""Script of every page, which finds the parts that a page has by their ids."""


async def page(tmp_path: Path, spec: HttpSpec) -> tuple[int, str]:
    async with served(tmp_path, spec=spec) as server, server.session.get(server.url("/api")) as response:
        return response.status, await response.text()


@pytest.mark.asyncio
async def test_the_page_tells_of_every_operation_and_object_without_a_script(tmp_path: Path) -> None:
    status, text = await page(tmp_path, HttpSpec(port=0))
    assert status == 200
    ids = set(re.findall(r'id="([^"]+)"', text))
    for path, item in DESCRIPTION["paths"].items():
        for method in item.keys() & {"get", "post"}:
            assert f"operation-{item[method]['operationId']}" in ids
            assert f"<b>{method.upper()}</b> {path}<" in text
    assert set(DESCRIPTION["components"]["schemas"]) <= ids
    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids
    assert not ids & set(re.findall(r'getElementById\("(\w+)"\)', SCRIPT)) - {"theme", "language"}
    assert "An answer again." in text
    assert "scenes" in text
    assert "$ref" not in text
    assert "{&#39;" not in text


@pytest.mark.asyncio
async def test_the_page_shows_how_to_call_this_very_server(tmp_path: Path) -> None:
    _status, text = await page(tmp_path, HttpSpec(port=0, public_url="https://when.example.org"))
    assert "curl -F picture=@screenshot.jpg https://when.example.org/api/v1/search" in text


@pytest.mark.parametrize("spec", [HttpSpec(port=0, api=False), HttpSpec(port=0, page=False)], ids=["api", "page"])
@pytest.mark.asyncio
async def test_without_api_or_pages_there_is_no_such_page(spec: HttpSpec, tmp_path: Path) -> None:
    assert (await page(tmp_path, spec))[0] == 404
