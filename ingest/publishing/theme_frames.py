"""Theme frames: which frames of an episode the index leaves out, as another occurrence of their theme has them.

A frame of an occurrence is left out when the clearest occurrence of its theme, which stays in the index as a whole, has
a similar frame at the same time of the theme. What differs there, as in an alternative version or beyond a wrong edge,
stays. The features on disk are never changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.theme_map import NO_THEMES, ThemeMap, ThemeOccurrence
from core.domain import FileId
from core.errors import StorageError
from core.stores.generation import ThemeCut
from ingest.indexing.features import Features

SIMILAR_MIN_COSINE: Final = 0.8
SAME_TIME_MAX_GAP_MS: Final = 1500
"""Indexed frames are up to a second apart, and edges of segments are right to about as much."""
_CACHED_FILES: Final = 8
_METHOD: Final = f"1 {SIMILAR_MIN_COSINE} {SAME_TIME_MAX_GAP_MS}"
_DIGEST_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class _Pair:
    """An occurrence, and the one that stands for the theme."""

    occurrence: ThemeOccurrence
    clearest: ThemeOccurrence


class ThemeFrames:
    """Decides for each file which of its frames are in the index.

    `themes` are those of the files that are in the index; `features_of` loads the features of one of them and raises
    `StorageError`.
    """

    def __init__(self, themes: ThemeMap, features_of: Callable[[FileId], Features]) -> None:
        self._themes = themes
        self._clearest = {theme: themes.clearest(theme) for theme in themes.themes}
        self._features_of = lru_cache(_CACHED_FILES)(features_of)

    def digest(self, file_id: FileId) -> str:
        """What decides on the frames of a file; empty when all of them are in the index."""
        pairs = [
            (pair.occurrence.start_ms, pair.occurrence.end_ms, pair.clearest.file_id, *_span(pair.clearest))
            for pair in self._pairs(file_id)
        ]
        return sha256(f"{_METHOD} {pairs}".encode()).hexdigest()[:_DIGEST_LENGTH] if pairs else ""

    def indexed(self, file_id: FileId, features: Features) -> NDArray[np.bool_]:
        """(n,) which frames of a file are in the index; all, where those that stand for them cannot be read."""
        indexed = np.ones(len(features.times_ms), np.bool_)
        for pair in self._pairs(file_id):
            inside = _inside(features, pair.occurrence)
            try:
                clearest = self._features_of(pair.clearest.file_id)
            except StorageError:
                continue
            rows = np.flatnonzero(inside)
            indexed[rows[_are_repeated(features, rows, clearest, pair)]] = False
        for occurrence in self._own_clearest(file_id):
            indexed[_inside(features, occurrence)] = True
        return indexed

    def of_file(self, file_id: FileId, features: Features) -> tuple[Features, ThemeCut | None]:
        """The features of the frames of a file that are in the index; `None` when nothing can be left out."""
        digest = self.digest(file_id)
        if not digest:
            return features, None
        indexed = self.indexed(file_id, features)
        layouts = None if features.layouts is None else features.layouts[indexed]
        kept = Features(features.times_ms[indexed], features.vectors[indexed], features.origin, layouts)
        return kept, ThemeCut(digest, int((~indexed).sum()))

    def _own_clearest(self, file_id: FileId) -> list[ThemeOccurrence]:
        return [occurrence for occurrence in self._clearest.values() if occurrence.file_id == file_id]

    def _pairs(self, file_id: FileId) -> list[_Pair]:
        pairs = [_Pair(occurrence, self._clearest[occurrence.theme.id]) for occurrence in self._themes.in_file(file_id)]
        return [pair for pair in pairs if pair.occurrence != pair.clearest]


def theme_frames(
    reader: CatalogueReader,
    records: Iterable[FileRecord],
    features_of: Callable[[FileId], Features],
    *,
    enabled: bool,
) -> ThemeFrames:
    """What is left out of the files of `records` by the catalogue; nothing where it is not `enabled`."""
    return ThemeFrames(ThemeMap.read(reader, records) if enabled else NO_THEMES, features_of)


def _span(occurrence: ThemeOccurrence) -> tuple[int, int]:
    return occurrence.start_ms, occurrence.end_ms


def _inside(features: Features, occurrence: ThemeOccurrence) -> NDArray[np.bool_]:
    return (features.times_ms >= occurrence.start_ms) & (features.times_ms < occurrence.end_ms)


def _are_repeated(features: Features, rows: NDArray[np.intp], clearest: Features, pair: _Pair) -> NDArray[np.bool_]:
    """(n,) for rows of a file: whether the clearest occurrence has a similar frame at the same time of the theme."""
    there = np.flatnonzero(_inside(clearest, pair.clearest))
    if not len(rows) or not len(there):
        return np.zeros(len(rows), np.bool_)
    times = features.times_ms[rows].astype(np.int64) + pair.occurrence.shift_to(pair.clearest)
    near = np.abs(times[:, None] - clearest.times_ms[there].astype(np.int64)[None]) <= SAME_TIME_MAX_GAP_MS
    cosines = _unit(features, rows) @ _unit(clearest, there).T
    repeated: NDArray[np.bool_] = np.where(near, cosines, -1).max(axis=1) >= SIMILAR_MIN_COSINE
    return repeated


def _unit(features: Features, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    return Features(features.times_ms[rows], features.vectors[rows]).unit_vectors()
