"""Checks requests against Discord's own OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).resolve().parents[4] / "shared" / "specs" / "discord-openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_URI = "urn:discord"

TOLERATED: Mapping[tuple[str, str], str] = {
    ("PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original", "tts"): (
        "discord.py sends it with every edit of a response; Discord ignores it"
    ),
}
"""Keys that discord.py sends and the document does not describe, and why that does no harm."""
SNOWFLAKES = frozenset({"id", "message_id", "channel_id", "guild_id", "recipient_id"})
"""Keys that discord.py sends as numbers and the document describes as strings; Discord accepts both."""


@dataclass(frozen=True)
class Request:
    """A received request; `path` is below the API base."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    files: tuple[str, ...] = ()


class Specification:
    """An OpenAPI document: the one at `DOCUMENT`, or another."""

    def __init__(self, path: Path = DOCUMENT) -> None:
        self._document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_URI, resource)
        self._validators: dict[str, Draft202012Validator] = {}

    def complaints(self, request: Request) -> list[str]:
        """The errors of a request, in words; none when it is valid."""
        template = self._template(request)
        if template is None:
            return [f"{request.method} {request.path}: there is no such path"]
        item = self._document["paths"][template]
        operation = item[request.method.lower()]
        name = f"{request.method} {template}"
        parameters = {
            (parameter["in"], parameter["name"]): f"#/paths/{_pointer(template)}/{where}/{index}"
            for where, listed in (
                ("parameters", item.get("parameters", [])),
                (f"{request.method.lower()}/parameters", operation.get("parameters", [])),
            )
            for index, parameter in enumerate(listed)
        }
        problems = [*self._of_path(request, template, parameters), *self._of_query(request, parameters)]
        content = operation.get("requestBody", {}).get("content", {})
        problems += self._of_body(request, template, content)
        return [f"{name}: {text}" for text in problems]

    def _of_path(self, request: Request, template: str, parameters: Mapping[tuple[str, str], str]) -> Iterator[str]:
        for part, value in zip(template.split("/"), request.path.split("/"), strict=True):
            if part.startswith("{") and ("path", part[1:-1]) in parameters:
                yield from self._against(f"{parameters['path', part[1:-1]]}/schema", value, part)

    def _of_query(self, request: Request, parameters: Mapping[tuple[str, str], str]) -> Iterator[str]:
        for key, value in request.query.items():
            pointer = parameters.get(("query", key))
            if pointer is None:
                yield f"there is no query parameter {key}"
            else:
                problems = [list(self._against(f"{pointer}/schema", reading, key)) for reading in _readings(value)]
                yield from min(problems, key=len)

    def _of_body(self, request: Request, template: str, content: Mapping[str, Any]) -> Iterator[str]:
        if request.body is None:
            return
        if "application/json" not in content:
            yield "takes no body"
            return
        if request.files and "multipart/form-data" not in content:
            yield "takes no files"
        root = f"#/paths/{_pointer(template)}/{request.method.lower()}/requestBody/content/application~1json/schema"
        yield from self._against(root, _as_strings(request.body), "body")
        if isinstance(request.body, Mapping):
            keys = self._keys(self._resolved(root))
            name = f"{request.method} {template}"
            for key in request.body:
                if key not in keys and (name, key) not in TOLERATED:
                    yield f"there is no key {key}"

    def _against(self, pointer: str, value: Any, name: str) -> Iterator[str]:
        validator = self._validators.get(pointer)
        if validator is None:
            schema = {"$ref": f"{_URI}{pointer}"}
            validator = self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        for error in validator.iter_errors(value):
            yield f"{name}{error.json_path[1:]}: {error.message[:300]}"

    def _template(self, request: Request) -> str | None:
        matching = [
            (template.count("{"), template)
            for method, pattern, template in self._patterns
            if method == request.method.lower() and pattern.fullmatch(request.path)
        ]
        return min(matching)[1] if matching else None

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str], str]]:
        return [
            (method, re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))), template)
            for template, item in self._document["paths"].items()
            for method in _METHODS
            if method in item
        ]

    def _resolved(self, pointer: str) -> Any:
        node: Any = self._document
        for part in pointer.removeprefix("#/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return node

    def _keys(self, schema: Mapping[str, Any]) -> set[str]:
        """All keys that an object of this schema may have."""
        if "$ref" in schema:
            return self._keys(self._resolved(schema["$ref"]))
        keys = set(schema.get("properties", {}))
        for word in ("anyOf", "oneOf", "allOf"):
            for part in schema.get(word, []):
                keys |= self._keys(part)
        return keys


def _as_strings(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {
            key: str(value) if key in SNOWFLAKES and isinstance(value, int) else _as_strings(value)
            for key, value in node.items()
        }
    return [_as_strings(item) for item in node] if isinstance(node, list) else node


def _pointer(template: str) -> str:
    return template.replace("~", "~0").replace("/", "~1")


def _readings(value: str) -> list[Any]:
    """What a query's value may be in JSON; discord.py writes booleans as 0 and 1, and Discord takes them so."""
    readings: list[Any] = [value]
    if re.fullmatch(r"-?\d{1,15}", value):
        readings.append(int(value))
    if value in ("0", "1"):
        readings.append(value == "1")
    return readings
