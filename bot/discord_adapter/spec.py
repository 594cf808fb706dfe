"""What the Discord adapter needs to know."""

from dataclasses import dataclass, field

PLATFORM = "discord"
"""Our name for it in ids and metrics."""
DEFAULT_UPLOAD_BYTES = 10 * 1024 * 1024
"""What Discord takes where it says nothing else."""


@dataclass(frozen=True, slots=True)
class DiscordSpec:
    """The settings of `[discord]`: `token` is never shown, `channels` are those where every picture is answered.

    `api_base` and `gateway_url` are Discord's own unless somebody stands in for it; pictures are read from `cdn_hosts`
    only. `locale` is spoken where a user's language is not known.
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
