"""Parses a message into a request, a command, a canned reply or nothing."""

import re
from dataclasses import dataclass
from functools import partial

import discord

from bot.chat_platform.retry import Retry
from bot.discord_adapter import wording
from bot.discord_adapter.chat_context import ChatContext, is_direct_message, request_id, user_id
from bot.discord_adapter.picture_finder import MessagePictures, PictureFinder
from bot.dispatch.protocol import UserTranslator
from bot.intake.typed_options import parse_options
from bot.language.translations import Translator
from bot.messages import Command, CommandName, Reply, Request
from bot.replies.error_messages import problem_reply
from core.errors import FilterError

_MENTION = re.compile(r"<@[!&]?\d+>")
_ANSWERED_TYPES = (discord.MessageType.default, discord.MessageType.reply)

ParsedMessage = Request | Command | Reply | None


@dataclass(frozen=True, slots=True)
class MessageParser:
    """Parses messages. In `channels` a picture needs no mention; `message_content`: the bot has this intent, and so can
    read messages that do not mention it. `translator` is of a user and a locale.
    """

    finder: PictureFinder
    translator: UserTranslator
    retry: Retry
    channels: frozenset[int]
    message_content: bool

    def is_for_us(self, message: discord.Message, me: discord.ClientUser) -> bool:
        """Whether a user addresses the bot, or posts in one of `channels`."""
        if message.author.bot or message.webhook_id is not None or message.type not in _ANSWERED_TYPES:
            return False
        if _is_addressed(message, me):
            return True
        # replies to the bot's answers are a conversation among users
        return self._is_listed(message.channel) and not _is_ours(_resolved_reference(message), me)

    async def parse(self, message: discord.Message, me: discord.ClientUser, context: ChatContext) -> ParsedMessage:
        """Parse a message that `is_for_us`. Raises what `Retry` raises when the message replied to cannot be read."""
        addressed = _is_addressed(message, me)
        pictures = self._pictures(message, explicit=addressed)
        if not pictures.pictures and addressed:
            referenced = await self._referenced(message)
            if referenced is not None and not _is_ours(referenced, me):
                pictures = self._pictures(referenced, explicit=True)
                if not pictures.pictures and not self.message_content and _has_no_content(referenced):
                    return wording.message_content_hidden(self._translator_of(message, context))
        if pictures.pictures:
            return self._request(message, context, pictures)
        if pictures.vector_sticker:
            return wording.vector_sticker(self._translator_of(message, context))
        return self._command(message, context, me) if addressed else None

    def pictures_of(self, message: discord.Message) -> MessagePictures:
        """The pictures of a message that a user chose: those that it contains, or else those that it links to."""
        return self._pictures(message, explicit=True)

    def visible_pictures_of(self, message: discord.Message) -> MessagePictures:
        """The pictures of a message that nobody chose, as they are visible in the chat."""
        attached = self.finder.of_message(message, explicit=False)
        return attached if attached.pictures else self.finder.of_visible_links(message)

    def _pictures(self, message: discord.Message, *, explicit: bool) -> MessagePictures:
        attached = self.finder.of_message(message, explicit=explicit)
        if attached.pictures or not explicit:
            return attached
        linked = self.finder.of_links(message)
        return linked if linked.pictures else attached

    async def _referenced(self, message: discord.Message) -> discord.Message | None:
        """The message replied to, fetched where the gateway left it out. Raises what `Retry` raises."""
        reference = message.reference
        if (
            reference is None
            or reference.type is not discord.MessageReferenceType.default
            or reference.message_id is None
        ):
            return None
        if reference.resolved is not None:
            return _resolved_reference(message)
        try:
            return await self.retry(partial(message.channel.fetch_message, reference.message_id))
        except (discord.NotFound, discord.Forbidden):
            return None

    def _request(self, message: discord.Message, context: ChatContext, pictures: MessagePictures) -> Request | Reply:
        try:
            options = parse_options(_MENTION.sub(" ", message.content))
        except FilterError as error:
            return problem_reply(self._translator_of(message, context), error)
        return Request(
            id=request_id(message),
            user=user_id(message.author),
            chat=context.chat,
            locale=context.locale,
            pictures=pictures.pictures,
            options=options,
            spoiler=pictures.spoiler,
        )

    def _command(self, message: discord.Message, context: ChatContext, me: discord.ClientUser) -> Command | None:
        """The command in a text; help for any other text, except in a reply to an answer of the bot."""
        name, _, argument = _MENTION.sub(" ", message.content).strip().partition(" ")
        commands = {str(command): command for command in CommandName}
        command = commands.get(name.lstrip("/!").lower())
        if command is None:
            if _is_ours(_resolved_reference(message), me):
                return None
            command, argument = CommandName.HELP, ""
        return Command(command, user_id(message.author), context.chat, context.locale, argument.strip())

    def _translator_of(self, message: discord.Message, context: ChatContext) -> Translator:
        return self.translator(user_id(message.author), context.locale)

    def _is_listed(self, channel: object) -> bool:
        ids = {getattr(channel, "id", 0), getattr(channel, "parent_id", None) or 0}
        return not self.channels.isdisjoint(ids)


def _is_addressed(message: discord.Message, me: discord.ClientUser) -> bool:
    """Whether a message is direct or mentions the bot in its text; the mention of a reply's author does not count."""
    if is_direct_message(message) or me.id in message.raw_mentions:
        return True
    role = message.guild.self_role if message.guild else None
    return role is not None and role.id in message.raw_role_mentions


def _resolved_reference(message: discord.Message) -> discord.Message | None:
    resolved = message.reference.resolved if message.reference else None
    return resolved if isinstance(resolved, discord.Message) else None


def _is_ours(message: discord.Message | None, me: discord.ClientUser) -> bool:
    return message is not None and message.author.id == me.id


def _has_no_content(message: discord.Message) -> bool:
    """Whether a message is empty, as those are whose content Discord withholds."""
    return not (message.content or message.attachments or message.embeds or message.stickers or message.components)
