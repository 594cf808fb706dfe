"""Fingerprints of sound in files of arrays (NumPy's `.npz`), each with its facts as JSON, and such files' upkeep."""

import json
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.files import PART_SUFFIX, storage_errors
from core.themes.episode_track import SoundFingerprint

DAMAGED: Final = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)
"""What reading of a file raises that is missing, cut off or of something else."""
_SUFFIX: Final = ".npz"
_BITS: Final = "bits"
_SHIFTED: Final = "shifted_bits"
_FACTS: Final = "facts"


def sound_arrays(sound: SoundFingerprint | None, facts: Mapping[str, object]) -> dict[str, NDArray[Any]]:
    """The arrays of a fingerprint, if there is one, with the facts of its file."""
    arrays: dict[str, NDArray[Any]] = {}
    if sound is not None:
        facts = {**facts, "hop_s": sound.hop_s, "start_s": sound.start_s}
        arrays[_BITS] = sound.bits
        if sound.shifted_bits is not None:
            arrays[_SHIFTED] = sound.shifted_bits
    arrays[_FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    return arrays


def facts_of(arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, Any]:
    """The facts of a file. One of `DAMAGED` where there are none."""
    facts: Mapping[str, Any] = json.loads(arrays[_FACTS].tobytes())
    return facts


def sound_of(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> SoundFingerprint | None:
    """The fingerprint of a file, `None` where it has none. One of `DAMAGED` for a damaged one."""
    if _BITS not in arrays:
        return None
    return SoundFingerprint(arrays[_BITS], float(facts["hop_s"]), float(facts["start_s"]), arrays.get(_SHIFTED))


def delete_other_files(folder: Path, keep: Collection[int]) -> None:
    """Delete a folder's files of arrays but those named by a number to keep, and half-written ones.

    `StorageError` when the disk refuses.
    """
    with storage_errors(folder, "cannot be cleaned"):
        for path in folder.glob("*"):
            is_numbered = path.suffix == _SUFFIX and path.stem.isdigit()
            if path.suffix == PART_SUFFIX or (is_numbered and int(path.stem) not in keep):
                path.unlink(missing_ok=True)
