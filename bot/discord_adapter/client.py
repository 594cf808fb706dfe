"""The Discord client: passes the gateway's events on to those who answer them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import discord

from bot.chat_platform.connection_state import ConnectionState
from bot.discord_adapter.action_ids import action_of, modal_text
from bot.discord_adapter.chat_context import Interaction
from bot.discord_adapter.interaction_answers import InteractionAnswers
from bot.discord_adapter.message_answers import MessageAnswers
from bot.discord_adapter.platform_errors import logged_errors
from bot.discord_adapter.slash_options import SlashOptions
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics
from bot.dispatch.show_suggestions import ShowSuggestion
from bot.messages import CommandName

_log = logging.getLogger(__name__)


def minimal_intents(*, message_content: bool) -> discord.Intents:
    """The intents of the bot: servers, messages in servers and direct messages, and their content if allowed."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.dm_messages = True
    intents.message_content = message_content
    return intents


class DiscordClient(discord.Client):
    """Passes messages and interactions on. Caches no messages and no members: each event carries what is needed.

    `on_connected` is called once, with the bot's name and the number of servers, when the servers are known.
    """

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
        """Set who answers; before this nothing is answered."""
        self._messages, self._interactions = messages, interactions

    async def finish(self, within_s: float) -> None:
        """Wait at most so long for the answers in progress, and cancel the rest."""
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
        """A user is typing the name of a show."""
        return await self._interactions.suggest_shows(interaction, text) if self._interactions else ()

    async def on_interaction(self, interaction: Interaction) -> None:
        """A button was pressed or a modal submitted; commands arrive through the command tree."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        action = action_of(interaction)
        if action is not None and self._interactions:
            await self._answer(interaction.id, self._interactions.press(interaction, action, modal_text(interaction)))

    async def on_message(self, message: discord.Message) -> None:
        """A message was posted."""
        if self._messages and self.user and message.id not in self._answers:
            await self._answer(message.id, self._messages.answer(message, self.user))

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message was edited by its author, or Discord added embeds to it."""
        message = payload.message
        while previous := self._answers.get(message.id):
            await asyncio.wait({previous})
        if self._messages and self.user:
            await self._answer(message.id, self._messages.answer_edited(message, self.user))

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted: its answer is cancelled."""
        self._cancel(payload.message_id)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Several messages were deleted: their answers are cancelled."""
        for message_id in payload.message_ids:
            self._cancel(message_id)

    async def on_connect(self) -> None:
        """A new session; the servers follow."""
        self.connected = True
        self._state.restored()

    async def on_ready(self) -> None:
        """The servers are known."""
        _log.info("Discord: connected, in %d servers.", len(self.guilds))
        if not self._ready_reported:
            self._ready_reported = True
            self._on_connected(str(self.user), len(self.guilds))

    async def on_resumed(self) -> None:
        """A session was resumed."""
        self.connected = True
        self._state.restored()

    async def on_disconnect(self) -> None:
        """The connection was lost; discord.py reconnects."""
        if self.connected:
            self._metrics.platform_fault(PLATFORM, "disconnected")
        self.connected = False

    def _cancel(self, key: int) -> None:
        task = self._answers.get(key)
        if task:
            task.cancel()

    async def _answer(self, key: int, answer: Awaitable[None]) -> None:
        """Run an answer in a task of its own, which can be cancelled and waited for."""
        task = asyncio.create_task(self._logged(answer))
        self._answers[key] = task
        try:
            await asyncio.wait({task})
        finally:
            self._answers.pop(key, None)

    async def _logged(self, answer: Awaitable[None]) -> None:
        with logged_errors(self._metrics, "answering"):
            await answer
