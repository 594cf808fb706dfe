"""discord.py's client with our answers in it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.connection_state import ConnectionState
from bot.discord_adapter.action_ids import action_of, modal_text
from bot.discord_adapter.chat_context import Interaction
from bot.discord_adapter.interaction_answers import InteractionAnswers
from bot.discord_adapter.message_answers import MessageAnswers
from bot.discord_adapter.platform_errors import logged_errors
from bot.discord_adapter.slash_options import SlashOptions
from bot.dispatch.protocol import PlatformMetrics
from bot.dispatch.show_suggestions import ShowSuggestion
from bot.messages import CommandName

_log = logging.getLogger(__name__)


def minimal_intents(*, message_content: bool) -> discord.Intents:
    """The events we ask for: servers and channels, messages there and in private, and what is in them if allowed."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = True
    intents.message_content = message_content
    return intents


class DiscordClient(discord.Client):
    """Hands messages and interactions on. Keeps no messages and no members: what it needs comes with each event."""

    def __init__(
        self,
        metrics: PlatformMetrics,
        state: ConnectionState,
        *,
        message_content: bool,
        on_connected: Callable[[str, int], None] = lambda _name, _servers: None,
    ) -> None:
        super().__init__(
            intents=minimal_intents(message_content=message_content),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._metrics = metrics
        self._state = state
        self._on_connected = on_connected
        self._ready_reported = False
        self._messages: MessageAnswers | None = None
        self._interactions: InteractionAnswers | None = None
        self._answers: dict[int, asyncio.Task[None]] = {}
        self.connected = False

    def answer_with(self, messages: MessageAnswers, interactions: InteractionAnswers) -> None:
        """Who answers; before this nothing is answered."""
        self._messages, self._interactions = messages, interactions

    async def finish(self, within_s: float) -> None:
        """Wait so long for the answers under way, and give up the rest."""
        tasks = [*self._answers.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def on_slash(self, interaction: Interaction, options: SlashOptions) -> None:
        """`/whenanime` was used."""
        if self._interactions:
            await self._answer(interaction.id, self._interactions.slash(interaction, options))

    async def on_menu(self, interaction: Interaction, message: discord.Message) -> None:
        """“Find the scene” was chosen."""
        if self._interactions:
            await self._answer(interaction.id, self._interactions.menu(interaction, message))

    async def on_command(self, interaction: Interaction, name: CommandName, argument: str) -> None:
        """`/help` or `/lang` was used."""
        if self._interactions:
            await self._answer(interaction.id, self._interactions.command(interaction, name, argument))

    async def on_show_typed(self, interaction: Interaction, text: str) -> Sequence[ShowSuggestion]:
        """The name of a show is being typed."""
        return await self._interactions.suggest_shows(interaction, text) if self._interactions else ()

    async def on_interaction(self, interaction: Interaction) -> None:
        """A button was pressed or a form filled in; commands come by way of the tree."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        action = action_of(interaction)
        if action is not None and self._interactions:
            await self._answer(interaction.id, self._interactions.press(interaction, action, modal_text(interaction)))

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote."""
        if self._messages and self.user and message.id not in self._answers:
            await self._answer(message.id, self._messages.answer(message, self.user))

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message was changed by its author, or by Discord."""
        message = payload.message
        while previous := self._answers.get(message.id):
            await asyncio.wait({previous})
        if self._messages and self.user:
            await self._answer(message.id, self._messages.answer_edited(message, self.user))

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Whoever deletes a question wants no answer."""
        self._cancel(payload.message_id)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """A moderator cleans up."""
        for message_id in payload.message_ids:
            self._cancel(message_id)

    async def on_connect(self) -> None:
        """Connected anew; the servers that we are in follow."""
        self.connected = True
        self._state.restored()

    async def on_ready(self) -> None:
        """The servers are known."""
        _log.info("Discord: connected, in %d servers.", len(self.guilds))
        if not self._ready_reported:
            self._ready_reported = True
            self._on_connected(str(self.user), len(self.guilds))

    async def on_resumed(self) -> None:
        """Connected again where it left off."""
        self.connected = True
        self._state.restored()

    async def on_disconnect(self) -> None:
        """The line broke; discord.py connects again."""
        if self.connected:
            self._metrics.platform_fault("discord", "disconnected")
        self.connected = False

    def _cancel(self, key: int) -> None:
        task = self._answers.get(key)
        if task:
            task.cancel()

    async def _answer(self, key: int, answer: Awaitable[None]) -> None:
        """In a task of its own, which can be given up and waited for."""
        task = asyncio.create_task(self._logged(answer))
        self._answers[key] = task
        try:
            await asyncio.wait({task})
        finally:
            self._answers.pop(key, None)

    async def _logged(self, answer: Awaitable[None]) -> None:
        with logged_errors(self._metrics, "answering"):
            await answer
