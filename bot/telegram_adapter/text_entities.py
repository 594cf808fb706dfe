"""Parses the text of a message by its entities: mentions, commands, links, and the remaining text."""

from dataclasses import dataclass
from typing import Final

from telegram import Message, MessageEntity, User

from bot.intake.typed_options import COMMAND
from bot.messages import CommandName

_COMMANDS: Final = {name.value: name for name in CommandName}


@dataclass(frozen=True, slots=True)
class ParsedText:
    """`mentioned`: the bot, by its name or by `/whenanime`. `command` is one of the other commands, and `addressed`
    says that it names the bot (`/help@bot`). `rest` is the text without mentions of the bot, commands and addresses.
    """

    mentioned: bool = False
    command: CommandName | None = None
    addressed: bool = False
    urls: tuple[str, ...] = ()
    rest: str = ""


def parse_text(message: Message, me: User) -> ParsedText:
    """Parse the text or caption of a message by the entities that Telegram marked in it."""
    rest, username = message.text or message.caption or "", (me.username or "").casefold()
    mentioned = searches = addressed = False
    command: CommandName | None = None
    urls: list[str] = []
    for entity, part in _entities(message):
        if entity.type == MessageEntity.BOT_COMMAND:
            name, _, bot = part.lstrip("/").casefold().partition("@")
            if bot not in {"", username}:
                continue
            searches |= name == COMMAND
            if entity.offset == 0:
                command, addressed = _COMMANDS.get(name), bool(bot)
        elif entity.type == MessageEntity.URL:
            urls.append(part if "://" in part else f"https://{part}")
        elif _mentions_bot(entity, part, me):
            mentioned = True
        else:
            if entity.type == MessageEntity.TEXT_LINK and entity.url:
                urls.append(entity.url)
            continue
        rest = rest.replace(part, " ", 1)
    web_urls = dict.fromkeys(link for link in urls if link.casefold().startswith(("http://", "https://")))
    return ParsedText(mentioned or searches, command, addressed, tuple(web_urls), rest.strip())


def _entities(message: Message) -> list[tuple[MessageEntity, str]]:
    """The entities of the text or caption in order, each with its text."""
    texts: dict[MessageEntity, str] = {}
    if message.text:
        texts = message.parse_entities()
    elif message.caption:
        texts = message.parse_caption_entities()
    return sorted(texts.items(), key=lambda item: item[0].offset)


def _mentions_bot(entity: MessageEntity, part: str, me: User) -> bool:
    if entity.type == MessageEntity.MENTION:
        return part.casefold() == f"@{me.username}".casefold()
    return entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id
