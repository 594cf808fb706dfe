"""Options of the slash command `/whenanime`."""

from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class SlashOptions:
    """The options as Discord delivers them; `seasons` is text such as `2` or `1,3-5`.

    Without `picture` and `link` the channel's last picture is searched for.
    """

    picture: discord.Attachment | None
    link: str | None
    show: str | None
    seasons: str | None
    private: bool
