"""A Bot API server on a loopback socket that follows Telegram's rules, with faults on demand."""

import asyncio
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.bot.telegram_adapter.api_document import ApiDocument
from tests.bot.telegram_adapter.calls import Call, Fault, Refusal, read_call
from tests.bot.telegram_adapter.chats import ME, Chats
from tests.bot.telegram_adapter.people import Json, Person, Room

TOKEN = "4242:AAtesttesttesttesttesttesttesttest"  # noqa: S105  # of nobody
DOWNLOAD_LIMIT = 20_000_000
_SENT = ("sendMessage", "sendAnimation", "sendPhoto")


@dataclass
class BotApi(Chats):
    """The server and its chats, messages and files. An async context manager."""

    document: ApiDocument | None = None
    token: str = TOKEN
    upload_limit: int = 50_000_000
    local: bool = False
    reactions: bool = True
    calls: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    webhook: Json = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._changed = asyncio.Condition()
        self._updates: list[Json] = []
        self._updates_numbers = iter(range(700, 1 << 30))
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/bot{token}/{method}", self._on_call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._on_file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method (`file`: downloads) fail, each with one of the faults."""
        self._faults[method].extend(faults)

    async def say(self, room: Room, person: Person, text: str = "", **fields: Any) -> Json:
        """A user writes a message, which the bot receives."""
        message = self.message(room, person, text, **fields)
        await self.update(message=message)
        return message

    async def press(self, person: Person, message: Json, action: str) -> str:
        """A user presses a button; returns the query's id."""
        query_id = f"query{next(self._updates_numbers)}"
        query = {"id": query_id, "from": person.json(), "chat_instance": "1", "message": message, "data": action}
        await self.update(callback_query=query)
        return query_id

    async def update(self, **content: Any) -> Json:
        """Send an update to the bot."""
        update = {"update_id": next(self._updates_numbers), **content}
        async with self._changed:
            self._updates.append(update)
            self._changed.notify_all()
        return update

    def of(self, method: str, status: int = 200) -> list[Call]:
        """The calls of a method so far that got this status."""
        return [call for call in self.calls if call.method == method and call.status == status]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds, which is checked after every call."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def call(self, method: str, count: int = 1, status: int = 200) -> Call:
        """The call number `count` of a method that got this status, once there is one."""
        await self.until(lambda: len(self.of(method, status)) >= count)
        return self.of(method, status)[count - 1]

    async def _on_call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params, files = await read_call(request)
        if self.document is not None:
            sizes = {name: len(data) for name, data in files.items()}
            self.violations += self.document.problems(method, params, sizes)
        try:
            await self._raise_fault(method, request)
            result = await self._answer(method, params, files)
        except Refusal as refusal:
            body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            if refusal.parameters:
                body["parameters"] = refusal.parameters
            await self._record(Call(method, params, files, refusal.status))
            return web.json_response(body, status=refusal.status)
        await self._record(Call(method, params, files, 200, result))
        return web.json_response({"ok": True, "result": result})

    async def _record(self, call: Call) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    async def _raise_fault(self, method: str, request: web.Request) -> None:
        if request.match_info["token"] != self.token:
            raise Refusal("Unauthorized", 401)
        if not self._faults[method]:
            return
        fault = self._faults[method].popleft()
        if fault.hold:
            await fault.hold.wait()
            if not fault.status:
                return
        if not fault.status:
            await self._record(Call(method, {}, {}, 0))
            if request.transport:
                request.transport.close()
            raise Refusal("dropped", 500)
        optional = {"retry_after": fault.retry_after, "migrate_to_chat_id": fault.migrate_to}
        parameters = {name: value for name, value in optional.items() if value is not None}
        raise Refusal(fault.description, fault.status, **parameters)

    async def _on_file(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        file_ids = [name for name, file_path in self.paths.items() if file_path == path]
        try:
            await self._raise_fault("file", request)
        except Refusal as refusal:
            return web.Response(status=refusal.status)
        if not file_ids:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=self.files[file_ids[0]])

    async def _answer(self, method: str, params: Mapping[str, str], files: Mapping[str, bytes]) -> Any:
        if sum(map(len, files.values())) > self.upload_limit:
            raise Refusal("Request Entity Too Large", 413)
        if method == "getUpdates":
            return await self._get_updates(params)
        if method in _SENT:
            return self.send(method, params, files)
        if method.startswith("editMessage"):
            return self.edit(method, params, files)
        handlers: Mapping[str, Callable[[Mapping[str, str]], object]] = {
            "getMe": lambda _: ME,
            "getFile": self._get_file,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._set_webhook,
            "setMessageReaction": self._react,
        }
        return handlers[method](params) if method in handlers else True

    def _react(self, _params: Mapping[str, str]) -> bool:
        if not self.reactions:
            raise Refusal("Bad Request: REACTION_INVALID")
        return True

    async def _get_updates(self, params: Mapping[str, str]) -> list[Json]:
        if self.webhook:
            raise Refusal("Conflict: can't use getUpdates method while webhook is active", 409)
        offset = int(params.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        allowed = json.loads(params.get("allowed_updates", "[]"))

        def waiting() -> list[Json]:
            return [
                update
                for update in self._updates
                if not allowed or allowed.count(next(name for name in update if name != "update_id"))
            ]

        if not waiting():
            async with self._changed:
                try:
                    async with asyncio.timeout(int(params.get("timeout", 0))):
                        await self._changed.wait_for(waiting)
                except TimeoutError:
                    return []
        return waiting()[: int(params.get("limit", 100))]

    def _get_file(self, params: Mapping[str, str]) -> Json:
        file_id = params["file_id"]
        if file_id not in self.files:
            raise Refusal("Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[file_id]) > DOWNLOAD_LIMIT and not self.local:
            raise Refusal("Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(self.files[file_id]),
            "file_path": self.paths[file_id],
        }

    def _set_webhook(self, params: Mapping[str, str]) -> bool:
        if not params.get("url"):
            self.webhook = {}
            return True
        if not params["url"].startswith("https://"):
            raise Refusal("Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", params.get("secret_token", "")):
            raise Refusal("Bad Request: secret token contains unallowed characters")
        self.webhook = dict(params)
        return True
