"""Checks calls against a description of Telegram's Bot API."""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[4] / "shared" / "specs" / "telegram-api.json"
"""Beside the repository; tests that need it are skipped without it."""

_LENGTH = re.compile(r"(\d+)-(\d+) (characters|bytes)")
_MOST = re.compile(r"[Aa]t most (\d+) commands")
_FIXED = re.compile(r"(?:must be|always) [“\"]?(\w+)[”\"]?$")
_PRIMITIVES: Mapping[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Boolean": bool,
    "Float": (int, float),
}
_TAG = re.compile(r"<[^>]+>")


class ApiDocument:
    """The methods and types of the Bot API: their fields, which of them are required, and the limits of texts."""

    def __init__(self, path: Path = DOCUMENT) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self._methods: dict[str, Any] = document["methods"]
        self._types: dict[str, Any] = document["types"]

    def problems(self, method: str, params: Mapping[str, str], files: Mapping[str, int]) -> list[str]:
        """The errors of a call: `params` as received, `files` with their sizes."""
        described = self._methods.get(method)
        if described is None:
            return [f"{method}: there is no such method"]
        fields = {field["name"]: field for field in described.get("fields", ())}
        return [
            f"{method}.{problem}"
            for problem in (*self._call(fields, params, files), *self._missing(fields, {*params, *files}))
        ]

    def _call(self, fields: dict[str, Any], params: Mapping[str, str], files: Mapping[str, int]) -> Iterator[str]:
        used = {name for value in params.values() for name in re.findall(r"attach://([\w-]+)", value)}
        for name in files:
            field = fields.get(name)
            if name not in used and (field is None or "InputFile" not in field["types"]):
                yield f"{name}: a file that nothing asks for"
        for name, raw in params.items():
            field = fields.get(name)
            if field is None:
                yield f"{name}: unknown"
                continue
            if "attach://" in raw and "InputFile" in field["types"]:
                continue
            text = unescape(_TAG.sub("", raw)) if params.get("parse_mode") == "HTML" else raw
            yield from self._value(name, field, _decoded(raw, field["types"]), text)

    def _value(self, name: str, field: Any, value: Any, text: str | None = None) -> Iterator[str]:
        if not any(self._fits(value, kind) for kind in field["types"]):
            yield f"{name}: {value!r} is no {' or '.join(field['types'])}"
            return
        shown = text if text is not None and isinstance(value, str) else value
        yield from _too_long(name, field["description"], shown)
        fixed = _FIXED.search(field["description"])
        if fixed and isinstance(value, str) and value != fixed[1]:
            yield f"{name}: {value!r} is not {fixed[1]}"
        # of several possible types, the one with the fewest errors
        yield from min((list(self._inside(name, kind, value)) for kind in field["types"]), key=len)

    def _inside(self, name: str, kind: str, value: Any) -> Iterator[str]:
        if kind.startswith("Array of ") and isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._inside(f"{name}[{number}]", kind.removeprefix("Array of "), item)
        elif isinstance(value, dict):
            fields = self._fields_of(kind, value)
            if fields is None:
                yield f"{name}: no {kind}"
                return
            for problem in self._missing(fields, value):
                yield f"{name}.{problem}"
            for inner, item in value.items():
                if inner not in fields:
                    yield f"{name}.{inner}: unknown"
                else:
                    # captions inside media are HTML too
                    text = unescape(_TAG.sub("", item)) if isinstance(item, str) and "parse_mode" in value else None
                    for problem in self._value(inner, fields[inner], item, text):
                        yield f"{name}.{problem}"

    def _fits(self, value: Any, kind: str) -> bool:
        if kind.startswith("Array of "):
            inner = kind.removeprefix("Array of ")
            return isinstance(value, list) and all(self._fits(item, inner) for item in value)
        if kind in _PRIMITIVES:
            return isinstance(value, _PRIMITIVES[kind]) and not (isinstance(value, bool) and kind != "Boolean")
        return isinstance(value, dict) and self._fields_of(kind, value) is not None

    def _fields_of(self, kind: str, value: Mapping[str, Any]) -> Any:
        """The fields of a type, or of that of its subtypes whose fixed values the object has."""
        described = self._types.get(kind)
        if described is None:
            return None
        for subtype in described.get("subtypes", ()):
            fields = self._fields_of(subtype, value) or {}
            fixed = {name: _FIXED.search(field["description"]) for name, field in fields.items()}
            if any(match and value.get(name) == match[1] for name, match in fixed.items()):
                return fields
        if described.get("subtypes"):
            return None
        fields = {field["name"]: field for field in described.get("fields", ())}
        # a type of keyboard is recognised by the fields that only it has
        return None if not fields.keys() & value.keys() and value else fields

    @staticmethod
    def _missing(fields: Mapping[str, Any], names: Any) -> list[str]:
        return [f"{name}: missing" for name, field in fields.items() if field["required"] and name not in names]


def _decoded(raw: str, kinds: list[str]) -> Any:
    """The value of a parameter: everything is received as text."""
    if kinds == ["String"]:
        return raw
    try:
        value = json.loads(raw)
    except ValueError:
        return raw
    return raw if isinstance(value, int) and not {"Integer", "Boolean", "Float"} & set(kinds) else value


def _too_long(name: str, description: str, value: Any) -> Iterator[str]:
    length = _LENGTH.search(description)
    if length and isinstance(value, str):
        size = len(value.encode()) if length[3] == "bytes" else len(value.encode("utf-16-le")) // 2
        if not int(length[1]) <= size <= int(length[2]):
            yield f"{name}: {size} {length[3]}, not {length[0]}"
    most = _MOST.search(description)
    if most and isinstance(value, list) and len(value) > int(most[1]):
        yield f"{name}: {len(value)}, more than {most[1]}"
