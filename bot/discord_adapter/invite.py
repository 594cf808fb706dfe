"""Invite links: they add the bot to a server, or install its commands for one user."""

from dataclasses import dataclass

import discord

from bot.discord_adapter.connection import logged_in, portal_settings
from bot.discord_adapter.spec import DiscordSpec

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
"""The least permissions for every feature: read and answer messages, attach previews, read the message replied to."""
SCOPES = ("bot", "applications.commands")
_GUILD_INSTALL, _USER_INSTALL = 0, 1
"""Discord's integration types."""


@dataclass(frozen=True, slots=True)
class InviteLinks:
    """`server` adds the bot to a server. `user` installs its commands for one user, in all of that user's chats; `None`
    while the developer portal does not allow that.
    """

    server: str
    user: str | None


async def invite_links(spec: DiscordSpec) -> InviteLinks:
    """Links for the application that the spec's token belongs to. `PlatformError` when the token is refused."""
    async with logged_in(spec) as client:
        portal = portal_settings(client)
    server = discord.utils.oauth_url(portal.application_id, permissions=PERMISSIONS, scopes=SCOPES)
    user = discord.utils.oauth_url(portal.application_id, scopes=("applications.commands",))
    return InviteLinks(
        f"{server}&integration_type={_GUILD_INSTALL}" if portal.user_install else server,
        f"{user}&integration_type={_USER_INSTALL}" if portal.user_install else None,
    )
