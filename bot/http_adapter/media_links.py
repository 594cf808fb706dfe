"""Media links: signed, expiring ids of a moment of a video, opaque to clients.

An id is base64url of file id, moment, range, expiry and a truncated HMAC-SHA256 of these (RFC 2104), so that nobody
can ask for a moment that no answer has named, and no id works for ever.
"""

import base64
import binascii
import hmac
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from core.domain import FileId, Scene
from core.errors import WhenAnimeError
from core.files import make_private, storage_errors, write_file
from core.timecode import Millis

_FIELDS: Final = struct.Struct(">IIIIBI")
_SIGNATURE_BYTES: Final = 12
_SECRET_BYTES: Final = 32
_EXPIRY_STEP_S: Final = 3600
"""Expiries are rounded up to this, so that the id of a moment stays the same for a while and caches can keep its
media.
"""


@dataclass(frozen=True, slots=True)
class MediaMoment:
    """A moment of a video and the scene around it; `sequence`: the media show all of the scene."""

    file_id: FileId
    from_ms: Millis
    at_ms: Millis
    to_ms: Millis
    sequence: bool = False

    @classmethod
    def of(cls, scene: Scene) -> "MediaMoment":
        """The moment of a search's scene."""
        return cls(scene.file_id, scene.from_ms, scene.at_ms, scene.to_ms, scene.sequence)


class MediaLinkError(WhenAnimeError):
    """An id that is not one of ours: damaged, or signed with another secret."""


class MediaLinkExpiredError(MediaLinkError):
    """An id whose time is over."""


class MediaLinks:
    """Signs moments and reads ids. `lifetime_s`: how long an id works at least; `clock` gives seconds since the
    epoch.
    """

    def __init__(self, secret: bytes, lifetime_s: float, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._lifetime_s = lifetime_s
        self._clock = clock

    def sign(self, moment: MediaMoment) -> str:
        """The id of a moment."""
        expiry_s = (int(self._clock() + self._lifetime_s) // _EXPIRY_STEP_S + 1) * _EXPIRY_STEP_S
        fields = _FIELDS.pack(
            moment.file_id, moment.from_ms, moment.at_ms, moment.to_ms, moment.sequence, expiry_s & 0xFFFFFFFF
        )
        return base64.urlsafe_b64encode(fields + self._signature(fields)).rstrip(b"=").decode()

    def read(self, media_id: str) -> MediaMoment:
        """The moment of an id; `MediaLinkError` when it is not ours, `MediaLinkExpiredError` when its time is over."""
        try:
            content = base64.b64decode(media_id + "=" * (-len(media_id) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as exc:
            raise MediaLinkError("The id of the media is damaged.") from exc
        fields, signature = content[: _FIELDS.size], content[_FIELDS.size :]
        if len(fields) < _FIELDS.size or not hmac.compare_digest(signature, self._signature(fields)):
            raise MediaLinkError("The id of the media is damaged.")
        file_id, from_ms, at_ms, to_ms, sequence, expiry_s = _FIELDS.unpack(fields)
        if self._clock() > expiry_s:
            raise MediaLinkExpiredError("The link to the media has expired.")
        return MediaMoment(FileId(file_id), Millis(from_ms), Millis(at_ms), Millis(to_ms), bool(sequence))

    def _signature(self, fields: bytes) -> bytes:
        return hmac.digest(self._secret, fields, sha256)[:_SIGNATURE_BYTES]


def read_secret(path: Path) -> bytes:
    """The secret that ids are signed with, made when there is none yet, readable by its owner only.

    `StorageError` when it cannot be read or written.
    """
    with storage_errors(path, "the secret of media links cannot be read"):
        if path.is_file() and len(secret := path.read_bytes()) == _SECRET_BYTES:
            make_private(path)
            return secret
    secret = secrets.token_bytes(_SECRET_BYTES)
    write_file(path, secret, private=True, problem="the secret of media links cannot be kept")
    return secret
