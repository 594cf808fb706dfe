"""Answers to interactions: slash commands, the message menu, buttons and modals."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import discord

from bot.chat_platform.late_answer import answer_or_notice
from bot.chat_platform.reply_delivery import ReplyDelivery
from bot.chat_platform.retry import Retry
from bot.discord_adapter import wording
from bot.discord_adapter.chat_context import Interaction, chat_of_interaction, is_bot_direct_message, user_id
from bot.discord_adapter.message_parsing import MessageParser
from bot.discord_adapter.modals import text_modal
from bot.discord_adapter.picture_finder import MessagePictures
from bot.discord_adapter.rendering import ALL_PERMISSIONS, edited_message, new_message
from bot.discord_adapter.slash_commands import CHOICES_LIMIT
from bot.discord_adapter.slash_options import SlashOptions
from bot.discord_adapter.spec import PLATFORM
from bot.dispatch.protocol import PlatformMetrics, RequestHandler
from bot.dispatch.show_suggestions import ShowSuggestion
from bot.language.translations import Translator
from bot.messages import ButtonPress, Command, CommandName, Options, PictureUrl, Reply, Request, RequestId, Tone
from bot.replies.error_messages import no_picture_reply, problem_reply
from core.domain import SearchFilter
from core.errors import FetchError, FetchProblem, FilterError
from core.retrieval.filters import parse_seasons

_HISTORY_LIMIT = 30
"""Messages that are searched for the last picture."""
_DEFER_AFTER_S = 1.0
"""Discord waits three seconds for the first response; a modal can only be that response."""
_PRIVATE_TONES = (Tone.REFUSED, Tone.FAILED)
_PUBLIC_KEY = "public"
"""Key among an interaction's extras: whether its first response was visible to everybody in the chat."""


