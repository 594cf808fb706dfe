"""A simulated server with a channel and users."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import discord
import pytest
from simcord import interactions
from simcord.backend import serializers
from simcord.backend.models import AllowedMentions, Channel, Guild, Message, User
from simcord.enums import AppCommandType, InteractionType

from tests.bot.discord_adapter.simcord_server import SimcordServer

_PATIENCE_S = 20.0
_GROUP_CHAT = 3
"""Discord's number of this kind of channel."""
_PRIVATE_CHANNEL = 2
"""Discord's number of the context of chats between people."""
Files = Sequence[tuple[str, bytes]]


class World:
    """A server with users, who write, edit, press buttons and use commands."""

    def __init__(self, server: SimcordServer) -> None:
        self.server = server
        self.backend = server.backend
        self.guild: Guild = self.backend.create_guild("Anime")
        self.channel: Channel = self.backend.create_channel(self.guild.id, "screenshots")
        self.user: User = self.member("asker")
        self.hidden = server.gateway.hidden
        """Ids of messages that the gateway leaves out of replies to them, as it sometimes does."""
        self.bot_absent = False
        """Whether commands are used in a server without the bot."""
        self.mention = f"<@{self.backend.bot_user.id}>"
        self._changed = asyncio.Event()
        server.on_change = self._changed.set
        self.backend.subscribers.append(lambda *_: self._changed.set())

    def member(self, name: str, *, bot: bool = False) -> User:
        user = self.backend.make_user(name, bot=bot)
        self.backend.add_member(self.guild.id, user.id)
        return user

    def allow(self, *names: str) -> None:
        """Give the bot these permissions only."""
        allowed = discord.Permissions(**dict.fromkeys(("view_channel", *names), True)).value
        for role in self.guild.roles.values():
            role.permissions = allowed

    async def until(self, happened: Callable[[], object], what: str = "it") -> None:
        """Wait until the adapter has done something."""
        async with asyncio.timeout(_PATIENCE_S):
            while not happened():
                self._changed.clear()
                try:
                    await self._changed.wait()
                except asyncio.CancelledError:
                    pytest.fail(f"{what} did not happen; {self.server.requests[-5:]}")

    def now(self) -> datetime:
        """The time of day in the simulation."""
        return datetime.fromisoformat(self.backend.now_iso())

    def edit(self, message: Message, **fields: Any) -> None:
        """The author edits a message, or Discord adds embeds to it (`embeds`)."""
        self.backend.edit_message(message.channel_id, message.id, fields)

    def note(self) -> None:
        """Check again what `until` waits for."""
        self._changed.set()

    def say(
        self,
        text: str = "",
        files: Files = (),
        *,
        by: User | None = None,
        channel: Channel | None = None,
        reply_to: Message | None = None,
        forwards: Message | None = None,
        ping: bool = True,
        **fields: Any,
    ) -> Message:
        channel = channel or self.channel
        reference: dict[str, Any] | None = None
        if reply_to is not None:
            reference = {"message_id": str(reply_to.id), "channel_id": str(reply_to.channel_id)}
        if forwards is not None:
            reference = {"type": 1, "message_id": str(forwards.id), "channel_id": str(forwards.channel_id)}
        return self.backend.create_message(
            channel.id,
            (by or self.user).id,
            text,
            attachments=self.backend.store_attachments(channel.id, list(files)),
            reference=reference,
            allowed_mentions=AllowedMentions(replied_user=ping),
            **fields,
        )

    @property
    def private(self) -> Channel:
        return self.backend.get_dm_channel(self.user.id)

    @property
    def group_chat(self) -> Channel:
        """A group chat of the asker, where the asker uses the app installed for the user."""
        existing = next((channel for channel in self.backend.channels.values() if channel.type == _GROUP_CHAT), None)
        return existing or self.backend.create_channel(None, "friends", type=_GROUP_CHAT)

    def by_bot(self, channel: Channel | None = None) -> list[Message]:
        messages = self.backend.messages[(channel or self.channel).id].values()
        return [message for message in messages if message.author_id == self.backend.bot_user.id]

    async def answer(self, channel: Channel | None = None, number: int = 1) -> Message:
        """The bot's message of this number (from 1) in a channel, once there is one."""
        await self.until(lambda: len(self.by_bot(channel)) >= number, f"answer {number}")
        return self.by_bot(channel)[number - 1]

    def slash(
        self,
        *,
        command: str = "whenanime",
        typing: str = "",
        channel: Channel | None = None,
        picture: tuple[str, bytes] | None = None,
        locale: str = "en-US",
        **typed: Any,
    ) -> int:
        """Use a command, or be `typing` one of its options; returns the id of the interaction."""
        channel = channel or self.channel
        registered = self.backend.find_command(command, None)
        assert registered is not None
        kinds = {option["name"]: option["type"] for option in registered["options"]}
        options = [
            {"name": name, "type": kinds[name], "value": value, **({"focused": True} if name == typing else {})}
            for name, value in typed.items()
        ]
        data: dict[str, Any] = {"id": registered["id"], "name": command, "type": 1, "options": options}
        if picture is not None:
            stored = self.backend.store_attachments(channel.id, [picture])[0]
            options.append({"name": "picture", "type": kinds["picture"], "value": stored["id"]})
            data["resolved"] = {"attachments": {stored["id"]: stored}}
        kind = InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE if typing else InteractionType.APPLICATION_COMMAND
        return self._interact(kind, channel, data, locale)

    def menu(self, message: Message) -> int:
        """Choose “Find the scene” of a message."""
        command = self.backend.find_command("Find the scene", None, type=AppCommandType.MESSAGE)
        assert command is not None
        shown = dict(serializers.message_payload(self.backend, message))
        data = {
            "id": command["id"],
            "name": command["name"],
            "type": 3,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): shown}},
        }
        return self._interact(InteractionType.APPLICATION_COMMAND, self.channel, data, "en-US")

    def click(self, message: Message, custom_id: str, locale: str = "en-US") -> int:
        buttons = [button["custom_id"] for row in message.components for button in row["components"]]
        assert custom_id in buttons
        return self._interact(
            InteractionType.MESSAGE_COMPONENT,
            self.backend.get_channel(message.channel_id),
            {"custom_id": custom_id, "component_type": 2},
            locale,
            source=message,
        )

    def submit(self, shown: int, text: str) -> int:
        """Submit the modal that an interaction was answered with."""
        record = self.backend.interactions[shown]
        assert record.modal is not None
        assert record.source_message_id is not None
        label = record.modal["components"][0]
        written = {"type": 4, "custom_id": label["component"]["custom_id"], "value": text, "id": 2}
        data = {"custom_id": record.modal["custom_id"], "components": [{"type": 18, "id": 1, "component": written}]}
        return self._interact(
            InteractionType.MODAL_SUBMIT,
            self.channel,
            data,
            "en-US",
            source=self.backend.get_message(record.channel_id, record.source_message_id),
        )

    async def responded(self, number: int) -> Message:
        """The finished response to an interaction; where the first message was deleted, its follow-up."""
        record = self.backend.interactions[number]

        def finished() -> Message | None:
            messages = self.backend.messages[record.channel_id]
            message = messages.get(record.message_id or 0)
            if record.message_id and message is None and record.followup_ids:
                message = messages[record.followup_ids[-1]]
            return message if message and message.embeds else None

        await self.until(finished, "a response")
        message = finished()
        assert message is not None
        return message

    def _interact(
        self, kind: InteractionType, channel: Channel, data: dict[str, Any], locale: str, source: Message | None = None
    ) -> int:
        record, payload = interactions.base_payload(
            self.backend,
            type=kind,
            channel_id=channel.id,
            guild_id=channel.guild_id,
            user_id=self.user.id,
            data=data,
        )
        payload["locale"] = locale
        if channel.type == _GROUP_CHAT:
            payload["context"] = _PRIVATE_CHANNEL
            payload["channel"] = {"id": str(channel.id), "type": channel.type, "name": channel.name, "recipients": []}
        if self.bot_absent:
            self._elsewhere(payload)
        if source is not None:
            record.source_message_id = source.id
            payload["message"] = dict(serializers.message_payload(self.backend, source))
        self.backend.emit("INTERACTION_CREATE", payload)
        return record.id

    @staticmethod
    def _elsewhere(payload: dict[str, Any]) -> None:
        """Make a payload one from a server without the bot, whose ids the bot does not know."""
        payload["guild_id"] = "77"
        payload["guild"] = {"id": "77", "features": [], "locale": "en-US"}
        payload["channel"] = {**payload["channel"], "guild_id": "77", "id": "78"}
        payload["authorizing_integration_owners"] = {"1": payload["member"]["user"]["id"]}
