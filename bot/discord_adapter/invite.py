"""The link by which somebody lets the bot into a server."""

import discord

from bot.discord_adapter.connection import logged_in, portal_of
from bot.discord_adapter.spec import DiscordSpec

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
"""The least that all of it works with: see and answer messages, show scenes, find the picture that is replied to."""
SCOPES = ("bot", "applications.commands")


async def invite_url(spec: DiscordSpec, application_id: int | None = None) -> str:
    """The link for this application, or for that of the spec's token. `PlatformError` when the token is refused."""
    if application_id is None:
        async with logged_in(spec) as client:
            application_id = portal_of(client).application_id
    return discord.utils.oauth_url(application_id, permissions=PERMISSIONS, scopes=SCOPES)
