"""A client of the API: each answer is checked against `openapi.yaml`, and has nothing that is not described there."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from bot.http_adapter.api import routes
from tests.bot.http_adapter.serving import Server

DESCRIPTION: Mapping[str, Any] = yaml.safe_load(routes.DESCRIPTION)


def _strict(description: Mapping[str, Any]) -> Mapping[str, Any]:
    """The description without room for fields that it does not name."""
    copy = deepcopy(dict(description))
    for schema in _objects(copy):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return copy


def _objects(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        for child in node.values():
            yield from _objects(child)
    elif isinstance(node, list):
        for child in node:
            yield from _objects(child)


_CHECKED = OpenAPI.from_dict(
    _strict(DESCRIPTION), Config(extra_media_type_deserializers={"application/problem+json": json.loads})
)


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    server: Server,
    method: str,
    path: str,
    *,
    session: aiohttp.ClientSession | None = None,
    headers: Mapping[str, str] | None = None,
    **body: Any,
) -> Answer:
    """The answer to a request, as it is described; `body` is aiohttp's `data`, `json` or `params`."""
    async with (session or server.session).request(
        method, server.url(path), headers=dict(headers or {}), **body
    ) as response:
        answer = Answer(response.status, dict(response.headers), await response.read())
    check(method, path, answer)
    return answer


def check(method: str, path: str, answer: Answer) -> None:
    """Raises where an answer is not as the description says."""
    content_type = answer.headers.get("Content-Type", "").partition(";")[0]
    parts = urlsplit(path)
    if method == "HEAD":
        return
    request = MockRequest("http://localhost", method.lower(), parts.path)
    response = MockResponse(answer.body, answer.status, dict(answer.headers), content_type)
    _CHECKED.validate_response(request, response)
    if answer.status >= 400 and path.startswith("/api/") and not path.endswith("/health"):
        assert content_type == "application/problem+json"
        assert answer.json["status"] == answer.status
