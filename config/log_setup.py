"""Logging: to standard error, a line or a JSON object for each record, without anybody's tokens."""

import json
import logging
import re
from collections.abc import Collection
from typing import Final, Literal
from urllib.parse import quote

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["text", "json"]

MASK: Final = "***"

_TEXT: Final = "%(levelname)s %(name)s: %(message)s"
_JSON: Final = ("levelname", "name", "message")
_NAMES: Final = {"levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack"}
_TALKATIVE: Final = ("httpx", "httpcore")
"""They log every address that is called, and Telegram's addresses have the token in them."""
_LEAST_SECRET: Final = 6
"""Characters; anything shorter would blot out ordinary words."""
_SHAPES: Final = (
    re.compile(r"(?<=/bot)\d{5,}(?::|%3A)[\w-]{30,}"),  # a token in an address of Telegram's Bot API
    re.compile(r"(?<=/webhooks/)\d+/[\w.-]{30,}"),  # an interaction's own token in an address of Discord's
    re.compile(r"(?<=/interactions/)\d+/[\w.-]{30,}"),
)


def set_up_logging(level: str, *, log_format: LogFormat = "text", secrets: Collection[str] = ()) -> None:
    """Send records of `level` and above to standard error; what was set up before is replaced.

    Called at the process edge, again when `secrets` are known: each is masked wherever it stands in a record, its
    arguments, extras and exception included, also as it is written in an address or in JSON. With `json`, a record is
    one object on one line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, `exception`, and what was given as
    `extra`.
    """
    plain = (
        JsonFormatter(_JSON, rename_fields=_NAMES, timestamp="time", json_ensure_ascii=False)
        if log_format == "json"
        else logging.Formatter(_TEXT)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_Masking(plain, secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Masking(logging.Formatter):
    """Another formatter's text without the secrets: nothing that goes into a record can get around it."""

    def __init__(self, plain: logging.Formatter, secrets: Collection[str]) -> None:
        super().__init__()
        self._plain = plain
        written = {form for secret in secrets if len(secret) >= _LEAST_SECRET for form in _forms(secret)}
        longest_first = sorted(written, key=len, reverse=True)
        known = [re.compile("|".join(map(re.escape, longest_first)))] if longest_first else []
        self._patterns = (*known, *_SHAPES)

    def format(self, record: logging.LogRecord) -> str:
        text = self._plain.format(record)
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text


def _forms(secret: str) -> tuple[str, ...]:
    """As it is, in an address, as Python shows it, and in JSON."""
    in_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    return secret, quote(secret, safe=""), repr(secret)[1:-1], *in_json
