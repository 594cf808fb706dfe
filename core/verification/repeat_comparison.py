"""Repeat comparison: whether two scenes show the same drawing, as openings, recaps and stock footage do."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.library.still_cache import StillCache
from core.pictures.pixels import area_resized, correlation
from core.retrieval.scene_grouping import SceneCandidate

_THUMBNAIL_SIZE: Final = (32, 18)
_SAME_SHOT_MIN_CORRELATION: Final = 0.95


class RepeatComparison:
    """Compares the scenes of one search; each stored picture is read once. Safe to use from several threads."""

    def __init__(self, stills: StillCache) -> None:
        self._stills = stills
        self._thumbnails: dict[tuple[FileId, int], NDArray[np.uint8] | None] = {}

    def is_repeat(self, first: SceneCandidate, second: SceneCandidate) -> bool:
        """Whether the stored pictures of two scenes show the same drawing; false when one is missing."""
        first_thumbnail, second_thumbnail = self._thumbnail(first), self._thumbnail(second)
        return (
            first_thumbnail is not None
            and second_thumbnail is not None
            and correlation(first_thumbnail, second_thumbnail) >= _SAME_SHOT_MIN_CORRELATION
        )

    def _thumbnail(self, candidate: SceneCandidate) -> NDArray[np.uint8] | None:
        key = (candidate.file_id, candidate.at_ms)
        if key not in self._thumbnails:
            picture = self._stills.thumbnail(candidate.file_id, candidate.at_ms)
            self._thumbnails[key] = None if picture is None else area_resized(picture, *_THUMBNAIL_SIZE)
        return self._thumbnails[key]
