"""Sessions of operators: random tokens in memory, each bound to the API key that it was made with."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cachetools import TTLCache

from bot.storage.api_keys import ApiKeyStore

LIFETIME_S: Final = 12 * 3600
_TOKEN_BYTES: Final = 32
_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """One session. `key_digest` is that of the key; `form_token` is in every form of its pages (OWASP: synchronizer
    token against cross-site request forgery).
    """

    name: str
    key_digest: str
    form_token: str


class OperatorSessions:
    """Sessions by the hash of their token, for `LIFETIME_S`; for one event loop. `clock` gives monotonic seconds."""

    def __init__(self, keys: ApiKeyStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._sessions: TTLCache[str, OperatorSession] = TTLCache(_LIMIT, LIFETIME_S, clock)

    def sign_in(self, secret: str) -> str | None:
        """The token of a new session; `None` for a key that does not exist or is no operator's."""
        key = self._keys.find(secret)
        if key is None or not key.operator:
            return None
        token = new_token()
        self._sessions[_digest(token)] = OperatorSession(key.name, key.digest, new_token())
        return token

    def find(self, token: str) -> OperatorSession | None:
        """The session of a token; `None` when it is over, or when its key was revoked."""
        session = self._sessions.get(_digest(token))
        if session is None:
            return None
        if not any(key.digest == session.key_digest and key.operator for key in self._keys.keys):
            self.sign_out(token)
            return None
        return session

    def sign_out(self, token: str) -> None:
        """End a session; one that is over is no error."""
        self._sessions.pop(_digest(token), None)


def new_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
