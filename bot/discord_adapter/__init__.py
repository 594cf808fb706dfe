"""Discord: messages, slash commands and buttons in front of the dispatcher."""

from bot.discord_adapter.adapter import DiscordAdapter
from bot.discord_adapter.invite import invite_url
from bot.discord_adapter.slash_commands import sync_commands
from bot.discord_adapter.spec import DiscordSpec

__all__ = ["DiscordAdapter", "DiscordSpec", "invite_url", "sync_commands"]
