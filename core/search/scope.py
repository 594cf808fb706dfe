"""Search scope: which frames of an index a search may answer with."""

from collections.abc import Sequence
from typing import Final

from core.catalogue.segments import ThemeId
from core.catalogue.theme_map import NO_THEMES, ThemeMap, ThemeOccurrence
from core.domain import FileId, Scene, SearchFilter, split_label
from core.library.snapshot import Snapshot
from core.retrieval.filters import library_names, matching_files


class SearchScope:
    """The files `file_ids` (`None`: all), with parts that episodes share or without them. Immutable.

    The index has the frames of a theme in one file only. Where that file is not in the scope but another occurrence of
    the theme is, its frames stand for that one.
    """

    def __init__(
        self, themes: ThemeMap, file_ids: frozenset[FileId] | None = None, *, with_themes: bool = True
    ) -> None:
        self._themes = themes
        self._file_ids = file_ids
        self._with_themes = with_themes
        self.indexed_files = None if file_ids is None else file_ids | self._stand_ins(file_ids)
        """Files of which frames are looked up; `None`: all."""

    @property
    def is_whole(self) -> bool:
        """Whether everything is in the scope."""
        return self._file_ids is None and self._with_themes

    def admits(self, label: int) -> bool:
        """Whether an indexed frame may be an answer."""
        if self.is_whole:
            return True
        file_id, time_ms = split_label(label)
        if not self._with_themes and self._themes.is_skipped(file_id, time_ms):
            return False
        return self._has(file_id) or self._stands_for_others(file_id, time_ms)

    def occurrences(self, theme: ThemeId, offset_ms: int) -> Sequence[ThemeOccurrence]:
        """Occurrences in the scope that reach to a time of their theme, the first one first."""
        return [
            occurrence
            for occurrence in self._themes.of_theme(theme)
            if self._has(occurrence.file_id) and offset_ms < occurrence.length_ms
        ]

    def contains(self, scene: Scene) -> bool:
        """Whether an answer of the whole library is in the scope too, in itself or as a repeat."""
        if not self._with_themes and self._themes.is_skipped(scene.file_id, scene.at_ms):
            return False
        return self._has(scene.file_id) or any(self._has(repeat.file_id) for repeat in scene.repeats)

    def _has(self, file_id: FileId) -> bool:
        return self._file_ids is None or file_id in self._file_ids

    def _stands_for_others(self, file_id: FileId, time_ms: int) -> bool:
        occurrence = self._themes.at(file_id, time_ms)
        return occurrence is not None and bool(self.occurrences(occurrence.theme.id, time_ms - occurrence.start_ms))

    def _stand_ins(self, file_ids: frozenset[FileId]) -> frozenset[FileId]:
        themes = {occurrence.theme.id for file_id in file_ids for occurrence in self._themes.in_file(file_id)}
        return frozenset(self._themes.clearest(theme).file_id for theme in themes)


WHOLE_LIBRARY: Final = SearchScope(NO_THEMES)
"""The scope of a search without a filter."""


def scope_of(where: SearchFilter, snapshot: Snapshot) -> tuple[SearchFilter, SearchScope]:
    """The filter with the library's names, and what it admits of a snapshot. `FilterError` when it names what is not
    in the library.
    """
    file_ids: frozenset[FileId] | None = None
    if where.shows or where.seasons:
        records, identities = snapshot.records.values(), snapshot.identities
        where, file_ids = library_names(where, records, identities), matching_files(where, records, identities)
    return where, SearchScope(snapshot.themes, file_ids, with_themes=where.themes)
