"""Paths of the data directory."""

from dataclasses import dataclass
from pathlib import Path

from core.catalogue.segments import ThemeId
from core.domain import FileId
from core.files import LIBRARY_LOCK


@dataclass(frozen=True, slots=True)
class DataLayout:
    """Paths under one data directory; reading a property creates nothing."""

    root: Path

    @property
    def database_url(self) -> str:
        """URL of the catalogue, for SQLAlchemy."""
        return f"sqlite:///{self.root.resolve() / 'catalogue.sqlite'}"

    @property
    def database(self) -> Path:
        """File of the catalogue."""
        return self.root / "catalogue.sqlite"

    @property
    def lock(self) -> Path:
        """Lock file of the run that writes the library."""
        return self.root / LIBRARY_LOCK

    @property
    def run_status(self) -> Path:
        """File of the status of the run that writes the library, or of the last one."""
        return self.root / "run.json"

    @property
    def generations(self) -> Path:
        """Folder of the index generations and of the pointer to the current one."""
        return self.root / "index"

    @property
    def previews(self) -> Path:
        """Folder of the previews that the demo and the terminal chat write."""
        return self.root / "previews"

    @property
    def feedback(self) -> Path:
        """Folder of the users' feedback on answers."""
        return self.root / "feedback"

    @property
    def chats(self) -> Path:
        """Folder of the bot: answers for its buttons, chosen languages."""
        return self.root / "bot"

    def features(self, fingerprint: str, file_id: FileId) -> Path:
        """File of the features of one video, made with one encoder."""
        return self.root / "features" / fingerprint / f"{file_id:08d}.npz"

    def every_features(self, file_id: FileId) -> list[Path]:
        """Existing files of the features of one video, made with any encoder."""
        return sorted((self.root / "features").glob(f"*/{file_id:08d}.npz"))

    @property
    def stills_folder(self) -> Path:
        """Folder of the stored pictures, one pack for each video."""
        return self.root / "stills"

    def stills(self, file_id: FileId) -> Path:
        """Pack of the stored pictures of one video, the same for every encoder."""
        return self.stills_folder / f"{file_id:08d}.pack"

    @property
    def fingerprints_folder(self) -> Path:
        """Folder of what mining of themes reads of videos: fingerprints of their sound, chapters."""
        return self.root / "fingerprints"

    def fingerprint(self, file_id: FileId) -> Path:
        """File of the fingerprint of one video's sound and of its chapters."""
        return self.fingerprints_folder / f"{file_id:08d}.npz"

    @property
    def themes_folder(self) -> Path:
        """Folder of the sound and frames of themes, by which they are found in new episodes."""
        return self.root / "themes"

    def theme(self, theme: ThemeId) -> Path:
        """File of the sound and frames of one theme."""
        return self.themes_folder / f"{theme:08d}.npz"

    def encoder(self, fingerprint: str) -> Path:
        """Folder of the library's own copy of an encoder that an index was made with."""
        return self.root / "encoders" / fingerprint
