"""Settings of the Telegram adapter, as values."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

PLATFORM: Final = "telegram"
"""Name of the platform in ids and metrics."""


@dataclass(frozen=True, slots=True)
class TelegramSpec:
    """The settings of `[telegram]`; `token` and `secret` are never shown. `local`: the Bot API server is in local mode.

    In mode `webhook` the adapter listens on `listen`, `port` and `path` for the updates that Telegram sends to `url`
    with `secret`. `locale`: the language used where a user's is not known.
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
        """The largest file that the Bot API lets a bot download."""
        return 2_000_000_000 if self.local else 20_000_000

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file that the Bot API lets a bot send."""
        return 2_000_000_000 if self.local else 50_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """Waiting times.

    `album_window_s`: after the latest picture of an album, before the album counts as complete. `press_timeout_s`:
    before a button stops showing progress though there is no answer yet; a short private answer within it is shown as
    an alert. `retry_pause_s`: before the first repetition of a failed call. `finish_timeout_s`: at the end, for answers
    in progress. `max_age`: messages written longer ago, while the bot was not running, are not answered.
    """

    album_window_s: float = 0.6
    press_timeout_s: float = 0.5
    retry_pause_s: float = 0.5
    finish_timeout_s: float = 10.0
    max_age: timedelta = timedelta(hours=1)
