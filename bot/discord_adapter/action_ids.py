"""Custom ids: an action in the id of a button or modal, which Discord returns also after a restart of the bot."""

from collections.abc import Iterator, Mapping
from typing import cast

import discord

_PREFIX = "wa:"


def custom_id(action: str) -> str:
    """The custom id of a button or modal with this action."""
    return f"{_PREFIX}{action}"


def action_of(interaction: discord.Interaction) -> str | None:
    """The action of a pressed button or a submitted modal; `None` when it is not one of ours."""
    custom_id = _data(interaction).get("custom_id")
    return custom_id.removeprefix(_PREFIX) if isinstance(custom_id, str) and custom_id.startswith(_PREFIX) else None


def modal_text(interaction: discord.Interaction) -> str:
    """The text in a submitted modal; empty for any other interaction."""
    return next(_values(_data(interaction).get("components")), "")


def _data(interaction: discord.Interaction) -> Mapping[str, object]:
    return cast("Mapping[str, object]", interaction.data or {})


def _values(node: object) -> Iterator[str]:
    """Values of a modal's fields, at any depth of its layout."""
    if isinstance(node, Mapping):
        value = node.get("value")
        if isinstance(value, str):
            yield value
        yield from _values(node.get("components"))
        yield from _values(node.get("component"))
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _values(child)
