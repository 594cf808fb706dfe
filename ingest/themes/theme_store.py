"""Stored themes on disk: the sound and the frames by which a theme is found in new episodes (a NumPy `.npz` each)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.catalogue.segments import Theme
from core.files import write_file
from core.library.layout import DataLayout
from core.themes.episode_track import FrameTrack
from core.themes.stored_theme import StoredTheme
from ingest.themes.sound_arrays import DAMAGED, facts_of, sound_arrays, sound_of

_TIMES: Final = "times_ms"
_VECTORS: Final = "vectors"


@dataclass(frozen=True, slots=True)
class ThemeStore:
    """Stored themes of a library. Frames are those of one `encoder`; of another one they are left out."""

    layout: DataLayout
    encoder: str

    def save(self, stored: StoredTheme) -> None:
        """Write a theme atomically, synced to disk. `StorageError` when the disk refuses."""
        arrays = sound_arrays(stored.sound, {"encoder": self.encoder})
        if stored.frames is not None:
            arrays[_TIMES] = stored.frames.times_ms
            arrays[_VECTORS] = stored.frames.vectors.astype(np.float16)
        write_file(self.layout.theme(stored.theme.id), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]  # its one named option is none of these

    def load(self, theme: Theme) -> StoredTheme | None:
        """A theme as it was stored; `None` when it is missing or damaged."""
        try:
            with self.layout.theme(theme.id).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                facts = facts_of(arrays)
                sound, frames = sound_of(arrays, facts), None
                if _TIMES in arrays and facts["encoder"] == self.encoder:
                    frames = FrameTrack(arrays[_TIMES], arrays[_VECTORS].astype(np.float32))
        except DAMAGED:
            return None
        return StoredTheme(theme, sound, frames)
