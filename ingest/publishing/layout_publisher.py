"""The index of color layouts in a new generation: what the one before has, and what stored features add."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.errors import StorageError, StoreError
from core.library.layout import DataLayout
from core.pictures.color_layout import ColorLayouts
from core.stores.color_layout_index import ColorLayoutIndex, open_layouts
from core.stores.generation import IndexName, index_path
from ingest.indexing.features import frame_labels, load_features, load_layouts
from ingest.publishing.theme_frames import ThemeFrames


class LayoutPublisher:
    """Joins color layouts of features made with one encoder to those of a generation, which is in the folder
    `before` (`None`: there is none to add to). Where it is not `enabled`, there is no index of them.

    `frames` decides which frames are in the index; files that are `restated` have others than in the generation before.
    """

    def __init__(
        self,
        layout: DataLayout,
        encoder: str,
        before: Path | None,
        frames: ThemeFrames,
        *,
        enabled: bool,
        restated: Collection[FileId] = (),
    ) -> None:
        self._layout = layout
        self._encoder = encoder
        self._enabled = enabled
        self._frames = frames
        self._restated = frozenset(restated)
        self._there = before is not None and index_path(before, IndexName.COLOR_LAYOUT).exists()
        self._before = _readable(before) if before and enabled else None

    def outdated(self, files: Collection[FileId]) -> bool:
        """Whether the index of `files`, which are all in the generation, has to be made anew."""
        if not self._enabled or (self._there and self._before is None):
            return self._there
        return any(True for _labelled in self._added(files))

    def index_of(self, files: Collection[FileId]) -> ColorLayoutIndex | None:
        """The index of these files, as far as they have color layouts; `None` where none has, or it is not wanted."""
        if not self._enabled:
            return None
        unchanged = [file_id for file_id in files if file_id not in self._restated]
        index = ColorLayoutIndex.joined(self._before, unchanged, self._added(files))
        return index if index.count else None

    def _added(self, files: Collection[FileId]) -> Iterator[tuple[NDArray[np.uint64], ColorLayouts]]:
        """Labels and layouts of files that the generation before has none of, or others; damaged features have none."""
        present = (self._before.files if self._before else {}).keys() - self._restated
        for file_id in files:
            if file_id not in present:
                try:
                    loaded = self._loaded(file_id)
                except StorageError:
                    continue
                if loaded and len(loaded[0]):
                    yield frame_labels(file_id, loaded[0]), loaded[1]

    def _loaded(self, file_id: FileId) -> tuple[NDArray[np.uint32], ColorLayouts] | None:
        """Times and layouts of the frames of a file that are in the index; `None` where it has no layouts."""
        path = self._layout.features(self._encoder, file_id)
        if not self._frames.digest(file_id):
            return load_layouts(path)
        features = self._frames.of_file(file_id, load_features(path))[0]
        return None if features.layouts is None else (features.times_ms, features.layouts)


def _readable(generation: Path) -> ColorLayoutIndex | None:
    try:
        return open_layouts(generation)
    except StoreError:
        return None
