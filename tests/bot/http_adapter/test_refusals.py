"""Refusals before any handler: each part's in its own form."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.http_adapter.services import HttpSpec
from tests.bot.http_adapter.raw_client import connected, exchange, received, request
from tests.bot.http_adapter.serving import served

HTML = {"Accept": "text/html,*/*;q=0.8"}


@pytest.mark.asyncio
async def test_too_many_requests_are_refused_in_the_form_of_the_part(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, per_minute=1)) as server:
        await exchange(server, request("GET", "/healthz"))
        trace_moe = await exchange(server, request("GET", "/me", b"", **HTML))
        api = await exchange(server, request("GET", "/api/v1/shows", b"", **HTML))
        page = await exchange(server, request("GET", "/library", b"", **HTML))
        image = [await exchange(server, request("GET", "/image/x")) for _ in range(11)][-1]
    for answer in (trace_moe, api, page, image):
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert json.loads(trace_moe.body) == {"error": "Too many requests, please try again later."}
    assert json.loads(api.body)["title"] == "Too Many Requests"
    assert page.headers["Content-Type"].startswith("text/html")
    assert b"Too many requests came from your network." in page.body
    assert image.body == b"Too many requests, please try again later."


@pytest.mark.asyncio
async def test_a_method_that_a_route_does_not_have_is_refused_in_the_form_of_the_part(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        trace_moe = await exchange(server, request("PUT", "/me", b"", **HTML))
        api = await exchange(server, request("PUT", "/api/v1/shows", b"", **HTML))
        page = await exchange(server, request("PUT", "/library", b"", **HTML))
    for answer in (trace_moe, api, page):
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
    assert json.loads(trace_moe.body) == {"error": "Method Not Allowed"}
    assert json.loads(api.body)["detail"] == "This address does not answer this method."
    assert b"This cannot be done here." in page.body


@pytest.mark.asyncio
async def test_too_many_uploads_of_a_browser_are_refused_by_a_page(tmp_path: Path) -> None:
    async with served(tmp_path, spec=HttpSpec(port=0, concurrency=1)) as server, AsyncExitStack() as stack:
        slow = request("POST", "/", b"", Content_Type="image/png", Content_Length="1000000", **HTML)
        streams = [await stack.enter_async_context(connected(server)) for _ in range(6)]
        for _reader, writer in streams:
            writer.write(slow)
        waiting = [asyncio.create_task(received(reader)) for reader, _writer in streams]
        (refused,), others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
    assert refused.result().status == 429
    assert "Retry-After" in refused.result().headers
    assert b"That was a lot of pictures in a short time." in refused.result().body
