"""API keys: who may use the HTTP API beyond what an address may, kept as hashes in one file."""

import hmac
import json
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from core.errors import InputError, StorageError
from core.files import exclusive_lock, make_private, storage_errors, write_file

_KEY_BYTES: Final = 32
_NAME_LIMIT: Final = 64
_PREFIX: Final = "wa_"
"""Begins every key, so that scanners for leaked secrets can tell one."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key by its name. `digest`: SHA-256 of the key in hexadecimal; a key is 32 random bytes, so no slow hash is
    needed.

    `quota`: pictures a day; `concurrency`: searches at one time; `operator`: opens the operator's page; `created_s`:
    seconds since the epoch.
    """

    name: str
    digest: str
    quota: int
    concurrency: int
    operator: bool
    created_s: float


class ApiKeyStore:
    """Keys in a JSON file, read anew when it has changed: a key made by a command works in the running process at once.

    `StorageError` names a file that cannot be read or written.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[ApiKey, ...] = ()

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """All keys, in the order in which they were made."""
        with storage_errors(self._path, "cannot be read"):
            try:
                stat = self._path.stat()
            except FileNotFoundError:
                self._stamp, self._keys = None, ()
                return ()
            stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                make_private(self._path)  # those of earlier versions could be read by all
                self._keys, self._stamp = _parsed(self._path), stamp
        return self._keys

    def find(self, secret: str) -> ApiKey | None:
        """The key that somebody shows; `None` when there is none such."""
        digest = _digest(secret)
        return next((key for key in self.keys if hmac.compare_digest(key.digest, digest)), None)

    def add(self, name: str, *, quota: int, concurrency: int, operator: bool = False) -> str:
        """A new key in clear, which is kept nowhere. `InputError` when the name is blank, too long or in use."""
        name = name.strip()
        if not name or not name.isprintable() or len(name) > _NAME_LIMIT:
            raise InputError(f"A key needs a name of 1 to {_NAME_LIMIT} printable characters.")
        secret = _PREFIX + secrets.token_urlsafe(_KEY_BYTES)
        with self._locked():
            if any(key.name == name for key in self.keys):
                raise InputError(f"There is a key named {name} already; remove it first, or choose another name.")
            self._write((*self.keys, ApiKey(name, _digest(secret), quota, concurrency, operator, self._clock())))
        return secret

    def remove(self, name: str) -> None:
        """Revoke a key. `InputError` when there is none of this name."""
        with self._locked():
            left = tuple(key for key in self.keys if key.name != name)
            if len(left) == len(self.keys):
                raise InputError(f"There is no key named {name}.")
            self._write(left)

    def _locked(self) -> AbstractContextManager[None]:
        """Commands that change the keys do so one after the other."""
        return exclusive_lock(self._path.with_suffix(".lock"), "Another command is changing the keys; try again.")

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        text = json.dumps([asdict(key) for key in keys], ensure_ascii=False, indent=1)
        write_file(self._path, text, private=True, problem="API keys cannot be kept")


def _parsed(path: Path) -> tuple[ApiKey, ...]:
    try:
        return TypeAdapter(tuple[ApiKey, ...]).validate_json(path.read_bytes())
    except ValidationError as exc:
        problem = exc.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise StorageError(f"{path}: is no file of API keys: {place}: {problem['msg']}.") from exc


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
