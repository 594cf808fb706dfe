"""Visits to the operator's page: signing in, forms, and feedback to look at."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import cv2

from bot.http_adapter.services import HttpSpec
from core.library.feedback import Correction, CorrectionKind, FeedbackEntry
from tests.bot.http_adapter.library import library_engine
from tests.bot.http_adapter.serving import HttpEngine, Server, served
from tests.bot.results import result, scene
from tests.clips import drawing

RIGHT = Correction(CorrectionKind.SCENE, scene=0)
ENTRY = FeedbackEntry("aB3dE6gH9j", "0a1b2c", "2026-03-04T05:06:07+00:00", "generation-000003", result(), RIGHT)


def entry(case: str, correction: Correction = RIGHT, *, when: str = "", probability: float = 0.97) -> FeedbackEntry:
    return replace(
        ENTRY, case=case, when=when or ENTRY.when, result=result(scene(probability=probability)), correction=correction
    )


def picture_bytes() -> bytes:
    return cv2.imencode(".png", drawing(3, 320, 180))[1].tobytes()


@dataclass
class Page:
    """A response and its text."""

    status: int
    text: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        match = re.search(rf'name="{name}" value="([^"]+)"', self.text)
        assert match, f"there is no field {name}"
        return match[1]


@dataclass
class Visitor:
    """A browser without script: keeps cookies, follows no redirect."""

    server: Server
    session: aiohttp.ClientSession
    key: str

    async def get(self, path: str = "/operator", **headers: str) -> Page:
        return await self._ask("GET", path, headers, None)

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Page:
        return await self._ask("POST", path, headers, fields)

    async def sign_in(self, key: str | None = None, **headers: str) -> Page:
        form = await self.get()
        fields = {"form_token": form.hidden("form_token"), "key": self.key if key is None else key}
        return await self.post("/operator/sign-in", fields, **headers)

    async def form_token(self) -> str:
        return (await self.get()).hidden("form_token")

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], data: Mapping[str, str] | None) -> Page:
        accept = {"Accept": "text/html", **headers}
        async with self.session.request(
            method, self.server.url(path), headers=accept, data=data, allow_redirects=False
        ) as response:
            cookies = {name: morsel.OutputString() for name, morsel in response.cookies.items()}
            return Page(response.status, await response.text(), dict(response.headers), cookies)


@asynccontextmanager
async def visited(
    folder: Path, *, spec: HttpSpec | None = None, engine: HttpEngine | None = None
) -> AsyncIterator[Visitor]:
    """A visitor of a server, with the key of an operator called `ann`."""
    async with served(folder, engine or library_engine(), spec=spec) as server:
        key = server.services.keys.add("ann", quota=1, concurrency=4, operator=True)
        jar = aiohttp.CookieJar(unsafe=True)  # takes cookies of IP addresses
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            yield Visitor(server, session, key)
