"""Features: the vectors of one video made with one encoder, float16, kept for ever (a NumPy `.npz`)."""

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId, frame_label
from core.errors import StorageError

_ADVICE = "read its video again with `whenanime library add --again`"


@dataclass(frozen=True, slots=True)
class Features:
    """`times_ms` (n,) uint32 ascending; `vectors` (n, dim) float16."""

    times_ms: NDArray[np.uint32]
    vectors: NDArray[np.float16]

    def labels(self, file_id: FileId) -> NDArray[np.uint64]:
        """(n,) frame labels under this file id."""
        return np.uint64(frame_label(file_id, 0)) + self.times_ms.astype(np.uint64)

    def unit_vectors(self) -> NDArray[np.float32]:
        """(n, dim) float32, made unit again after the rounding to float16."""
        vectors = self.vectors.astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
        unit: NDArray[np.float32] = vectors / np.maximum(norms, np.float32(1e-12))
        return unit


def save_features(path: Path, features: Features) -> None:
    """Write whole or not at all, synced to disk. `StorageError` when the disk refuses."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, times_ms=features.times_ms, vectors=features.vectors)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise StorageError(f"{path}: cannot be written: {exc.strerror}") from exc


def load_features(path: Path) -> Features:
    """Read them back, checksums verified. `StorageError` when the file is missing or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            features = Features(arrays["times_ms"], arrays["vectors"])
    except FileNotFoundError as exc:
        raise StorageError(f"{path}: the features are missing; {_ADVICE}") from exc
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
        raise StorageError(f"{path}: the features are damaged; {_ADVICE}") from exc
    if features.vectors.ndim != 2 or features.times_ms.shape != features.vectors.shape[:1]:
        raise StorageError(f"{path}: the features are damaged; {_ADVICE}")
    return features
