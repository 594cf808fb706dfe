"""Stored themes on disk: the sound and the frames by which a theme is found in new episodes (a NumPy `.npz` each)."""

import json
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.segments import Theme, ThemeId
from core.files import PART_SUFFIX, storage_errors, write_file
from core.library.layout import DataLayout
from core.themes.episode_track import FrameTrack, SoundFingerprint
from core.themes.stored_theme import StoredTheme

_SUFFIX: Final = ".npz"
_BITS: Final = "bits"
_SHIFTED: Final = "shifted_bits"
_TIMES: Final = "times_ms"
_VECTORS: Final = "vectors"
_FACTS: Final = "facts"


@dataclass(frozen=True, slots=True)
class ThemeStore:
    """Stored themes of a library. Frames are those of one `encoder`; of another one they are left out."""

    layout: DataLayout
    encoder: str

    def save(self, stored: StoredTheme) -> None:
        """Write a theme atomically, synced to disk. `StorageError` when the disk refuses."""
        facts: dict[str, object] = {"encoder": self.encoder}
        arrays: dict[str, NDArray[Any]] = {}
        if stored.sound is not None:
            facts |= {"hop_s": stored.sound.hop_s, "start_s": stored.sound.start_s}
            arrays[_BITS] = stored.sound.bits
            if stored.sound.shifted_bits is not None:
                arrays[_SHIFTED] = stored.sound.shifted_bits
        if stored.frames is not None:
            arrays[_TIMES] = stored.frames.times_ms
            arrays[_VECTORS] = stored.frames.vectors.astype(np.float16)
        arrays[_FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        write_file(self.layout.theme(stored.theme.id), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]  # its one named option is none of these

    def load(self, theme: Theme) -> StoredTheme | None:
        """A theme as it was stored; `None` when it is missing or damaged."""
        try:
            with self.layout.theme(theme.id).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                facts = json.loads(arrays[_FACTS].tobytes())
                sound = frames = None
                if _BITS in arrays:
                    shifted = arrays.get(_SHIFTED)
                    sound = SoundFingerprint(arrays[_BITS], float(facts["hop_s"]), float(facts["start_s"]), shifted)
                if _TIMES in arrays and facts["encoder"] == self.encoder:
                    frames = FrameTrack(arrays[_TIMES], arrays[_VECTORS].astype(np.float32))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        return StoredTheme(theme, sound, frames)


def delete_other_themes(layout: DataLayout, keep: Collection[ThemeId]) -> None:
    """Delete stored themes but those to keep, and half-written ones. `StorageError` when the disk refuses."""
    with storage_errors(layout.themes_folder, "cannot be cleaned"):
        for path in layout.themes_folder.glob("*"):
            is_theme = path.suffix == _SUFFIX and path.stem.isdigit()
            if path.suffix == PART_SUFFIX or (is_theme and int(path.stem) not in keep):
                path.unlink(missing_ok=True)
