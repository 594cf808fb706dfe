"""Upkeep of a library's stored pictures: deleting those of removed videos, and checking the others."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.catalogue.reader import CatalogueReader
from core.errors import StoreError
from core.files import PART_SUFFIX, storage_errors
from core.library.layout import DataLayout
from core.library.stills import PACK_SUFFIX, StillsReader

_SAMPLES_A_FILE = 4


def delete_orphan_stills(layout: DataLayout, reader: CatalogueReader) -> None:
    """Delete the packs of videos that are not in the catalogue, and half-written packs that a crash left behind.

    The caller holds the library's lock. `StorageError` when the disk refuses.
    """
    with storage_errors(layout.stills_folder, "cannot be cleaned"):
        packs = [path for path in layout.stills_folder.glob(f"*{PACK_SUFFIX}") if path.stem.isdigit()]
        if packs:
            library_ids = {record.id for record in reader.all()}
            packs = [path for path in packs if int(path.stem) not in library_ids]
        for path in (*packs, *layout.stills_folder.glob(f"*{PART_SUFFIX}")):
            path.unlink(missing_ok=True)


def stills_problem(path: Path, times_ms: NDArray[np.uint32]) -> str | None:
    """What is wrong with a pack that should hold these times, `None` if nothing; a sample of its pictures is
    decoded.
    """
    try:
        with StillsReader(path) as stills:
            if not np.array_equal(stills.times_ms, times_ms):
                return f"{path}: the stored pictures are of other moments than the index"
            for row in np.linspace(0, len(stills) - 1, min(len(stills), _SAMPLES_A_FILE)).astype(int):
                stills.rgb(int(times_ms[row]))
    except StoreError as exc:
        return str(exc)
    return None
