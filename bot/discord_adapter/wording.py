"""Replies and sentences of the Discord adapter itself."""

from bot.language.translations import Translator
from bot.messages import Reply, Tone

MENU = "Find the scene"
"""Name of the command in a message's menu."""


def message_content_hidden(translator: Translator) -> Reply:
    """A message of another user may have pictures, which the bot cannot see without the intent “message content”."""
    return _refusal(
        translator.gettext("I am not allowed to see the pictures of other people's messages here."),
        translator.gettext(
            "Open the message's menu, “Apps”, “{command}”, or send me the picture itself.",
            command=translator.gettext(MENU),
        ),
    )


def history_unavailable(translator: Translator) -> Reply:
    """The bot is not in the chat where a command was used, or may not read its history."""
    return _refusal(
        translator.gettext("I cannot look through the messages of this chat."),
        translator.gettext(
            "Attach a picture to the command, give me a link, or open a message's menu, “Apps”, “{command}”.",
            command=translator.gettext(MENU),
        ),
    )


def vector_sticker(translator: Translator) -> Reply:
    """The only picture is a sticker in a vector format (Lottie)."""
    return _refusal(
        translator.gettext("This sticker is a moving drawing that I cannot read."),
        translator.gettext("Send a screenshot of it instead."),
    )


def modal_expired(translator: Translator) -> Reply:
    """A modal has to be the first response to a press, and there was another one already."""
    return _refusal(translator.gettext("That took too long. Please press the button again."))


def missing_permissions(translator: Translator, channel: str, permissions: str) -> Reply:
    """For a direct message to the asker: the bot may not answer in the channel."""
    return Reply(
        Tone.REFUSED,
        translator.gettext("I am not allowed to answer in {place}.", place=channel),
        (
            translator.gettext(
                "Whoever looks after the server can give me these permissions: {names}.", names=permissions
            ),
        ),
    )


def attachments_not_allowed(translator: Translator) -> str:
    """A line below a reply without its preview."""
    return translator.gettext("I am not allowed to attach files here, so there is no preview.")


def _refusal(title: str, *lines: str) -> Reply:
    return Reply(Tone.REFUSED, title, lines, private=True)
