"""What a message wants of us: pictures looked up, a command, an answer to what we asked, a word of ours, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import CallbackQuery, MaybeInaccessibleMessage, Message, User
from telegram.constants import ChatType

from bot.intake.typed_options import parse_options
from bot.language.translations import Translations
from bot.messages import (
    ButtonPress,
    Chat,
    ChatKind,
    Command,
    CommandName,
    MediaKind,
    PictureUrl,
    Reply,
    Request,
    RequestId,
    Upload,
    UserId,
)
from bot.replies.error_messages import problem_reply
from bot.telegram_adapter import wording
from bot.telegram_adapter.picture_finder import Holder, MessagePicture, PictureFinder
from bot.telegram_adapter.rendering import asked_in
from bot.telegram_adapter.spec import PLATFORM, TelegramSpec
from bot.telegram_adapter.text_entities import ParsedText, parse_text
from core.errors import FilterError


@dataclass(frozen=True, slots=True)
class PictureMessage:
    """Pictures to look up; `cover`: one of them stands for a video that is too large to be read."""

    request: Request
    cover: bool = False


ParsedMessage = PictureMessage | Command | ButtonPress | Reply | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """Pictures, whether they were hidden, and whether a cover is among them."""

    pictures: tuple[Upload | PictureUrl, ...] = ()
    spoiler: bool = False
    cover: bool = False


class MessageParser:
    """Reads messages and presses to the bot `me`."""

    def __init__(self, me: User, pictures: PictureFinder, texts: Translations, spec: TelegramSpec) -> None:
        self._me = me
        self._pictures = pictures
        self._texts = texts
        self._spec = spec

    def is_for_us(self, message: Message) -> bool:
        """Whether a person means us: everything in private, in a group what mentions, commands or answers us."""
        sender = message.from_user
        if message.is_automatic_forward or (sender and sender.is_bot and not message.sender_chat):
            return False
        if not (message.text or message.effective_attachment):
            return False
        if message.chat.type == ChatType.PRIVATE:
            return True
        said = parse_text(message, self._me)
        return said.mentioned or (said.command is not None and said.ours) or self._asked(message) is not None

    def read(self, messages: Sequence[Message]) -> ParsedMessage:
        """What a message, or those of an album, want; at least one of them is for us."""
        first = next((one for one in messages if one.text or one.caption), messages[0])
        said = parse_text(first, self._me)
        private = first.chat.type == ChatType.PRIVATE
        if (action := self._asked(first)) and first.text:
            return ButtonPress(action, user_of(first), self.chat_of(first), _locale(first), first.text)
        if said.command and (private or said.ours):
            return self._command(first, said.command, said.rest)
        seen = self._own(messages, said) or self._pointed_at(first, said.mentioned)
        if seen:
            return self._lookup(messages[0], said, seen)
        if said.mentioned:
            return wording.no_picture(self._texts.of(_locale(first)))
        return self._command(first, CommandName.HELP) if private else None

    def press(self, query: CallbackQuery) -> ButtonPress | None:
        """A button of ours; `None` for what is none."""
        if query.message is None or query.data is None:
            return None
        user, locale = UserId(f"{PLATFORM}:{query.from_user.id}"), query.from_user.language_code or ""
        return ButtonPress(query.data, user, self.chat_of(query.message), locale)

    def chat_of(self, message: MaybeInaccessibleMessage) -> Chat:
        """Where a message is."""
        kind = ChatKind.PRIVATE if message.chat.type == ChatType.PRIVATE else ChatKind.GROUP
        return Chat(kind, self._spec.upload_limit_bytes, MediaKind.MP4)

    def _asked(self, message: Message) -> str | None:
        """The action of the prompt of ours that a message answers."""
        prompt = message.reply_to_message
        if prompt is None or not self._is_ours(prompt):
            return None
        return asked_in(prompt, self._me.username or "")

    def _is_ours(self, message: Message) -> bool:
        return message.from_user is not None and message.from_user.id == self._me.id

    def _own(self, messages: Sequence[Message], said: ParsedText) -> _Seen | None:
        """What was sent itself: pictures, or else links."""
        seen = _seen(messages, [self._pictures.of(one) for one in messages])
        if seen is None and said.links:
            return _Seen(tuple(PictureUrl(url) for url in said.links))
        return seen

    def _pointed_at(self, message: Message, mentioned: bool) -> _Seen | None:
        """The picture of the message that this one answers; of ours only when we are mentioned with it."""
        target = message.reply_to_message
        if target is not None and (mentioned or not self._is_ours(target)):
            return self._own([target], parse_text(target, self._me))
        if message.external_reply is not None:
            return _seen([message.external_reply], [self._pictures.of(message.external_reply)])
        return None

    def _lookup(self, message: Message, said: ParsedText, seen: _Seen) -> PictureMessage | Reply:
        try:
            options = parse_options(said.rest)
        except FilterError as error:
            return problem_reply(self._texts.of(_locale(message)), error)
        return PictureMessage(
            Request(
                id=RequestId(f"{PLATFORM}:{message.chat.id}:{message.message_id}"),
                user=user_of(message),
                chat=self.chat_of(message),
                locale=_locale(message),
                pictures=seen.pictures,
                options=options,
                spoiler=seen.spoiler,
            ),
            cover=seen.cover,
        )

    def _command(self, message: Message, name: CommandName, argument: str = "") -> Command:
        return Command(name, user_of(message), self.chat_of(message), _locale(message), argument)


def _seen(holders: Sequence[Holder], found: Sequence[MessagePicture | None]) -> _Seen | None:
    held = [(holder, one) for holder, one in zip(holders, found, strict=True) if one]
    if not held:
        return None
    return _Seen(
        tuple(one.upload for _, one in held),
        any(holder.has_media_spoiler for holder, _ in held),
        any(one.cover for _, one in held),
    )


def user_of(message: Message) -> UserId:
    """Who wrote: a person, or the chat in whose name somebody speaks."""
    sender = message.sender_chat or message.from_user or message.chat
    return UserId(f"{PLATFORM}:{sender.id}")


def _locale(message: Message) -> str:
    return (message.from_user.language_code if message.from_user else None) or ""
