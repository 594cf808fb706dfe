"""Calls to the Bot API: parameters and files, faults, refusals."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call is not answered. `status` 0: the connection is closed; `hold`: only after this event."""

    status: int = 0
    description: str = ""
    retry_after: int | None = None
    migrate_to: int | None = None
    hold: asyncio.Event | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call and its answer; `files` are bytes by the name of the parameter or attachment."""

    method: str
    params: Mapping[str, str]
    files: Mapping[str, bytes]
    status: int
    result: Any = None

    def json(self, name: str) -> Any:
        """A parameter that is JSON."""
        return json.loads(self.params[name])


class Refusal(Exception):  # noqa: N818  # it is an answer
    """An answer of Telegram that refuses a call."""

    def __init__(self, description: str, status: int = 400, **parameters: int) -> None:
        super().__init__(description)
        self.description = description
        self.status = status
        self.parameters = parameters


async def read_call(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """Parameters as received, and the bytes of files."""
    params, files = dict(request.query), {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
            value.file.close()
        else:
            params[name] = value if isinstance(value, str) else bytes(value).decode()
    return params, files
