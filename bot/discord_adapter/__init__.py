"""Discord: messages, slash commands and buttons in front of the dispatcher."""

from bot.discord_adapter.adapter import DiscordAdapter
from bot.discord_adapter.invite import InviteLinks, invite_links
from bot.discord_adapter.slash_commands import sync_commands
from bot.discord_adapter.spec import DiscordSpec

__all__ = ["DiscordAdapter", "DiscordSpec", "InviteLinks", "invite_links", "sync_commands"]
