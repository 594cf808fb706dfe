"""Rendering: a `Reply` as a Discord message with an embed in the colour of its tone, a file and rows of buttons."""

import io
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord_adapter.action_ids import custom_id
from bot.messages import Media, MediaKind, Reply, Tone

_COLOURS = {
    Tone.FOUND: 0x3BA55D,
    Tone.UNSURE: 0xFAA61A,
    Tone.NOT_FOUND: 0x747F8D,
    Tone.REFUSED: 0xFAA61A,
    Tone.FAILED: 0xED4245,
    Tone.INFO: 0x5865F2,
}
_TITLE_LIMIT, _DESCRIPTION_LIMIT, _CONTENT_LIMIT, _LABEL_LIMIT, _URL_LIMIT = 256, 4096, 2000, 80, 2048
"""Discord's limits, in characters."""
_ROWS_LIMIT, _ROW_BUTTONS_LIMIT = 5, 5


@dataclass(frozen=True, slots=True)
class ChannelPermissions:
    """The permissions that a reply's form depends on: to show embeds, to attach files, and to reply to a message."""

    embed_links: bool = True
    attach_files: bool = True
    read_message_history: bool = True


ALL_PERMISSIONS = ChannelPermissions()


def new_message(reply: Reply, permissions: ChannelPermissions) -> dict[str, Any]:
    """Keyword arguments of discord.py's `send`. A file can be sent once: call this again for another attempt."""
    kwargs: dict[str, Any] = {"allowed_mentions": discord.AllowedMentions.none()}
    if permissions.embed_links:
        kwargs["embed"] = _embed(reply, permissions)
    else:
        kwargs["content"] = _text(reply)
    if reply.media and permissions.attach_files:
        kwargs["file"] = _file(reply.media)
    if reply.rows:
        kwargs["view"] = _view(reply)
    return kwargs


def edited_message(reply: Reply) -> dict[str, Any]:
    """Keyword arguments of discord.py's `edit` that replace all of a message."""
    return {
        "content": None,
        "embed": _embed(reply, ALL_PERMISSIONS),
        "attachments": [_file(reply.media)] if reply.media else [],
        "view": _view(reply) if reply.rows else None,
        "allowed_mentions": discord.AllowedMentions.none(),
    }


def _embed(reply: Reply, permissions: ChannelPermissions) -> discord.Embed:
    embed = discord.Embed(
        title=_clipped(_escaped(reply.title), _TITLE_LIMIT),
        description=_clipped("\n".join(_escaped(line) for line in reply.lines), _DESCRIPTION_LIMIT) or None,
        url=reply.url if 0 < len(reply.url) <= _URL_LIMIT else None,
        colour=_COLOURS[reply.tone],
    )
    media = reply.media
    if media and permissions.attach_files and media.kind is not MediaKind.MP4 and not media.spoiler:
        embed.set_image(url=f"attachment://{_file_name(media)}")
    return embed


def _text(reply: Reply) -> str:
    lines = [f"**{_escaped(reply.title)}**", *(_escaped(line) for line in reply.lines)]
    if reply.url:
        lines.append(f"<{reply.url}>")
    return _clipped("\n".join(lines), _CONTENT_LIMIT)


def _file(media: Media) -> discord.File:
    return discord.File(io.BytesIO(media.data), filename=_file_name(media), spoiler=media.spoiler)


def _file_name(media: Media) -> str:
    """A file name of the characters that Discord keeps, so that `attachment://` finds the file."""
    stem, dot, suffix = media.name.rpartition(".")
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in (stem if dot else suffix))
    suffixes = {MediaKind.MP4: "mp4", MediaKind.GIF: "gif", MediaKind.JPEG: "jpg"}
    return f"{safe.strip('_')[:60] or 'scene'}.{suffixes[media.kind]}"


def _view(reply: Reply) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(reply.rows[:_ROWS_LIMIT]):
        for button in row[:_ROW_BUTTONS_LIMIT]:
            view.add_item(
                discord.ui.Button(
                    label=_clipped(button.label, _LABEL_LIMIT),
                    custom_id=custom_id(button.action) if button.action else None,
                    url=button.url or None,
                    row=number,
                )
            )
    # discord.py keeps every unfinished view for ever; presses are identified by custom id alone
    view.stop()
    return view


def _escaped(text: str) -> str:
    return discord.utils.escape_mentions(discord.utils.escape_markdown(text, ignore_links=False))


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