class InteractionAnswers:
    """Answers interactions. Each search is acknowledged first (deferred). `clock` gives seconds."""

    def __init__(
        self,
        dispatcher: RequestHandler,
        delivery: ReplyDelivery,
        parser: MessageParser,
        retry: Retry,
        metrics: PlatformMetrics,
        clock: Callable[[], float],
    ) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._parser = parser
        self._retry = retry
        self._metrics = metrics
        self._clock = clock

    async def slash(self, interaction: Interaction, arguments: SlashOptions) -> None:
        """Answer `/whenanime` with a file, a link, or the channel's last picture."""
        translator = self._translator_of(interaction)
        show, link = (arguments.show or "").strip(), arguments.link
        try:
            seasons = parse_seasons(arguments.seasons) if arguments.seasons else frozenset()
            options = Options(SearchFilter((show,) if show else (), seasons), private=arguments.private)
        except FilterError as error:
            await self._refuse(interaction, problem_reply(translator, error))
            return
        content_hidden = interaction.guild_id is not None and not self._parser.message_content
        pictures = MessagePictures()
        if arguments.picture is not None:
            pictures = self._parser.finder.of_attachment(arguments.picture)
        elif link:
            pictures = MessagePictures((PictureUrl(link.strip("<> |")),), link.strip().startswith("||"))
        elif content_hidden:
            await self._refuse(interaction, wording.message_content_hidden(translator))
            return
        # the first response settles who can read the answer
        await self._defer(interaction, private=arguments.private)
        result = pictures if pictures.pictures else await self._last_picture(interaction, translator)
        if isinstance(result, Reply):
            await self._complete(interaction, result)
        else:
            await self._search(interaction, result, options)

    async def menu(self, interaction: Interaction, message: discord.Message) -> None:
        """Answer “Find the scene” in a message's menu."""
        pictures = self._parser.pictures_of(message)
        if not pictures.pictures:
            translator = self._translator_of(interaction)
            reply = wording.vector_sticker(translator) if pictures.vector_sticker else no_picture_reply(translator)
            await self._refuse(interaction, reply)
            return
        await self._defer(interaction, private=False)
        await self._search(interaction, pictures, Options())

    async def command(self, interaction: Interaction, name: CommandName, argument: str) -> None:
        """Answer a command without a picture; only the user sees the answer."""
        started = self._clock()
        chat, user = chat_of_interaction(interaction), user_id(interaction.user)
        command = Command(name, user, chat, interaction.locale.value, argument)
        reply, _ = await answer_or_notice(
            self._dispatcher.command(command), _DEFER_AFTER_S, lambda: interaction.response.defer(ephemeral=True)
        )
        await self._delivery.deliver(replace(reply, private=True), chat, lambda attempt: _respond(interaction, attempt))
        self._metrics.acknowledged(PLATFORM, self._clock() - started)

    async def suggest_shows(self, interaction: Interaction, text: str) -> Sequence[ShowSuggestion]:
        """Shows to choose from while a name is typed."""
        chat, user = chat_of_interaction(interaction), user_id(interaction.user)
        return await self._dispatcher.shows(text, user, chat, interaction.locale.value, CHOICES_LIMIT)

    async def press(self, interaction: Interaction, action: str, text: str) -> None:
        """Answer a button, or a submitted modal with its text."""
        started = self._clock()
        chat = chat_of_interaction(interaction)

        async def defer() -> None:
            await interaction.response.defer()
            self._metrics.acknowledged(PLATFORM, self._clock() - started)

        press = ButtonPress(action, user_id(interaction.user), chat, interaction.locale.value, text)
        reply, _ = await answer_or_notice(self._dispatcher.press(press), _DEFER_AFTER_S, defer)
        if reply.text_prompt is not None:
            if not interaction.response.is_done() and interaction.type is discord.InteractionType.component:
                await interaction.response.send_modal(text_modal(reply.title, reply.text_prompt))
                return
            reply = wording.modal_expired(self._translator_of(interaction))

        await self._delivery.deliver(reply, chat, lambda attempt: _respond(interaction, attempt))

    async def _search(self, interaction: Interaction, pictures: MessagePictures, options: Options) -> None:
        async def notify(notice: Reply) -> None:
            await interaction.edit_original_response(**edited_message(notice))

        request = Request(
            id=RequestId(f"{PLATFORM}:interaction:{interaction.id}"),
            user=user_id(interaction.user),
            chat=chat_of_interaction(interaction),
            locale=interaction.locale.value,
            pictures=pictures.pictures,
            options=options,
            spoiler=pictures.spoiler,
            notify=notify,
        )
        reply = await self._dispatcher.handle(request)
        if reply is not None:
            await self._complete(interaction, reply)

    def _translator_of(self, interaction: Interaction) -> Translator:
        return self._dispatcher.translator(user_id(interaction.user), interaction.locale.value)

    async def _last_picture(self, interaction: Interaction, translator: Translator) -> MessagePictures | Reply:
        """The newest picture of the channel that another user posted, or the reason why there is none."""
        channel, me = interaction.channel, interaction.client.user
        if not isinstance(channel, discord.abc.Messageable) or me is None:
            return wording.history_unavailable(translator)

        async def recent_messages() -> list[discord.Message]:
            return [message async for message in channel.history(limit=_HISTORY_LIMIT)]

        try:
            messages = await self._retry(recent_messages)
        except (discord.Forbidden, discord.NotFound):
            return wording.history_unavailable(translator)
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            problem = f"Discord does not deliver messages ({type(error).__name__})."
            return problem_reply(translator, FetchError(FetchProblem.UNREACHABLE, problem))
        for message in messages:
            pictures = MessagePictures() if message.author.id == me.id else self._parser.visible_pictures_of(message)
            if pictures.pictures:
                return pictures
        return no_picture_reply(translator)

    async def _defer(self, interaction: Interaction, *, private: bool) -> None:
        started = self._clock()
        await interaction.response.defer(ephemeral=private, thinking=True)
        interaction.extras[_PUBLIC_KEY] = not private
        self._metrics.acknowledged(PLATFORM, self._clock() - started)

    async def _refuse(self, interaction: Interaction, reply: Reply) -> None:
        """Respond at once, visibly to the asker alone."""
        started = self._clock()
        chat = chat_of_interaction(interaction)
        await self._delivery.deliver(replace(reply, private=True), chat, lambda attempt: _respond(interaction, attempt))
        self._metrics.acknowledged(PLATFORM, self._clock() - started)

    async def _complete(self, interaction: Interaction, reply: Reply) -> None:
        """Replace the deferred response (“thinking …”) by a reply that everybody or only the asker sees."""
        only_asker = interaction.extras.get(_PUBLIC_KEY) is False or is_bot_direct_message(interaction)
        if not only_asker and (reply.private or reply.tone in _PRIVATE_TONES):
            await self._complete_privately(interaction, reply)
            return

        async def edit(attempt: Reply) -> None:
            await interaction.edit_original_response(**edited_message(attempt))

        await self._delivery.deliver(reply, chat_of_interaction(interaction), edit)

    async def _complete_privately(self, interaction: Interaction, reply: Reply) -> None:
        """Answer the asker alone after a public deferral: the first message is public whatever its flags, the next one
        can be ephemeral, and then the first one is deleted.
        """
        await interaction.edit_original_response(content="…", embed=None, attachments=[], view=None)

        async def send(attempt: Reply) -> None:
            await interaction.followup.send(**new_message(attempt, ALL_PERMISSIONS), ephemeral=True)

        await self._delivery.deliver(reply, chat_of_interaction(interaction), send)
        await interaction.delete_original_response()


async def _respond(interaction: Interaction, reply: Reply) -> None:
    """Respond by editing the message with the button, or by a new message."""
    unanswered = not interaction.response.is_done()
    if reply.edits and interaction.message is not None:
        if unanswered:
            await interaction.response.edit_message(**edited_message(reply))
        else:
            await interaction.edit_original_response(**edited_message(reply))
        return
    kwargs: dict[str, Any] = {**new_message(reply, ALL_PERMISSIONS), "ephemeral": reply.private}
    if unanswered:
        await interaction.response.send_message(**kwargs)
    else:
        await interaction.followup.send(**kwargs)
