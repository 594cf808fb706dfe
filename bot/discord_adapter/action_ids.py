"""Actions as Discord carries them: in the ids of buttons and forms, which outlive a restart."""

from collections.abc import Iterator, Mapping
from typing import cast

import discord

_PREFIX = "wa:"


def custom_id(action: str) -> str:
    """The id of a button or a form."""
    return f"{_PREFIX}{action}"


def action_of(interaction: discord.Interaction) -> str | None:
    """The action of a button that was pressed or a form that was filled in; `None` when it is not one of ours."""
    custom_id = _data(interaction).get("custom_id")
    return custom_id.removeprefix(_PREFIX) if isinstance(custom_id, str) and custom_id.startswith(_PREFIX) else None


def modal_text(interaction: discord.Interaction) -> str:
    """What was written into a form."""
    return next(_values(_data(interaction).get("components")), "")


def _data(interaction: discord.Interaction) -> Mapping[str, object]:
    return cast("Mapping[str, object]", interaction.data or {})


def _values(node: object) -> Iterator[str]:
    """Values of the fields in a form, however deep they lie in its layout."""
    if isinstance(node, Mapping):
        value = node.get("value")
        if isinstance(value, str):
            yield value
        yield from _values(node.get("components"))
        yield from _values(node.get("component"))
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _values(child)
