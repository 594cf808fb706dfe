"""Connection state: whether a chat platform can be reached, logged alike for all platforms."""

import logging
import re
import socket
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

_log = logging.getLogger(__name__)
_PHRASES: Final = {status.phrase: status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}
_TIMEOUT: Final = re.compile("timeout|timedout", re.IGNORECASE)
"""Matches the names of client libraries' timeout errors."""


class ConnectionState:
    """Connection to one platform; `name` is the platform's.

    The first failed attempt is logged as a warning and every further one at level INFO, until the platform answers
    again, which is a warning too, so that the first one does not stand alone.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lost = False

    def lost(self, error: BaseException) -> None:
        """An attempt failed; another will be made."""
        if self._lost:
            _log.info("%s still cannot be reached (%s).", self._name, reason_of(error))
        else:
            _log.warning("%s cannot be reached (%s). Trying again until it can.", self._name, reason_of(error))
        self._lost = True

    def restored(self) -> None:
        """The platform answers."""
        if self._lost:
            _log.warning("%s can be reached again.", self._name)
        self._lost = False


def reason_of(error: BaseException) -> str:
    """Reason of a failed connection: the operating system's where there is one, else an HTTP status, else the error's
    name. Never the error's own text, in which client libraries put whole addresses.
    """
    chain = list(_causes(error))
    for cause in reversed(chain):  # the innermost says most
        if isinstance(cause, socket.gaierror):
            return "its name cannot be looked up"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror[:1].lower() + cause.strerror[1:]
    if any(isinstance(cause, TimeoutError) or _TIMEOUT.search(type(cause).__name__) for cause in chain):
        return "no answer in time"
    status = next((status for cause in chain if (status := _status(cause))), 0)
    return f"it answers {status}" if status else type(chain[-1]).__name__


def _status(error: BaseException) -> int:
    """HTTP status of an error: its attribute (discord.py, aiohttp), or the phrase that its text begins with
    (python-telegram-bot); 0 without one.
    """
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status
    return next((value for phrase, value in _PHRASES.items() if str(error).startswith(phrase)), 0)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes, the innermost last."""
    while True:
        yield error
        inner = error.__cause__ or getattr(error, "os_error", None) or error.__context__
        if not isinstance(inner, BaseException) or inner is error:
            return
        error = inner
