"""The terminal as a chat: typed lines become requests, replies become text and files."""

from bot.terminal_adapter.adapter import USER, Terminal
from bot.terminal_adapter.spec import TerminalSpec

__all__ = ["USER", "Terminal", "TerminalSpec"]
