"""Features: the vectors of one video made with one encoder, float16, and the color layouts of the same frames, kept for
ever (a NumPy `.npz`).
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalogue.records import FileOutcome, FileState
from core.domain import FileId, frame_label
from core.errors import StorageError
from core.files import write_file
from core.pictures.color_layout import LAYOUT_SIZE, ColorLayouts
from core.timecode import Millis

_ORIGIN = "origin"
_LAYOUTS = "color_layouts"
_TIMES = "times_ms"


@dataclass(frozen=True, slots=True)
class Origin:
    """The video that features were made from, by the `content` of its `FileStamp`, and the outcome of reading it."""

    content: str
    outcome: FileOutcome


@dataclass(frozen=True, slots=True)
class Features:
    """`times_ms` (n,) uint32 ascending; `vectors` (n, dim) float16; `origin` and `layouts` (n, 33) uint8 if the file
    has them.
    """

    times_ms: NDArray[np.uint32]
    vectors: NDArray[np.float16]
    origin: Origin | None = None
    layouts: ColorLayouts | None = None

    def labels(self, file_id: FileId) -> NDArray[np.uint64]:
        """(n,) labels of the frames under this file id."""
        return frame_labels(file_id, self.times_ms)

    def unit_vectors(self) -> NDArray[np.float32]:
        """(n, dim) float32, normalised again after the rounding to float16."""
        vectors = self.vectors.astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
        unit: NDArray[np.float32] = vectors / np.maximum(norms, np.float32(1e-12))
        return unit


def frame_labels(file_id: FileId, times_ms: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """(n,) labels of the frames of one file at (n,) times."""
    return np.uint64(frame_label(file_id, 0)) + times_ms.astype(np.uint64)


def save_features(path: Path, features: Features) -> None:
    """Write features atomically, synced to disk. `StorageError` when the disk refuses."""
    arrays: dict[str, NDArray[np.generic]] = {_TIMES: features.times_ms, "vectors": features.vectors}
    if features.origin:
        arrays[_ORIGIN] = np.frombuffer(json.dumps(asdict(features.origin)).encode(), np.uint8)
    if features.layouts is not None:
        arrays[_LAYOUTS] = features.layouts
    write_file(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]  # its one named option is none of these


def load_features(path: Path) -> Features:
    """Read features and verify their checksums. `StorageError` when the file is missing or damaged."""
    with _arrays(path) as arrays:
        origin = _origin(arrays[_ORIGIN].tobytes()) if _ORIGIN in arrays else None
        layouts = arrays.get(_LAYOUTS)
        features = Features(arrays[_TIMES], arrays["vectors"], origin, layouts)
        if features.vectors.ndim != 2 or features.times_ms.shape != features.vectors.shape[:1]:
            raise ValueError("not as many vectors as times")
        if layouts is not None and layouts.shape != (len(features.times_ms), LAYOUT_SIZE):
            raise ValueError("not as many color layouts as times")
    return features


def load_layouts(path: Path) -> tuple[NDArray[np.uint32], ColorLayouts] | None:
    """Read only times (n,) and color layouts (n, 33); `None` if the file has no layouts. Raises as `load_features`
    does.
    """
    with _arrays(path) as arrays:
        if _LAYOUTS not in arrays:
            return None
        times_ms, layouts = arrays[_TIMES], arrays[_LAYOUTS]
        if layouts.shape != (len(times_ms), LAYOUT_SIZE):
            raise ValueError("not as many color layouts as times")
    return times_ms, layouts


@contextmanager
def _arrays(path: Path) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of a file, read on access. `StorageError` for a missing or damaged file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            yield arrays
    except FileNotFoundError as exc:
        raise StorageError(f"{path}: the features are missing") from exc
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as exc:
        raise StorageError(f"{path}: the features are damaged") from exc


def _origin(text: bytes) -> Origin:
    """`ValueError`, `KeyError` or `TypeError` for anything that `save_features` does not write."""
    values = json.loads(text)
    outcome = values["outcome"]
    return Origin(
        content=str(values["content"]),
        outcome=FileOutcome(
            state=FileState(outcome["state"]),
            problem=str(outcome["problem"]),
            encoder=str(outcome["encoder"]),
            duration_ms=Millis(int(outcome["duration_ms"])),
            frames=int(outcome["frames"]),
            cuts_ms=tuple(map(int, outcome["cuts_ms"])),
            seekable=bool(outcome.get("seekable", True)),
        ),
    )
