"""Cache of stored pictures: by file and time, with the packs used last kept open."""

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

_OPEN_PACKS_LIMIT: Final = 64
_TIME_TOLERANCE_MS: Final = 200
"""A pack that was made with other settings than the index has pictures of other times; one this near is used."""


class StillCache:
    """Stored pictures of every file; `path_of` gives the path of a file's pack. Safe to use from several threads."""

    def __init__(self, path_of: Callable[[FileId], Path]) -> None:
        self._path_of = path_of
        self._open: OrderedDict[FileId, StillsReader] = OrderedDict()
        self._lock = Lock()

    def picture(self, file_id: FileId, at_ms: Millis) -> NDArray[np.uint8] | None:
        """Returns the stored picture of an indexed frame, RGB (h, w, 3); `None` when it is missing or damaged."""
        return self._decode(file_id, at_ms, eighth=False)

    def thumbnail(self, file_id: FileId, at_ms: Millis) -> NDArray[np.uint8] | None:
        """Returns the stored picture of an indexed frame at an eighth of its size."""
        return self._decode(file_id, at_ms, eighth=True)

    def jpeg(self, file_id: FileId, at_ms: Millis) -> bytes | None:
        """Returns the stored picture nearest to any moment, a JPEG; `None` when there is none or it is damaged."""
        stored = self._nearest_jpeg(file_id, at_ms)
        return stored[1] if stored else None

    def close(self) -> None:
        """Closes the packs; a later call opens them again."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _decode(self, file_id: FileId, at_ms: Millis, *, eighth: bool) -> NDArray[np.uint8] | None:
        stored = self._nearest_jpeg(file_id, at_ms, _TIME_TOLERANCE_MS)
        try:
            return stored[0].decode(stored[1], eighth=eighth) if stored else None
        except StoreError:
            return None

    def _nearest_jpeg(
        self, file_id: FileId, at_ms: Millis, tolerance_ms: float = math.inf
    ) -> tuple[StillsReader, bytes] | None:
        """The pack of a file, and the JPEG of its picture nearest to a moment."""
        try:
            with self._lock:
                pack = self._pack(file_id)
                near = [time_ms for time_ms in pack.nearest(at_ms) if abs(time_ms - at_ms) <= tolerance_ms]
                return (pack, pack.jpeg(near[0])) if near else None
        except StoreError:
            return None

    def _pack(self, file_id: FileId) -> StillsReader:
        pack = self._open.pop(file_id, None) or StillsReader(self._path_of(file_id))
        self._open[file_id] = pack
        if len(self._open) > _OPEN_PACKS_LIMIT:
            self._open.popitem(last=False)[1].close()
        return pack
