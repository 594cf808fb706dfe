"""What somebody chose in the options of `/whenanime`."""

from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class SlashOptions:
    """The options as they came; `seasons` such as `2` or `1,3-5`.

    With neither picture nor link the channel's last picture is meant.
    """

    picture: discord.Attachment | None
    link: str | None
    show: str | None
    seasons: str | None
    private: bool
