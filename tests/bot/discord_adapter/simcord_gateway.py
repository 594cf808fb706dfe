"""A gateway over a real websocket in front of simcord's backend."""

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import discord
from aiohttp import WSMsgType, web
from simcord.backend import Backend, serializers
from simcord.gateway import FakeGateway

MESSAGE_CONTENT_FLAG = 1 << 18
_DISPATCH, _HEARTBEAT, _IDENTIFY, _RESUME, _RECONNECT, _INVALID, _HELLO, _ACK = 0, 1, 2, 6, 7, 9, 10, 11


@dataclass
class Portal:
    """The settings in the developer portal; `shut`: the gateway refuses the intent “message content” all the same;
    `user_install`: users may install the app for themselves.
    """

    token: str = "a-token"  # noqa: S105
    message_content: bool = True
    shut: bool = False
    user_install: bool = False


class Session:
    """Session of one client; it outlives its socket. simcord withholds what the client's intents do not allow."""

    def __init__(self, backend: Backend, number: int, intents: discord.Intents, render: Callable[[Any], str]) -> None:
        self.id = f"session-{number}"
        self.intents = intents
        self.parsers = _Parsers(self)
        self.sent: list[tuple[int, str]] = []
        self.socket: Socket | None = None
        self._gate = FakeGateway(backend, self)
        self._render = render

    def feed(self, event: str, payload: Mapping[str, Any]) -> None:
        self._gate.feed(event, payload)

    def dispatch(self, event: str, payload: Mapping[str, Any]) -> None:
        number = len(self.sent) + 1
        text = self._render({"op": _DISPATCH, "t": event, "s": number, "d": payload})
        self.sent.append((number, text))
        if self.socket is not None:
            self.socket.put(text)


class _Parsers:
    """Passes events on in place of discord.py's table of event parsers, which simcord calls."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, event: str) -> Callable[[Mapping[str, Any]], None]:
        return partial(self._session.dispatch, event)


class Socket:
    """One connection, compressed as a stream like Discord's."""

    def __init__(self, ws: web.WebSocketResponse, *, compressed: bool) -> None:
        self.ws = ws
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._deflate = zlib.compressobj() if compressed else None

    def put(self, text: str) -> None:
        self._queue.put_nowait(text)

    async def write(self) -> None:
        while (text := await self._queue.get()) is not None:
            if self._deflate is None:
                await self.ws.send_str(text)
            else:
                data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                await self.ws.send_bytes(data)


@dataclass
class Gateway:
    """Accepts connections. `url` is the address that clients resume at."""

    backend: Backend
    portal: Portal
    render: Callable[[Any], str]
    url: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    sockets: list[Socket] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    on_open: Callable[[], None] = lambda: None
    hidden: set[int] = field(default_factory=set)
    """Ids of messages that are left out of replies to them."""
    refusing: int = 0
    """Connections that are refused before one is accepted."""

    def __post_init__(self) -> None:
        self.backend.subscribers.append(self._emit)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        assert request.query["v"] == "10"
        assert request.query["encoding"] == "json"
        compress = request.query.get("compress")
        assert compress in (None, "zlib-stream")
        if self.refusing:
            self.refusing -= 1
            raise web.HTTPServiceUnavailable
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        socket = Socket(ws, compressed=compress is not None)
        self.sockets.append(socket)
        writing = asyncio.create_task(socket.write())
        socket.put(self.render({"op": _HELLO, "d": {"heartbeat_interval": 41250}}))
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._receive(socket, json.loads(message.data))
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            self.sockets.remove(socket)
            for session in self.sessions.values():
                if session.socket is socket:
                    session.socket = None
        return ws

    async def close(self, code: int) -> None:
        """Close every connection with a close code."""
        for socket in [*self.sockets]:
            await socket.ws.close(code=code)

    def ask_to_reconnect(self) -> None:
        """Send what Discord sends before it restarts a gateway."""
        for socket in self.sockets:
            socket.put(self.render({"op": _RECONNECT, "d": None}))

    def forget_sessions(self) -> None:
        """Make every session invalid, so that it cannot be resumed."""
        self.sessions.clear()

    async def _receive(self, socket: Socket, message: dict[str, Any]) -> None:
        match message["op"]:
            case 1:
                socket.put(self.render({"op": _ACK}))
            case 2:
                await self._identify(socket, message["d"])
            case 6:
                await self._resume(socket, message["d"])
            case other:
                raise AssertionError(f"the gateway was sent op {other}")

    async def _identify(self, socket: Socket, data: dict[str, Any]) -> None:
        if data["token"] != self.portal.token:
            await socket.ws.close(code=4004)
            return
        intents = discord.Intents.none()
        intents.value = data["intents"]
        if (
            intents.members
            or intents.presences
            or (intents.message_content and (self.portal.shut or not self.portal.message_content))
        ):
            await socket.ws.close(code=4014)
            return
        session = Session(self.backend, len(self.opened), intents, self.render)
        self.sessions[session.id] = session
        session.socket = socket
        guilds = list(self.backend.guilds.values())
        session.feed(
            "READY",
            {
                "v": 10,
                "user": dict(serializers.user_payload(self.backend.bot_user)),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "application": {
                    "id": str(self.backend.application_id),
                    "flags": MESSAGE_CONTENT_FLAG if self.portal.message_content else 0,
                },
            },
        )
        for guild in guilds:
            session.feed("GUILD_CREATE", serializers.guild_create_payload(self.backend, guild))
        self.opened.append("identify")
        self.on_open()

    async def _resume(self, socket: Socket, data: dict[str, Any]) -> None:
        if data["token"] != self.portal.token:
            await socket.ws.close(code=4004)
            return
        session = self.sessions.get(data["session_id"])
        if session is None:
            socket.put(self.render({"op": _INVALID, "d": False}))
            return
        session.socket = socket
        for number, text in session.sent:
            if number > data["seq"]:
                socket.put(text)
        session.dispatch("RESUMED", {})
        self.opened.append("resume")
        self.on_open()

    def _emit(self, event: str, payload: Mapping[str, Any]) -> None:
        referenced = payload.get("referenced_message")
        if referenced and int(referenced["id"]) in self.hidden:
            payload = {key: value for key, value in payload.items() if key != "referenced_message"}
        for session in self.sessions.values():
            session.feed(event, payload)
