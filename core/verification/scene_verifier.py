"""Scene verifier: scenes compared with their stored pictures by local features, and repeats of their shots."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

from core.keypoints.detector import KeypointDetector, Keypoints
from core.library.still_cache import StillCache
from core.pictures.pixels import Rgb
from core.retrieval.scene_grouping import SceneCandidate
from core.retrieval.view_lookup import is_mirror_view, mirror_of
from core.verification.geometry import Verification, verify
from core.verification.repeat_comparison import RepeatComparison

VERIFIED_MIN_SCORE: Final = 0.25
"""Lowest score of a verified scene: pictures of different scenes reach about 0.2 (docs/verification.md)."""
_MIRRORED_MAX_STRETCH: Final = 1.6
"""Highest stretch at which a picture counts as mirrored: above it, the upright map may be out of bounds while the
mirrored map of an almost symmetric face is not."""


@dataclass(frozen=True, slots=True)
class VerifiedScene:
    """How a view of the picture fits a stored picture (`None`: not at all), and width and height of that.
    `mirror_checked`: the mirror image of the view was verified too and has no higher score.
    """

    view: int
    verification: Verification | None
    still_size: tuple[int, int]
    mirror_checked: bool = False

    @property
    def score(self) -> float:
        """Score of the verification, 0..1."""
        return self.verification.score if self.verification else 0.0

    @property
    def shows_mirrored(self) -> bool:
        """Whether the picture is certainly mirrored: both views were verified, the mirrored one fits, and not by
        extreme stretch. A symmetric picture fits both ways, and the nearest vector alone does not tell the two apart.
        """
        verified = self.verification if self.mirror_checked and is_mirror_view(self.view) else None
        return (
            verified is not None and verified.score >= VERIFIED_MIN_SCORE and verified.stretch <= _MIRRORED_MAX_STRETCH
        )


class SceneVerifier:
    """Verifies the scenes of one picture. `pixels` gives a view by its number; points of each are detected once, on
    demand.

    Safe to use from several threads.
    """

    def __init__(self, detector: KeypointDetector, stills: StillCache, pixels: Callable[[int], Rgb]) -> None:
        self._detector = detector
        self._stills = stills
        self._pixels = pixels
        self._lock = Lock()
        self._views: dict[int, _View] = {}
        self._comparison = RepeatComparison(stills)

    def verify(self, candidate: SceneCandidate, *, try_mirror: bool = True) -> VerifiedScene | None:
        """Verifies the view that found the scene; also its mirror image, when the view fails and `try_mirror`, or
        when the view passes and is mirrored, as vectors hardly tell the two apart. `None` when there is no stored
        picture.
        """
        picture = self._stills.picture(candidate.file_id, candidate.at_ms)
        if picture is None:
            return None
        size, still = (picture.shape[1], picture.shape[0]), self._detector.detect_still(picture)
        as_found = VerifiedScene(candidate.view, verify(self.keypoints(candidate.view), still), size)
        if not (is_mirror_view(as_found.view) if as_found.score >= VERIFIED_MIN_SCORE else try_mirror):
            return as_found
        mirrored_view = mirror_of(candidate.view)
        mirrored = VerifiedScene(mirrored_view, verify(self.keypoints(mirrored_view), still), size)
        return replace(max(as_found, mirrored, key=lambda check: check.score), mirror_checked=True)

    def same_shot(self, first: SceneCandidate, second: SceneCandidate) -> bool:
        """Whether the stored pictures of two scenes show the same drawing."""
        return self._comparison.is_repeat(first, second)

    def keypoints(self, view: int) -> Keypoints:
        """Returns the keypoints of a view."""
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
