"""A server with a channel and people in it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import discord
import pytest
from simcord import interactions
from simcord.backend import serializers
from simcord.backend.models import AllowedMentions, Channel, Guild, Message, User
from simcord.enums import AppCommandType, InteractionType

from tests.bot.discord.simcord_server import SimcordServer

_PATIENCE_S = 20.0
Files = Sequence[tuple[str, bytes]]


class World:
    """The people's side of it."""

    def __init__(self, server: SimcordServer) -> None:
        self.server = server
        self.backend = server.backend
        self.guild: Guild = self.backend.create_guild("Anime")
        self.channel: Channel = self.backend.create_channel(self.guild.id, "screenshots")
        self.user: User = self.member("asker")
        self.mention = f"<@{self.backend.bot_user.id}>"
        self._changed = asyncio.Event()
        server.on_change = self._changed.set
        self.backend.subscribers.append(lambda *_: self._changed.set())

    def member(self, name: str, *, bot: bool = False) -> User:
        user = self.backend.make_user(name, bot=bot)
        self.backend.add_member(self.guild.id, user.id)
        return user

    def allow(self, *names: str) -> None:
        """Give the bot these permissions and no others."""
        allowed = discord.Permissions(**dict.fromkeys(("view_channel", *names), True)).value
        for role in self.guild.roles.values():
            role.permissions = allowed

    async def until(self, happened: Callable[[], object], what: str = "it") -> None:
        """Wait for something that the adapter does."""
        async with asyncio.timeout(_PATIENCE_S):
            while not happened():
                self._changed.clear()
                try:
                    await self._changed.wait()
                except asyncio.CancelledError:
                    pytest.fail(f"{what} did not happen; {self.server.requests[-5:]}")

    def note(self) -> None:
        """Look again."""
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

    def by_bot(self, channel: Channel | None = None) -> list[Message]:
        found = self.backend.messages[(channel or self.channel).id].values()
        return [one for one in found if one.author_id == self.backend.bot_user.id]

    async def answer(self, channel: Channel | None = None, number: int = 1) -> Message:
        """The bot's message of that number in a channel, when it is there."""
        await self.until(lambda: len(self.by_bot(channel)) >= number, f"answer {number}")
        return self.by_bot(channel)[number - 1]

    def slash(
        self,
        *,
        channel: Channel | None = None,
        picture: tuple[str, bytes] | None = None,
        locale: str = "en-US",
        **typed: Any,
    ) -> int:
        """Use `/whenanime`; the number of the interaction."""
        channel = channel or self.channel
        command = self.backend.find_command("whenanime", None)
        assert command is not None
        kinds = {option["name"]: option["type"] for option in command["options"]}
        options = [{"name": name, "type": kinds[name], "value": value} for name, value in typed.items()]
        data: dict[str, Any] = {"id": command["id"], "name": "whenanime", "type": 1, "options": options}
        if picture is not None:
            stored = self.backend.store_attachments(channel.id, [picture])[0]
            options.append({"name": "picture", "type": kinds["picture"], "value": stored["id"]})
            data["resolved"] = {"attachments": {stored["id"]: stored}}
        return self._interact(InteractionType.APPLICATION_COMMAND, channel, data, locale)

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
        """Fill in the form that an interaction was answered with."""
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
        """The finished response to an interaction."""
        record = self.backend.interactions[number]

        def finished() -> Message | None:
            message = self.backend.messages[record.channel_id].get(record.message_id or 0)
            return message if message and (message.embeds or message.content) else None

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
        if source is not None:
            record.source_message_id = source.id
            payload["message"] = dict(serializers.message_payload(self.backend, source))
        self.backend.emit("INTERACTION_CREATE", payload)
        return record.id
