"""Telegram: messages, commands and buttons in front of the dispatcher."""

from bot.telegram_adapter.adapter import TelegramAdapter
from bot.telegram_adapter.spec import TelegramSpec, Timing

__all__ = ["TelegramAdapter", "TelegramSpec", "Timing"]
