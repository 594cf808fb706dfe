"""Checking scenes against stored pictures: does the picture really show that frame, and is that shot elsewhere too?"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.errors import StoreError
from core.keypoints.detector import KeypointDetector, Keypoints
from core.lookup import mirror_of
from core.scene_search import Candidate
from core.shots import correlation
from core.stills import Stills
from core.timecode import Millis
from core.verification import Verification, verify

_OPEN_PACKS: Final = 64
_NEAR_MS: Final = 200
"""A pack that was made with other settings than the index has pictures of other times: one so near will do."""
_HOLDS: Final = 0.25
"""Of the score: pictures that have nothing in common reach about .2 (docs/verification.md)."""
_SMALL: Final = (32, 18)
_SAME_SHOT: Final = 0.95
"""Correlation of two stored pictures, seen small, from which they are of the same shot."""


@dataclass(frozen=True, slots=True)
class Check:
    """How a view of the picture fits a stored one (`None`: not at all), and the width and height of that."""

    view: int
    verification: Verification | None
    still_size: tuple[int, int]

    @property
    def score(self) -> float:
        """0..1."""
        return self.verification.score if self.verification else 0.0


class Packs:
    """Stored pictures by file, the last used ones kept open. For several threads."""

    def __init__(self, path_of: Callable[[FileId], Path]) -> None:
        self._path_of = path_of
        self._open: OrderedDict[FileId, Stills] = OrderedDict()
        self._lock = Lock()

    def picture(self, candidate: Candidate) -> NDArray[np.uint8] | None:
        """The stored picture of a scene's best frame, RGB; `None` when there is none or it is damaged."""
        try:
            with self._lock:
                pack = self._pack(candidate.file_id)
                time_ms = next(iter(pack.nearest(candidate.at_ms)), candidate.at_ms)
                return pack.rgb(time_ms) if abs(time_ms - candidate.at_ms) <= _NEAR_MS else None
        except StoreError:
            return None

    def jpeg(self, file_id: FileId, at_ms: Millis) -> bytes | None:
        """The stored picture nearest to a moment, as a JPEG; `None` when there is none or it is damaged."""
        try:
            with self._lock:
                pack = self._pack(file_id)
                return next((pack.jpeg(time_ms) for time_ms in pack.nearest(at_ms)), None)
        except StoreError:
            return None

    def close(self) -> None:
        """Release the files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _pack(self, file_id: FileId) -> Stills:
        pack = self._open.pop(file_id, None) or Stills(self._path_of(file_id))
        self._open[file_id] = pack
        if len(self._open) > _OPEN_PACKS:
            self._open.popitem(last=False)[1].close()
        return pack


class Checker:
    """Checks the scenes of one picture. `pixels` gives a view by its number; each is described once, when needed."""

    def __init__(self, detector: KeypointDetector, packs: Packs, pixels: Callable[[int], NDArray[np.uint8]]) -> None:
        self._detector = detector
        self._packs = packs
        self._pixels = pixels
        self._views: dict[int, Keypoints] = {}
        self._pictures: dict[tuple[FileId, int], NDArray[np.uint8] | None] = {}
        self._thumbnails: dict[tuple[FileId, int], NDArray[np.uint8]] = {}

    def check(self, candidate: Candidate) -> Check | None:
        """By the view that found the scene, and when that fails by its mirror image: vectors tell the two apart badly.

        `None` when there is no stored picture to check against.
        """
        picture = self._picture(candidate)
        if picture is None:
            return None
        size, still = (picture.shape[1], picture.shape[0]), self._detector.describe_still(picture)
        found = Check(candidate.view, verify(self._described(candidate.view), still), size)
        if found.score >= _HOLDS:
            return found
        turned = mirror_of(candidate.view)
        other = Check(turned, verify(self._described(turned), still), size)
        return other if other.score > found.score else found

    def same_shot(self, one: Candidate, other: Candidate) -> bool:
        """Whether the stored pictures of two scenes show the same drawing."""
        pictures = self._picture(one), self._picture(other)
        if pictures[0] is None or pictures[1] is None or pictures[0].shape != pictures[1].shape:
            return False
        small = self._small(one, pictures[0]), self._small(other, pictures[1])
        return correlation(*small) >= _SAME_SHOT

    def _described(self, view: int) -> Keypoints:
        if view not in self._views:
            self._views[view] = self._detector.describe(self._pixels(view))
        return self._views[view]

    def _small(self, candidate: Candidate, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        key = (candidate.file_id, candidate.at_ms)
        if key not in self._thumbnails:
            self._thumbnails[key] = np.asarray(cv2.resize(picture, _SMALL, interpolation=cv2.INTER_AREA), np.uint8)
        return self._thumbnails[key]

    def _picture(self, candidate: Candidate) -> NDArray[np.uint8] | None:
        key = (candidate.file_id, candidate.at_ms)
        if key not in self._pictures:
            self._pictures[key] = self._packs.picture(candidate)
        return self._pictures[key]
