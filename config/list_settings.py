"""Settings that are lists: `One, Two` or JSON in a variable, or a list in the file."""

import json
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


def _parts(value: object, example: str) -> object:
    """The parts of a text; a number as a list of one; any other value unchanged, for pydantic to validate."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text.startswith(("[", '"')):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        parts = json.loads(text if text.startswith("[") else f"[{text}]")
    except ValueError as exc:
        raise ValueError(f"should be a list, such as {example}") from exc
    return parts


def _texts(value: object) -> object:
    return _parts(value, '`One, Two` or `["One", "Two"]`')


def _numbers(value: object) -> object:
    """Whole numbers of a list or a text; `ValueError` for other parts."""
    example = "`123, 456` or `[123, 456]`"
    parts = _parts(value, example)
    if not isinstance(parts, list):
        return parts
    try:
        return [int(part) if isinstance(part, str) else part for part in parts]
    except ValueError as exc:
        raise ValueError(f"should be numbers, such as {example}") from exc


def _object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else {}
    except ValueError as exc:
        raise ValueError('should be JSON, such as `{"One": {"ja": "一"}}`') from exc


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_texts)]
Numbers = Annotated[frozenset[int], NoDecode, BeforeValidator(_numbers)]
Titles = Annotated[dict[str, dict[str, str]], NoDecode, BeforeValidator(_object)]


def environment_text(value: object) -> str:
    """A setting's value as text for an environment variable; empty for an empty value and for `None`."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if not isinstance(value, (tuple, frozenset)):
        return str(value)
    parts = list(value) if isinstance(value, tuple) else sorted(value)
    plain = [str(part) for part in parts]
    if any("," in part or part.startswith(("[", '"')) or part != part.strip() for part in plain):
        return json.dumps(parts, ensure_ascii=False)
    return ", ".join(plain)
