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
from bot.telegram_adapter.rendering import prompt_action
from bot.telegram_adapter.spec import PLATFORM, TelegramSpec
from bot.telegram_adapter.text_entities import ParsedText, parse_text
from core.errors import FilterError


@dataclass(frozen=True, slots=True)
class PictureMessage:
    """Pictures to look up; `cover`: one of them stands for a video that is too large to be read."""

    request: Request
    thumbnail: bool = False


ParsedMessage = PictureMessage | Command | ButtonPress | Reply | None


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Pictures, whether they were hidden, and whether a cover is among them."""

    pictures: tuple[Upload | PictureUrl, ...] = ()
    spoiler: bool = False
    thumbnail: bool = False


class MessageParser:
    """Reads messages and presses to the bot `me`."""

    def __init__(self, me: User, finder: PictureFinder, texts: Translations, spec: TelegramSpec) -> None:
        self._me = me
        self._finder = finder
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
        text = parse_text(message, self._me)
        return (
            text.mentioned or (text.command is not None and text.addressed) or self._prompt_action(message) is not None
        )

    def parse(self, messages: Sequence[Message]) -> ParsedMessage:
        """What a message, or those of an album, want; at least one of them is for us."""
        captioned = next((message for message in messages if message.text or message.caption), messages[0])
        text = parse_text(captioned, self._me)
        private = captioned.chat.type == ChatType.PRIVATE
        if (action := self._prompt_action(captioned)) and captioned.text:
            return ButtonPress(action, user_of(captioned), self.chat_of(captioned), _locale(captioned), captioned.text)
        if text.command and (private or text.addressed):
            return self._command(captioned, text.command, text.rest)
        pictures = self._own_pictures(messages, text) or self._replied_pictures(captioned, text.mentioned)
        if pictures:
            return self._picture_message(messages[0], text, pictures)
        if text.mentioned:
            return wording.no_picture(self._texts.of(_locale(captioned)))
        return self._command(captioned, CommandName.HELP) if private else None

    def parse_press(self, query: CallbackQuery) -> ButtonPress | None:
        """A button of ours; `None` for what is none."""
        if query.message is None or query.data is None:
            return None
        user, locale = UserId(f"{PLATFORM}:{query.from_user.id}"), query.from_user.language_code or ""
        return ButtonPress(query.data, user, self.chat_of(query.message), locale)

    def chat_of(self, message: MaybeInaccessibleMessage) -> Chat:
        """Where a message is."""
        kind = ChatKind.PRIVATE if message.chat.type == ChatType.PRIVATE else ChatKind.GROUP
        return Chat(kind, self._spec.upload_limit_bytes, MediaKind.MP4)

    def _prompt_action(self, message: Message) -> str | None:
        """The action of the prompt of ours that a message answers."""
        prompt = message.reply_to_message
        if prompt is None or not self._is_ours(prompt):
            return None
        return prompt_action(prompt, self._me.username or "")

    def _is_ours(self, message: Message) -> bool:
        return message.from_user is not None and message.from_user.id == self._me.id

    def _own_pictures(self, messages: Sequence[Message], text: ParsedText) -> _Pictures | None:
        """What was sent itself: pictures, or else links."""
        pictures = _joined(messages, [self._finder.picture_of(message) for message in messages])
        if pictures is None and text.urls:
            return _Pictures(tuple(PictureUrl(url) for url in text.urls))
        return pictures

    def _replied_pictures(self, message: Message, mentioned: bool) -> _Pictures | None:
        """The picture of the message that this one answers; of ours only when we are mentioned with it."""
        target = message.reply_to_message
        if target is not None and (mentioned or not self._is_ours(target)):
            return self._own_pictures([target], parse_text(target, self._me))
        if message.external_reply is not None:
            return _joined([message.external_reply], [self._finder.picture_of(message.external_reply)])
        return None

    def _picture_message(self, message: Message, text: ParsedText, pictures: _Pictures) -> PictureMessage | Reply:
        try:
            options = parse_options(text.rest)
        except FilterError as error:
            return problem_reply(self._texts.of(_locale(message)), error)
        return PictureMessage(
            Request(
                id=RequestId(f"{PLATFORM}:{message.chat.id}:{message.message_id}"),
                user=user_of(message),
                chat=self.chat_of(message),
                locale=_locale(message),
                pictures=pictures.pictures,
                options=options,
                spoiler=pictures.spoiler,
            ),
            thumbnail=pictures.thumbnail,
        )

    def _command(self, message: Message, name: CommandName, argument: str = "") -> Command:
        return Command(name, user_of(message), self.chat_of(message), _locale(message), argument)


def _joined(holders: Sequence[Holder], pictures: Sequence[MessagePicture | None]) -> _Pictures | None:
    holder_pictures = [(holder, picture) for holder, picture in zip(holders, pictures, strict=True) if picture]
    if not holder_pictures:
        return None
    return _Pictures(
        tuple(picture.upload for _, picture in holder_pictures),
        any(holder.has_media_spoiler for holder, _ in holder_pictures),
        any(picture.thumbnail for _, picture in holder_pictures),
    )


def user_of(message: Message) -> UserId:
    """Who wrote: a person, or the chat in whose name somebody speaks."""
    sender = message.sender_chat or message.from_user or message.chat
    return UserId(f"{PLATFORM}:{sender.id}")


def _locale(message: Message) -> str:
    return (message.from_user.language_code if message.from_user else None) or ""
