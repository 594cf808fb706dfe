"""Layout of the data directory: the path of everything in it."""

from dataclasses import dataclass
from pathlib import Path

from core.domain import FileId
from core.files import LIBRARY_LOCK


@dataclass(frozen=True, slots=True)
class DataLayout:
    """Paths under one data directory; nothing is created by asking."""

    root: Path

    @property
    def database_url(self) -> str:
        """The catalogue, as SQLAlchemy names it."""
        return f"sqlite:///{self.root.resolve() / 'catalogue.sqlite'}"

    @property
    def database(self) -> Path:
        """The catalogue's file."""
        return self.root / "catalogue.sqlite"

    @property
    def lock(self) -> Path:
        """Held by the one run that writes."""
        return self.root / LIBRARY_LOCK

    @property
    def generations(self) -> Path:
        """One folder per index generation and the pointer to the current one."""
        return self.root / "index"

    @property
    def previews(self) -> Path:
        """Previews that the demo and the chat at a terminal write."""
        return self.root / "previews"

    @property
    def feedback(self) -> Path:
        """What users of the chats said of answers."""
        return self.root / "feedback"

    @property
    def chats(self) -> Path:
        """What the chats keep: answers for their buttons, the languages that were chosen."""
        return self.root / "bot"

    def features(self, fingerprint: str, file_id: FileId) -> Path:
        """The vectors of one video made with one encoder."""
        return self.root / "features" / fingerprint / f"{file_id:08d}.npz"

    def every_features(self, file_id: FileId) -> list[Path]:
        """The vectors of one video that there are, made with whichever encoder."""
        return sorted((self.root / "features").glob(f"*/{file_id:08d}.npz"))

    @property
    def stills_folder(self) -> Path:
        """Stored pictures, one pack a video."""
        return self.root / "stills"

    def stills(self, file_id: FileId) -> Path:
        """The stored pictures of one video, whichever the encoder."""
        return self.stills_folder / f"{file_id:08d}.pack"

    def encoder(self, fingerprint: str) -> Path:
        """The library's own copy of an encoder that an index was made with."""
        return self.root / "encoders" / fingerprint
