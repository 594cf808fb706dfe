"""What a message wants of us: pictures looked up, a command, a word of ours, or nothing."""

import re
from dataclasses import dataclass
from functools import partial

import discord

from bot.discord_adapter import wording
from bot.discord_adapter.chat_context import ChatContext, is_private, request_id, user_id
from bot.discord_adapter.picture_finder import MessagePictures, PictureFinder
from bot.discord_adapter.retrying import Retry
from bot.intake.typed_options import parse_options
from bot.language.translations import Translations
from bot.messages import Command, CommandName, Reply, Request
from bot.replies.error_messages import problem_reply
from core.errors import FilterError

_MENTION = re.compile(r"<@[!&]?\d+>")
_TYPES = (discord.MessageType.default, discord.MessageType.reply)

ParsedMessage = Request | Command | Reply | None


@dataclass(frozen=True, slots=True)
class MessageParser:
    """Reads messages. `channels` are those where a picture needs no mention; `sees_all`: we may read all messages."""

    finder: PictureFinder
    texts: Translations
    retry: Retry
    channels: frozenset[int]
    sees_all: bool

    def is_for_us(self, message: discord.Message, me: discord.ClientUser) -> bool:
        """Whether somebody who is no bot means us, or posts where every picture is answered."""
        if message.author.bot or message.webhook_id is not None or message.type not in _TYPES:
            return False
        if _addressed(message, me):
            return True
        # below an answer of ours people talk to each other
        return self._is_listed(message.channel) and not _is_ours(_replied_to(message), me)

    async def read(self, message: discord.Message, me: discord.ClientUser, place: ChatContext) -> ParsedMessage:
        """What a message that is for us wants."""
        asked = _addressed(message, me)
        found = self._own(message, asked=asked)
        if not found.pictures and asked:
            target = await self._target(message)
            if target is not None and not _is_ours(target, me):
                found = self._own(target, asked=True)
                if not found.pictures and not self.sees_all and _is_blank(target):
                    return wording.unreadable(self.texts.of(place.locale))
        if found.pictures:
            return self._request(message, place, found)
        if found.drawn:
            return wording.drawn_sticker(self.texts.of(place.locale))
        return self._command(message, place, me) if asked else None

    def of_shown(self, message: discord.Message) -> MessagePictures:
        """The pictures of a message that somebody points at."""
        return self._own(message, asked=True)

    def _own(self, message: discord.Message, *, asked: bool) -> MessagePictures:
        found = self.finder.of_message(message, asked=asked)
        if found.pictures or not asked:
            return found
        links = self.finder.of_links(message)
        return links if links.pictures else found

    def of_scrolled(self, message: discord.Message) -> MessagePictures:
        """The pictures of a message that nobody points at, as they are seen in the chat."""
        found = self.finder.of_message(message, asked=False)
        return found if found.pictures else self.finder.of_shown_links(message)

    async def _target(self, message: discord.Message) -> discord.Message | None:
        """The message that is replied to, fetched where the gateway left it out. Raises what `Retry` raises."""
        reference = message.reference
        if (
            reference is None
            or reference.type is not discord.MessageReferenceType.default
            or reference.message_id is None
        ):
            return None
        if reference.resolved is not None:
            return _replied_to(message)
        try:
            return await self.retry(partial(message.channel.fetch_message, reference.message_id))
        except (discord.NotFound, discord.Forbidden):
            return None

    def _request(self, message: discord.Message, place: ChatContext, found: MessagePictures) -> Request | Reply:
        try:
            options = parse_options(_MENTION.sub(" ", message.content))
        except FilterError as error:
            return problem_reply(self.texts.of(place.locale), error)
        return Request(
            id=request_id(message),
            user=user_id(message.author),
            chat=place.chat,
            locale=place.locale,
            pictures=found.pictures,
            options=options,
            spoiler=found.spoiler,
        )

    def _command(self, message: discord.Message, place: ChatContext, me: discord.ClientUser) -> Command | None:
        """The command that a text is; help for any other, except below an answer of ours."""
        name, _, argument = _MENTION.sub(" ", message.content).strip().partition(" ")
        known = {str(command): command for command in CommandName}
        command = known.get(name.lstrip("/!").lower())
        if command is None:
            if _is_ours(_replied_to(message), me):
                return None
            command, argument = CommandName.HELP, ""
        return Command(command, user_id(message.author), place.chat, place.locale, argument.strip())

    def _is_listed(self, channel: object) -> bool:
        ids = {getattr(channel, "id", 0), getattr(channel, "parent_id", None) or 0}
        return not self.channels.isdisjoint(ids)


def _addressed(message: discord.Message, me: discord.ClientUser) -> bool:
    """In private, or by name; that a reply of ours was answered does not count as being named."""
    if is_private(message) or me.id in message.raw_mentions:
        return True
    role = message.guild.self_role if message.guild else None
    return role is not None and role.id in message.raw_role_mentions


def _replied_to(message: discord.Message) -> discord.Message | None:
    resolved = message.reference.resolved if message.reference else None
    return resolved if isinstance(resolved, discord.Message) else None


def _is_ours(message: discord.Message | None, me: discord.ClientUser) -> bool:
    return message is not None and message.author.id == me.id


def _is_blank(message: discord.Message) -> bool:
    """As messages of others are to whom Discord does not show them."""
    return not (message.content or message.attachments or message.embeds or message.stickers or message.components)
