"""Logging set-up: a line or a JSON object a record to standard error, with secrets masked."""

import json
import logging
import re
from collections.abc import Collection
from typing import Final, Literal
from urllib.parse import quote

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["text", "json"]

MASK: Final = "***"

_TEXT_FORMAT: Final = "%(levelname)s %(name)s: %(message)s"
_JSON_FIELDS: Final = ("levelname", "name", "message")
_JSON_FIELD_NAMES: Final = {"levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack"}
_URL_LOGGERS: Final = ("httpx", "httpcore")
"""They log every URL that is called, and Telegram's URLs contain the token."""
_SECRET_MIN_CHARS: Final = 6
"""Shorter secrets are not masked: they would mask ordinary words."""
_TOKEN_PATTERNS: Final = (
    re.compile(r"(?<=/bot)\d{5,}(?::|%3A)[\w-]{30,}"),  # a token in a URL of Telegram's Bot API
    re.compile(r"(?<=/webhooks/)\d+/[\w.-]{30,}"),  # an interaction's token in a URL of Discord
    re.compile(r"(?<=/interactions/)\d+/[\w.-]{30,}"),
)


def set_up_logging(level: str, *, log_format: LogFormat = "text", secrets: Collection[str] = ()) -> None:
    """Send records of `level` and above to standard error, in place of any earlier set-up.

    Called at the process edge, and again when `secrets` are known: each is masked anywhere in a record, including its
    arguments, extras and exception, also as it is spelled in a URL or in JSON. With `json`, a record is one object on
    one line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, `exception`, and the fields of `extra`.
    """
    plain = (
        JsonFormatter(_JSON_FIELDS, rename_fields=_JSON_FIELD_NAMES, timestamp="time", json_ensure_ascii=False)
        if log_format == "json"
        else logging.Formatter(_TEXT_FORMAT)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_MaskingFormatter(plain, secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _URL_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


class _MaskingFormatter(logging.Formatter):
    """Masks secrets in another formatter's text, so that no part of a record can contain them."""

    def __init__(self, plain: logging.Formatter, secrets: Collection[str]) -> None:
        super().__init__()
        self._plain = plain
        spellings = {form for secret in secrets if len(secret) >= _SECRET_MIN_CHARS for form in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        secret_patterns = [re.compile("|".join(map(re.escape, longest_first)))] if longest_first else []
        self._patterns = (*secret_patterns, *_TOKEN_PATTERNS)

    def format(self, record: logging.LogRecord) -> str:
        text = self._plain.format(record)
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text


def _spellings(secret: str) -> tuple[str, ...]:
    """A secret as it is, in a URL, in Python's `repr`, and in JSON."""
    in_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    return secret, quote(secret, safe=""), repr(secret)[1:-1], *in_json
