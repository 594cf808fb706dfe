"""Stored pictures of a library by file and time, the packs last used kept open."""

import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.errors import StoreError
from core.library.stills import StillsReader
from core.timecode import Millis

_OPEN_PACKS: Final = 64
_NEAR_MS: Final = 200
"""A pack that was made with other settings than the index has pictures of other times: one so near will do."""


class StillCache:
    """The stored pictures of every file; `path_of` gives a file's pack. Safe to use from several threads."""

    def __init__(self, path_of: Callable[[FileId], Path]) -> None:
        self._path_of = path_of
        self._open: OrderedDict[FileId, StillsReader] = OrderedDict()
        self._lock = Lock()

    def picture(self, file_id: FileId, at_ms: Millis) -> NDArray[np.uint8] | None:
        """The stored picture of an indexed frame, RGB (h, w, 3); `None` when there is none or it is damaged."""
        return self._decoded(file_id, at_ms, eighth=False)

    def thumbnail(self, file_id: FileId, at_ms: Millis) -> NDArray[np.uint8] | None:
        """The same at an eighth of its size."""
        return self._decoded(file_id, at_ms, eighth=True)

    def jpeg(self, file_id: FileId, at_ms: Millis) -> bytes | None:
        """The stored picture nearest to any moment, a JPEG; `None` when there is none or it is damaged."""
        stored = self._stored(file_id, at_ms)
        return stored[1] if stored else None

    def close(self) -> None:
        """Release the files; a later call opens them again."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _decoded(self, file_id: FileId, at_ms: Millis, *, eighth: bool) -> NDArray[np.uint8] | None:
        stored = self._stored(file_id, at_ms, _NEAR_MS)
        try:
            return stored[0].decode(stored[1], eighth=eighth) if stored else None
        except StoreError:
            return None

    def _stored(self, file_id: FileId, at_ms: Millis, within_ms: float = math.inf) -> tuple[StillsReader, bytes] | None:
        """The pack, and the bytes of its picture nearest to a moment."""
        try:
            with self._lock:
                pack = self._pack(file_id)
                near = [time_ms for time_ms in pack.nearest(at_ms) if abs(time_ms - at_ms) <= within_ms]
                return (pack, pack.jpeg(near[0])) if near else None
        except StoreError:
            return None

    def _pack(self, file_id: FileId) -> StillsReader:
        pack = self._open.pop(file_id, None) or StillsReader(self._path_of(file_id))
        self._open[file_id] = pack
        if len(self._open) > _OPEN_PACKS:
            self._open.popitem(last=False)[1].close()
        return pack
