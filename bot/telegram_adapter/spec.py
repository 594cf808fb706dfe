"""What the Telegram adapter needs to know."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

PLATFORM: Final = "telegram"
"""Our name for it in ids and metrics."""


@dataclass(frozen=True, slots=True)
class TelegramSpec:
    """The settings of `[telegram]`; `token` and `secret` are never shown. `local`: the Bot API server is in local mode.

    In mode `webhook` we listen on `listen`, `port` and `path` for what Telegram sends to `url` with `secret`. `locale`
    is spoken where a user's language is not known.
    """

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    local: bool = False
    mode: Literal["polling", "webhook"] = "polling"
    listen: str = "127.0.0.1"
    port: int = 8443
    path: str = "telegram"
    url: str = ""
    secret: str | None = field(default=None, repr=False)
    locale: str = "en"

    @property
    def download_limit_bytes(self) -> int:
        """The largest file that the Bot API hands out."""
        return 2_000_000_000 if self.local else 20_000_000

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file that the Bot API takes."""
        return 2_000_000_000 if self.local else 50_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are waited for.

    `album_s`: after the last picture of an album, before it is taken as complete. `press_s`: before a button stops
    turning though there is no answer yet; a short private answer within it is shown in a box. `retry_s`: before a call
    that failed is made again, at first. `finish_s`: at the end, for answers under way. `stale`: what people wrote
    longer ago, while we were away, is passed over.
    """

    album_window_s: float = 0.6
    press_timeout_s: float = 0.5
    retry_pause_s: float = 0.5
    finish_timeout_s: float = 10.0
    max_age: timedelta = timedelta(hours=1)
