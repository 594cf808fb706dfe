"""The form that asks for a text."""

import discord

from bot.discord_adapter.action_ids import custom_id
from bot.messages import TextPrompt

_TITLE_LIMIT, _LABEL_LIMIT, _DESCRIPTION_LIMIT, _TEXT_LIMIT = 45, 45, 100, 300
"""What Discord takes at most, in characters; of an answer, what is enough."""


def text_modal(title: str, prompt: TextPrompt) -> discord.ui.Modal:
    """A form with one line; its answer comes back by the action of `ask`."""
    modal = discord.ui.Modal(title=title[:_TITLE_LIMIT], custom_id=custom_id(prompt.action), timeout=None)
    modal.add_item(
        discord.ui.Label(
            text=prompt.prompt[:_LABEL_LIMIT],
            description=prompt.prompt[:_DESCRIPTION_LIMIT] if len(prompt.prompt) > _LABEL_LIMIT else None,
            component=discord.ui.TextInput(style=discord.TextStyle.short, max_length=_TEXT_LIMIT),
        )
    )
    modal.stop()  # told apart by its id, as the buttons are
    return modal
