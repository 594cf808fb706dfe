"""What a message wants of us: pictures looked up, a command, a word of ours, or nothing."""

import re
from dataclasses import dataclass
from functools import partial

import discord

from bot.discord_adapter import wording
from bot.discord_adapter.chat_context import ChatContext, is_direct_message, request_id, user_id
from bot.discord_adapter.picture_finder import MessagePictures, PictureFinder
from bot.discord_adapter.retrying import Retry
from bot.intake.typed_options import parse_options
from bot.language.translations import Translations
from bot.messages import Command, CommandName, Reply, Request
from bot.replies.error_messages import problem_reply
from core.errors import FilterError

_MENTION = re.compile(r"<@[!&]?\d+>")
_ANSWERED_TYPES = (discord.MessageType.default, discord.MessageType.reply)

ParsedMessage = Request | Command | Reply | None


@dataclass(frozen=True, slots=True)
class MessageParser:
    """Reads messages. `channels` are those where a picture needs no mention; `sees_all`: we may read all messages."""

    finder: PictureFinder
    texts: Translations
    retry: Retry
    channels: frozenset[int]
    message_content: bool

    def is_for_us(self, message: discord.Message, me: discord.ClientUser) -> bool:
        """Whether somebody who is no bot means us, or posts where every picture is answered."""
        if message.author.bot or message.webhook_id is not None or message.type not in _ANSWERED_TYPES:
            return False
        if _is_addressed(message, me):
            return True
        # below an answer of ours people talk to each other
        return self._is_listed(message.channel) and not _is_ours(_resolved_reference(message), me)

    async def parse(self, message: discord.Message, me: discord.ClientUser, context: ChatContext) -> ParsedMessage:
        """What a message that is for us wants."""
        addressed = _is_addressed(message, me)
        pictures = self._pictures(message, explicit=addressed)
        if not pictures.pictures and addressed:
            target = await self._referenced(message)
            if target is not None and not _is_ours(target, me):
                pictures = self._pictures(target, explicit=True)
                if not pictures.pictures and not self.message_content and _has_no_content(target):
                    return wording.message_content_hidden(self.texts.of(context.locale))
        if pictures.pictures:
            return self._request(message, context, pictures)
        if pictures.vector_sticker:
            return wording.vector_sticker(self.texts.of(context.locale))
        return self._command(message, context, me) if addressed else None

    def pictures_of(self, message: discord.Message) -> MessagePictures:
        """The pictures of a message that somebody points at."""
        return self._pictures(message, explicit=True)

    def _pictures(self, message: discord.Message, *, explicit: bool) -> MessagePictures:
        pictures = self.finder.of_message(message, explicit=explicit)
        if pictures.pictures or not explicit:
            return pictures
        links = self.finder.of_links(message)
        return links if links.pictures else pictures

    def visible_pictures_of(self, message: discord.Message) -> MessagePictures:
        """The pictures of a message that nobody points at, as they are seen in the chat."""
        pictures = self.finder.of_message(message, explicit=False)
        return pictures if pictures.pictures else self.finder.of_visible_links(message)

    async def _referenced(self, message: discord.Message) -> discord.Message | None:
        """The message that is replied to, fetched where the gateway left it out. Raises what `Retry` raises."""
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
            return problem_reply(self.texts.of(context.locale), error)
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
        """The command that a text is; help for any other, except below an answer of ours."""
        name, _, argument = _MENTION.sub(" ", message.content).strip().partition(" ")
        commands = {str(command): command for command in CommandName}
        command = commands.get(name.lstrip("/!").lower())
        if command is None:
            if _is_ours(_resolved_reference(message), me):
                return None
            command, argument = CommandName.HELP, ""
        return Command(command, user_id(message.author), context.chat, context.locale, argument.strip())

    def _is_listed(self, channel: object) -> bool:
        ids = {getattr(channel, "id", 0), getattr(channel, "parent_id", None) or 0}
        return not self.channels.isdisjoint(ids)


def _is_addressed(message: discord.Message, me: discord.ClientUser) -> bool:
    """In private, or by name; that a reply of ours was answered does not count as being named."""
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
    """As messages of others are to whom Discord does not show them."""
    return not (message.content or message.attachments or message.embeds or message.stickers or message.components)
