"""Color layouts of videos that were read before there were any, made of their stored pictures."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.records import FileRecord
from core.errors import StorageError, StoreError
from core.library.layout import DataLayout
from core.library.stills import StillsReader
from core.pictures.color_layout import LAYOUT_SIZE, ColorLayouts, color_layout
from ingest.indexing.features import load_features, load_layouts, save_features
from ingest.reporting import Step

_BATCH: Final = 64


def add_missing_layouts(layout: DataLayout, records: Iterable[FileRecord], encoder: str, step: Step) -> int:
    """Complete the features of searchable files, made with an encoder, by the color layouts of their stored pictures.

    No video is read. Files without stored pictures, or with damaged ones or those of other moments, stay as they are.
    Each file is written whole, so that a run that was stopped goes on where it was. How many files were completed;
    whoever calls holds the library's lock. `StorageError` when the disk refuses.
    """
    lacking = [record for record in records if record.searchable and _lacks_layouts(layout, record, encoder)]
    total, done, completed = sum(record.outcome.frames for record in lacking), 0, 0
    with ThreadPoolExecutor(os.cpu_count(), "layouts") as pool:
        for record in lacking:
            path = layout.features(encoder, record.id)
            features = load_features(path)
            try:
                layouts = _of_stills(layout, record, features.times_ms, pool)
            except StoreError:
                layouts = None
            if layouts is not None:
                save_features(path, replace(features, layouts=layouts))
                completed += 1
            done += record.outcome.frames
            step(done, total)
    return completed


def _lacks_layouts(layout: DataLayout, record: FileRecord, encoder: str) -> bool:
    """Whether a file's features have no color layouts and there are stored pictures to make them of."""
    if record.outcome.encoder != encoder or not layout.stills(record.id).exists():
        return False
    try:
        return load_layouts(layout.features(encoder, record.id)) is None
    except StorageError:
        return False


def _of_stills(
    layout: DataLayout, record: FileRecord, times_ms: NDArray[np.uint32], pool: Executor
) -> ColorLayouts | None:
    """(n, 33) of the stored pictures at these times; `None` when they are of others, `StoreError` when damaged."""
    with StillsReader(layout.stills(record.id)) as stills:
        if not np.array_equal(stills.times_ms, times_ms):
            return None
        layouts = np.empty((len(times_ms), LAYOUT_SIZE), np.uint8)
        for start in range(0, len(times_ms), _BATCH):
            batch = times_ms[start : start + _BATCH].tolist()
            layouts[start : start + _BATCH] = list(pool.map(lambda time_ms: color_layout(stills.rgb(time_ms)), batch))
    return layouts
