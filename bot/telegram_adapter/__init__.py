"""Telegram in front of the dispatcher: python-telegram-bot's updates in, its calls out."""

from bot.telegram_adapter.adapter import TelegramAdapter
from bot.telegram_adapter.spec import TelegramSpec, Timing

__all__ = ["TelegramAdapter", "TelegramSpec", "Timing"]
