"""The form that asks for a text."""

import discord

from bot.discord_adapter.action_ids import custom_id
from bot.messages import TextPrompt

_TITLE, _LABEL, _HINT, _ANSWER = 45, 45, 100, 300
"""What Discord takes at most, in characters; of an answer, what is enough."""


def form(title: str, ask: TextPrompt) -> discord.ui.Modal:
    """A form with one line; its answer comes back by the action of `ask`."""
    modal = discord.ui.Modal(title=title[:_TITLE], custom_id=custom_id(ask.action), timeout=None)
    modal.add_item(
        discord.ui.Label(
            text=ask.prompt[:_LABEL],
            description=ask.prompt[:_HINT] if len(ask.prompt) > _LABEL else None,
            component=discord.ui.TextInput(style=discord.TextStyle.short, max_length=_ANSWER),
        )
    )
    modal.stop()  # told apart by its id, as the buttons are
    return modal
