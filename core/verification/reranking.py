"""Checking scenes against stored pictures: does the picture really show that frame, and is that shot elsewhere too?"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.errors import StoreError
from core.keypoints.detector import KeypointDetector, Keypoints
from core.library.stills import StillsReader
from core.pictures.pixels import Rgb
from core.retrieval.scene_grouping import SceneCandidate
from core.retrieval.view_lookup import is_mirrored, mirror_of
from core.timecode import Millis
from core.verification.geometry import Verification, verify
from core.video.shot_detection import correlation

_OPEN_PACKS: Final = 64
_NEAR_MS: Final = 200
"""A pack that was made with other settings than the index has pictures of other times: one so near will do."""
VERIFIED_MIN_SCORE: Final = 0.25
"""Of the score: pictures that have nothing in common reach about .2 (docs/verification.md)."""
_MIRRORED_STRETCH: Final = 1.6
"""Up to so much stretch a picture that fits its mirror image only is one: beyond, the upright map may be out of bounds
while that of an almost symmetric face is not."""
_SMALL: Final = (32, 18)
_SAME_SHOT: Final = 0.95
"""Correlation of two stored pictures, seen small, from which they are of the same shot."""


@dataclass(frozen=True, slots=True)
class VerifiedScene:
    """How a view of the picture fits a stored one (`None`: not at all), and the width and height of that; `compared`:
    whether its mirror image was checked too, and fits worse.
    """

    view: int
    verification: Verification | None
    still_size: tuple[int, int]
    compared: bool = False

    @property
    def score(self) -> float:
        """0..1."""
        return self.verification.score if self.verification else 0.0

    @property
    def shows_mirrored(self) -> bool:
        """Whether it is sure that the picture is a mirror image: one whose sides are much alike fits both ways; where
        neither way fits, the view that was found first says nothing; and one squeezed too far fits by chance.
        """
        verified = self.verification if self.compared and is_mirrored(self.view) else None
        return verified is not None and verified.score >= VERIFIED_MIN_SCORE and verified.stretch <= _MIRRORED_STRETCH


class StillCache:
    """Stored pictures by file, the last used ones kept open. For several threads."""

    def __init__(self, path_of: Callable[[FileId], Path]) -> None:
        self._path_of = path_of
        self._open: OrderedDict[FileId, StillsReader] = OrderedDict()
        self._lock = Lock()

    def picture(self, candidate: SceneCandidate) -> Rgb | None:
        """The stored picture of a scene's best frame, RGB; `None` when there is none or it is damaged."""
        return self._decoded(candidate, eighth=False)

    def thumbnail(self, candidate: SceneCandidate) -> Rgb | None:
        """The same at an eighth of its size."""
        return self._decoded(candidate, eighth=True)

    def jpeg(self, file_id: FileId, at_ms: Millis) -> bytes | None:
        """The stored picture nearest to a moment, as a JPEG; `None` when there is none or it is damaged."""
        found = self._stored(file_id, at_ms)
        return found[1] if found else None

    def close(self) -> None:
        """Release the files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _decoded(self, candidate: SceneCandidate, *, eighth: bool) -> Rgb | None:
        found = self._stored(candidate.file_id, candidate.at_ms, _NEAR_MS)
        try:
            return found[0].decode(found[1], eighth=eighth) if found else None
        except StoreError:
            return None

    def _stored(self, file_id: FileId, at_ms: Millis, within_ms: float = math.inf) -> tuple[StillsReader, bytes] | None:
        """The pack, and its picture nearest to a moment as it is stored."""
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


class SceneVerifier:
    """Checks the scenes of one picture. `pixels` gives a view by its number; each is described once, when needed.

    Safe to use from several threads.
    """

    def __init__(self, detector: KeypointDetector, packs: StillCache, pixels: Callable[[int], Rgb]) -> None:
        self._detector = detector
        self._packs = packs
        self._pixels = pixels
        self._lock = Lock()
        self._views: dict[int, _View] = {}
        self._thumbnails: dict[tuple[FileId, int], Rgb | None] = {}

    def verify(self, candidate: SceneCandidate, *, turned: bool = True) -> VerifiedScene | None:
        """By the view that found the scene, and by its mirror image when that view fails and `turned`, or is a mirror
        image itself: vectors tell the two apart badly. `None` when there is no stored picture to check against.
        """
        picture = self._packs.picture(candidate)
        if picture is None:
            return None
        size, still = (picture.shape[1], picture.shape[0]), self._detector.detect_still(picture)
        found = VerifiedScene(candidate.view, verify(self.keypoints(candidate.view), still), size)
        if not (is_mirrored(found.view) if found.score >= VERIFIED_MIN_SCORE else turned):
            return found
        other_view = mirror_of(candidate.view)
        other = VerifiedScene(other_view, verify(self.keypoints(other_view), still), size)
        return replace(max(found, other, key=lambda check: check.score), compared=True)

    def same_shot(self, one: SceneCandidate, other: SceneCandidate) -> bool:
        """Whether the stored pictures of two scenes show the same drawing."""
        small = self._small(one), self._small(other)
        return small[0] is not None and small[1] is not None and correlation(small[0], small[1]) >= _SAME_SHOT

    def keypoints(self, view: int) -> Keypoints:
        """The points of a view."""
        with self._lock:
            known = self._views.setdefault(view, _View())
        with known.lock:
            if known.keypoints is None:
                known.keypoints = self._detector.detect(self._pixels(view))
            return known.keypoints

    def _small(self, candidate: SceneCandidate) -> NDArray[np.uint8] | None:
        key = (candidate.file_id, candidate.at_ms)
        if key not in self._thumbnails:
            picture = self._packs.thumbnail(candidate)
            self._thumbnails[key] = (
                None
                if picture is None
                else np.asarray(cv2.resize(picture, _SMALL, interpolation=cv2.INTER_AREA), np.uint8)
            )
        return self._thumbnails[key]


@dataclass(slots=True)
class _View:
    lock: Lock = field(default_factory=Lock)
    keypoints: Keypoints | None = None
