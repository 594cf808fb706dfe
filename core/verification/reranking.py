"""Reranking: scenes verified against their stored pictures, and shots that are repeated elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

from core.keypoints.detector import KeypointDetector, Keypoints
from core.library.still_cache import StillCache
from core.pictures.pixels import Rgb
from core.retrieval.scene_grouping import SceneCandidate
from core.retrieval.view_lookup import is_mirrored, mirror_of
from core.verification.geometry import Verification, verify
from core.verification.shot_comparison import ShotComparison

VERIFIED_MIN_SCORE: Final = 0.25
"""Of the score: pictures that have nothing in common reach about .2 (docs/verification.md)."""
_MIRRORED_STRETCH: Final = 1.6
"""Up to so much stretch a picture that fits its mirror image only is one: beyond, the upright map may be out of bounds
while that of an almost symmetric face is not."""


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


class SceneVerifier:
    """Checks the scenes of one picture. `pixels` gives a view by its number; each is described once, when needed.

    Safe to use from several threads.
    """

    def __init__(self, detector: KeypointDetector, stills: StillCache, pixels: Callable[[int], Rgb]) -> None:
        self._detector = detector
        self._stills = stills
        self._pixels = pixels
        self._lock = Lock()
        self._views: dict[int, _View] = {}
        self._comparison = ShotComparison(stills)

    def verify(self, candidate: SceneCandidate, *, turned: bool = True) -> VerifiedScene | None:
        """By the view that found the scene, and by its mirror image when that view fails and `turned`, or is a mirror
        image itself: vectors tell the two apart badly. `None` when there is no stored picture to check against.
        """
        picture = self._stills.picture(candidate.file_id, candidate.at_ms)
        if picture is None:
            return None
        size, still = (picture.shape[1], picture.shape[0]), self._detector.detect_still(picture)
        as_found = VerifiedScene(candidate.view, verify(self.keypoints(candidate.view), still), size)
        if not (is_mirrored(as_found.view) if as_found.score >= VERIFIED_MIN_SCORE else turned):
            return as_found
        mirrored_view = mirror_of(candidate.view)
        mirrored = VerifiedScene(mirrored_view, verify(self.keypoints(mirrored_view), still), size)
        return replace(max(as_found, mirrored, key=lambda check: check.score), compared=True)

    def same_shot(self, first: SceneCandidate, second: SceneCandidate) -> bool:
        """Whether the stored pictures of two scenes show the same drawing."""
        return self._comparison.same_shot(first, second)

    def keypoints(self, view: int) -> Keypoints:
        """The points of a view."""
        with self._lock:
            points_of_view = self._views.setdefault(view, _View())
        with points_of_view.lock:
            if points_of_view.keypoints is None:
                points_of_view.keypoints = self._detector.detect(self._pixels(view))
            return points_of_view.keypoints


@dataclass(slots=True)
class _View:
    lock: Lock = field(default_factory=Lock)
    keypoints: Keypoints | None = None
