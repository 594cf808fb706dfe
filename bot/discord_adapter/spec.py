"""Settings of the Discord adapter, as values."""

from dataclasses import dataclass, field

PLATFORM = "discord"
"""Name of the platform in ids and metrics."""
DEFAULT_UPLOAD_BYTES = 10 * 1024 * 1024
"""Discord's limit for an upload where it states no other."""


@dataclass(frozen=True, slots=True)
class DiscordSpec:
    """The settings of `[discord]`. `token` is never shown; in `channels` every picture is answered without a mention.

    `api_base` and `gateway_url` are Discord's own except in tests; pictures are read from `cdn_hosts` only. `sync`:
    register the commands at the start. `locale`: the language used where a user's is not known.
    """

    token: str = field(repr=False)
    api_base: str = "https://discord.com/api/v10"
    gateway_url: str = "wss://gateway.discord.gg/"
    cdn_hosts: tuple[str, ...] = (
        "cdn.discordapp.com",
        "media.discordapp.net",
        "images-ext-1.discordapp.net",
        "images-ext-2.discordapp.net",
    )
    channels: frozenset[int] = frozenset()
    sync: bool = True
    locale: str = "en"
