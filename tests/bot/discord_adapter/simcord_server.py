"""Discord on the loopback interface: REST, gateway and CDN in front of simcord's backend, with faults on demand."""

import asyncio
import fnmatch
import io
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import BodyPartReader, web
from simcord.backend import Backend
from simcord.backend.cdn import CDN_BASE
from simcord.backend.errors import BackendError
from simcord.http import router, routes  # noqa: F401  # importing the routes registers them

from tests.bot.discord_adapter.openapi import Request, Specification
from tests.bot.discord_adapter.simcord_gateway import MESSAGE_CONTENT_FLAG, Gateway, Portal

_API = "/api/v10"
_WITHOUT_TOKEN = ("/interactions/", "/webhooks/")


@dataclass
class Fault:
    """Answers `times` requests of a method and path (`*` stands for anything) otherwise; `status` 0 hangs up.

    `after`: the request is carried out before. `passes`: so many are let through first.
    """

    method: str
    path: str
    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    after: bool = False
    passes: int = 0


@dataclass
class Hold:
    """Requests to a path wait until `released`; `reached` is set by the first one."""

    path: str
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Upload:
    """A file as simcord takes it from discord.py."""

    fp: io.BytesIO
    filename: str
    description: str | None = None


class SimcordServer:
    """An async context manager; `specification` checks every request, and its errors are in `complaints`."""

    def __init__(self, specification: Specification | None = None) -> None:
        self.backend = Backend()
        self.portal = Portal()
        self.gateway = Gateway(self.backend, self.portal, self._render)
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.faults: list[Fault] = []
        self.holds: list[Hold] = []
        self.upload_limit_bytes = 10 * 1024 * 1024
        self.age_restricted: set[int] = set()
        self.on_change: Callable[[], None] = lambda: None
        self.gateway.on_open = self._changed
        self._specification = specification
        self._by_nonce: dict[tuple[str, str], Any] = {}
        self._stack = AsyncExitStack()
        self._base = ""

    @property
    def api_base(self) -> str:
        return f"http://{self._base}{_API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self._base}/gateway"

    @property
    def cdn_base(self) -> str:
        return f"http://{self._base}/cdn"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/cdn/{name:.*}", self._cdn)
        app.router.add_route("*", _API + "/{path:.*}", self._rest)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._stack.push_async_callback(self.gateway.close, 1001)
        host, port = runner.addresses[0][:2]
        self._base = f"{host}:{port}"
        self.gateway.url = self.gateway_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hold in self.holds:
            hold.released.set()
        await self._stack.aclose()

    def hold(self, path: str) -> Hold:
        hold = Hold(path)
        self.holds.append(hold)
        return hold

    def sent(self, method: str, path: str) -> list[Request]:
        """Requests of a method to a path (`*` stands for anything)."""
        return [
            request for request in self.requests if request.method == method and fnmatch.fnmatch(request.path, path)
        ]

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        path = unquote(request.raw_path.split("?")[0].removeprefix(_API))
        body, uploads = await _read(request)
        arrived = Request(request.method, path, dict(request.query), body, tuple(upload.filename for upload in uploads))
        self.requests.append(arrived)
        if self._specification is not None:
            self.complaints += self._specification.complaints(arrived)
        await self._wait(path)
        try:
            return await self._answer(request, arrived, uploads)
        finally:
            self._changed()

    def _changed(self) -> None:
        self.on_change()

    async def _answer(self, request: web.Request, arrived: Request, uploads: list[_Upload]) -> web.StreamResponse:
        authorized = request.headers.get("Authorization") == f"Bot {self.portal.token}"
        if not authorized and not arrived.path.startswith(_WITHOUT_TOKEN):
            return _json(401, {"message": "401: Unauthorized", "code": 0})
        fault = self._fault(arrived)
        if fault is not None and not fault.after:
            return self._faulty(request, fault)
        if any(len(upload.fp.getbuffer()) > self.upload_limit_bytes for upload in uploads):
            return _json(413, {"message": "Request entity too large", "code": 40005})
        response = self._carry_out(arrived, uploads)
        return self._faulty(request, fault) if fault is not None else response

    def _carry_out(self, arrived: Request, uploads: list[_Upload]) -> web.Response:
        nonce = arrived.body.get("nonce") if isinstance(arrived.body, dict) else None
        key = (arrived.path, str(nonce))
        if nonce is not None and key in self._by_nonce:
            return _json(200, self._by_nonce[key], self._render)
        try:
            answer = router.dispatch(
                self.backend,
                arrived.method,
                arrived.path,
                json=arrived.body,
                params=dict(arrived.query),
                files=uploads,
                message_content_access=self.portal.message_content,
            )
        except (router.RouteNotImplemented, router.UnsupportedField) as error:
            self.complaints.append(f"simcord: {error}")
            return _json(501, error.to_json())
        except BackendError as error:
            return _json(error.status, error.to_json())
        if arrived.path == "/oauth2/applications/@me":
            answer["flags"] = MESSAGE_CONTENT_FLAG if self.portal.message_content else 0
            ways = ("0", "1") if self.portal.user_install else ("0",)
            answer["integration_types_config"] = {way: {} for way in ways}
        if nonce is not None:
            self._by_nonce[key] = answer
        return web.Response(status=204) if answer is None else _json(200, answer, self._render)

    async def _cdn(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["name"]
        self.requests.append(Request("CDN", path, dict(request.query)))
        await self._wait(f"/cdn{path}")
        fault = self._fault(self.requests[-1])
        if fault is not None:
            return self._faulty(request, fault)
        data = self.backend.cdn.get(CDN_BASE + path)
        return web.Response(status=404) if data is None else web.Response(body=data)

    def _fault(self, arrived: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == arrived.method and fnmatch.fnmatch(arrived.path, fault.path):
                if fault.passes:
                    fault.passes -= 1
                    return None
                fault.times -= 1
                return fault
        return None

    @staticmethod
    def _faulty(request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.status == 0:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return _json(fault.status, dict(fault.body), headers=fault.headers)

    async def _wait(self, path: str) -> None:
        for hold in self.holds:
            if fnmatch.fnmatch(path, hold.path):
                hold.reached.set()
                await hold.released.wait()

    def _render(self, payload: Any) -> str:
        """JSON for clients: files are on the server's own CDN, and age-restricted channels are marked."""
        return json.dumps(self._marked(payload)).replace(CDN_BASE, self.cdn_base)

    def _marked(self, node: Any) -> Any:
        if isinstance(node, Mapping):
            marked = {key: self._marked(value) for key, value in node.items()}
            if "permission_overwrites" in node and int(node["id"]) in self.age_restricted:
                marked["nsfw"] = True
            return marked
        return [self._marked(item) for item in node] if isinstance(node, list | tuple) else node


async def _read(request: web.Request) -> tuple[Any, list[_Upload]]:
    if request.content_type == "multipart/form-data":
        body: Any = None
        uploads: dict[str, _Upload] = {}
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            assert part.name is not None
            data = bytes(await part.read(decode=False))
            if part.name == "payload_json":
                body = json.loads(data)
            else:
                uploads[part.name] = _Upload(io.BytesIO(data), part.filename or "")
        assert list(uploads) == [f"files[{index}]" for index in range(len(uploads))]
        return body, list(uploads.values())
    raw = await request.read()
    return (json.loads(raw) if raw else None), []


def _json(
    status: int,
    payload: Any,
    render: Callable[[Any], str] = json.dumps,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    # without a charset, as Discord's
    types = {"Content-Type": "application/json"}
    return web.Response(status=status, body=render(payload).encode(), headers={**types, **(headers or {})})
