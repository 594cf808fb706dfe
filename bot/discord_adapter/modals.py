"""Modals: the form in which a user types a text."""

import discord

from bot.discord_adapter.action_ids import custom_id
from bot.messages import TextPrompt

_TITLE_LIMIT, _LABEL_LIMIT, _DESCRIPTION_LIMIT = 45, 45, 100
"""Discord's limits, in characters."""
_TEXT_LIMIT = 300
"""Characters that a user may type."""


def text_modal(title: str, prompt: TextPrompt) -> discord.ui.Modal:
    """A modal with one line of text, which is submitted with the prompt's action."""
    modal = discord.ui.Modal(title=title[:_TITLE_LIMIT], custom_id=custom_id(prompt.action), timeout=None)
    modal.add_item(
        discord.ui.Label(
            text=prompt.text[:_LABEL_LIMIT],
            description=prompt.text[:_DESCRIPTION_LIMIT] if len(prompt.text) > _LABEL_LIMIT else None,
            component=discord.ui.TextInput(style=discord.TextStyle.short, max_length=_TEXT_LIMIT),
        )
    )
    modal.stop()  # submissions are identified by custom id, as button presses are
    return modal
