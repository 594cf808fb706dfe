"""Parses a message into a request, a command, the answer to a prompt, a canned reply or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import CallbackQuery, MaybeInaccessibleMessage, Message, User
from telegram.constants import ChatType

from bot.dispatch.protocol import UserTranslator
from bot.intake.typed_options import parse_options
from bot.language.translations import Translator
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
from bot.replies.error_messages import no_picture_reply, problem_reply
from bot.telegram_adapter.picture_finder import Holder, MessagePicture, PictureFinder
from bot.telegram_adapter.rendering import prompt_action
from bot.telegram_adapter.spec import PLATFORM, TelegramSpec
from bot.telegram_adapter.text_entities import ParsedText, parse_text
from core.errors import FilterError


@dataclass(frozen=True, slots=True)
class PictureMessage:
    """A request for pictures; `thumbnail`: one of them is the thumbnail of a video that is too large to be read."""

    request: Request
    thumbnail: bool = False


ParsedMessage = PictureMessage | Command | ButtonPress | Reply | None


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Pictures, whether they were hidden, and whether a video's thumbnail is among them."""

    pictures: tuple[Upload | PictureUrl, ...] = ()
    spoiler: bool = False
    thumbnail: bool = False


class MessageParser:
    """Parses messages and button presses for the bot `me`; `translator` is of a user and a locale."""

    def __init__(self, me: User, finder: PictureFinder, translator: UserTranslator, spec: TelegramSpec) -> None:
        self._me = me
        self._finder = finder
        self._translator = translator
        self._spec = spec

    def is_for_us(self, message: Message) -> bool:
        """Whether a user addresses the bot: by any message in private, in a group by a mention, command or reply."""
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
        """Parse a message, or the messages of an album, of which at least one `is_for_us`."""
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
            return no_picture_reply(self._translator_of(captioned))
        return self._command(captioned, CommandName.HELP) if private else None

    def parse_press(self, query: CallbackQuery) -> ButtonPress | None:
        """Parse a button press; `None` when it is not of a button with an action."""
        if query.message is None or query.data is None:
            return None
        user, locale = UserId(f"{PLATFORM}:{query.from_user.id}"), query.from_user.language_code or ""
        return ButtonPress(query.data, user, self.chat_of(query.message), locale)

    def chat_of(self, message: MaybeInaccessibleMessage) -> Chat:
        """The chat of a message."""
        kind = ChatKind.PRIVATE if message.chat.type == ChatType.PRIVATE else ChatKind.GROUP
        return Chat(kind, self._spec.upload_limit_bytes, MediaKind.MP4)

    def _translator_of(self, message: Message) -> Translator:
        return self._translator(user_of(message), _locale(message))

    def _prompt_action(self, message: Message) -> str | None:
        """The action of the bot's prompt that a message replies to."""
        prompt = message.reply_to_message
        if prompt is None or not self._is_ours(prompt):
            return None
        return prompt_action(prompt, self._me.username or "")

    def _is_ours(self, message: Message) -> bool:
        return message.from_user is not None and message.from_user.id == self._me.id

    def _own_pictures(self, messages: Sequence[Message], text: ParsedText) -> _Pictures | None:
        """The pictures that messages contain, or else the links."""
        pictures = _joined(messages, [self._finder.picture_of(message) for message in messages])
        if pictures is None and text.urls:
            return _Pictures(tuple(PictureUrl(url) for url in text.urls))
        return pictures

    def _replied_pictures(self, message: Message, mentioned: bool) -> _Pictures | None:
        """The picture of the message replied to; of the bot's own messages only when the reply mentions the bot."""
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
            return problem_reply(self._translator_of(message), error)
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
    """The author: a user, or the chat on whose behalf the message was sent."""
    sender = message.sender_chat or message.from_user or message.chat
    return UserId(f"{PLATFORM}:{sender.id}")


def _locale(message: Message) -> str:
    return (message.from_user.language_code if message.from_user else None) or ""
