"""Settings of the terminal adapter, as values."""

from dataclasses import dataclass
from pathlib import Path

from bot.messages import MediaKind


@dataclass(frozen=True, slots=True)
class TerminalSpec:
    """`previews` is the folder that attachments are written to; `locale` a BCP 47 tag, empty when it is not known."""

    previews: Path
    locale: str = ""
    upload_limit_bytes: int = 8 * 1024 * 1024
    moving: MediaKind = MediaKind.MP4
