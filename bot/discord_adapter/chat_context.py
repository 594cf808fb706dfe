"""Chat context: what kind of chat a message or interaction is in, its permissions, limits and language."""

from dataclasses import dataclass

import discord

from bot.discord_adapter.rendering import ALL_PERMISSIONS, ChannelPermissions
from bot.discord_adapter.spec import DEFAULT_UPLOAD_BYTES, PLATFORM
from bot.messages import Chat, ChatKind, MediaKind, RequestId, UserId

Interaction = discord.Interaction[discord.Client]


@dataclass(frozen=True, slots=True)
class ChatContext:
    """`missing` are the permissions without which nothing can be answered there; `locale` is the server's."""

    chat: Chat
    permissions: ChannelPermissions = ALL_PERMISSIONS
    missing: tuple[str, ...] = ()
    locale: str = ""


def user_id(user: discord.abc.User) -> UserId:
    """The user's id among those of all platforms."""
    return UserId(f"{PLATFORM}:{user.id}")


def request_id(message: discord.Message) -> RequestId:
    """The id of a message's request: the same however often the gateway delivers the message."""
    return RequestId(f"{PLATFORM}:{message.channel.id}:{message.id}")


def is_direct_message(message: discord.Message) -> bool:
    """Whether only the author and the bot can read it. A server that is not known yet has no `guild` either."""
    return isinstance(message.channel, discord.DMChannel)


def context_of_message(message: discord.Message) -> ChatContext:
    """The context of a message, with the bot's permissions in its channel."""
    guild = message.guild
    if is_direct_message(message):
        return ChatContext(Chat(ChatKind.PRIVATE, DEFAULT_UPLOAD_BYTES, MediaKind.GIF))
    if guild is None:
        return ChatContext(Chat(ChatKind.GROUP, DEFAULT_UPLOAD_BYTES, MediaKind.GIF))
    chat = Chat(ChatKind.GROUP, guild.filesize_limit, MediaKind.GIF, _age_restricted(message.channel))
    channel = message.channel
    if isinstance(channel, discord.DMChannel | discord.GroupChannel | discord.PartialMessageable):
        return ChatContext(chat, locale=guild.preferred_locale.value)
    try:
        granted = channel.permissions_for(guild.me)
    except discord.ClientException:  # a thread whose channel the bot may not see: the permissions show when it answers
        return ChatContext(chat, locale=guild.preferred_locale.value)
    missing = tuple(name for name in ("view_channel", sending_permission(channel)) if not getattr(granted, name))
    permissions = ChannelPermissions(
        embed_links=granted.embed_links,
        attach_files=granted.attach_files,
        read_message_history=granted.read_message_history,
    )
    return ChatContext(chat, permissions, missing, guild.preferred_locale.value)


def sending_permission(channel: object) -> str:
    """The permission to send messages: threads, which include the posts of a forum, have one of their own."""
    return "send_messages_in_threads" if isinstance(channel, discord.Thread) else "send_messages"


def is_bot_direct_message(interaction: Interaction) -> bool:
    """Whether the interaction is in the user's direct messages with the bot. A user who installed the app can use it in
    direct messages with other people too, and those read the answers.
    """
    return interaction.guild_id is None and not interaction.context.private_channel


def chat_of_interaction(interaction: Interaction) -> Chat:
    """The chat of a command or button press; responses to those need no permissions."""
    private = is_bot_direct_message(interaction)
    kind = ChatKind.PRIVATE if private else ChatKind.GROUP
    return Chat(kind, interaction.filesize_limit, MediaKind.GIF, not private and _age_restricted(interaction.channel))


def _age_restricted(channel: object) -> bool:
    """Whether a channel is age-restricted; a thread is when its channel is."""
    if isinstance(channel, discord.Thread | discord.abc.GuildChannel):
        is_nsfw = getattr(channel, "is_nsfw", None)
        return bool(is_nsfw and is_nsfw())
    return False
