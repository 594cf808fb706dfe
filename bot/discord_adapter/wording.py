"""What this adapter says itself, without the dispatcher."""

from bot.language.translations import Translator
from bot.messages import Reply, Tone

MENU = "Find the scene"
"""Our entry in a message's menu."""


def no_picture(words: Translator) -> Reply:
    """Nobody sent, showed or named a picture."""
    return Reply(
        Tone.REFUSED,
        words.gettext("There is no picture here."),
        (words.gettext("Attach one, reply to a message that has one, or give me a link to it."),),
        private=True,
    )


def message_content_hidden(words: Translator) -> Reply:
    """There may be pictures, in a message of somebody else that we are not allowed to read."""
    return Reply(
        Tone.REFUSED,
        words.gettext("I am not allowed to see the pictures of other people's messages here."),
        (
            words.gettext(
                "Open the message's menu, “Apps”, “{command}”, or send me the picture itself.",
                command=words.gettext(MENU),
            ),
        ),
        private=True,
    )


def history_unavailable(words: Translator) -> Reply:
    """We are not in the chat where a command was used, or may not read there."""
    return Reply(
        Tone.REFUSED,
        words.gettext("I cannot look through the messages of this chat."),
        (
            words.gettext(
                "Attach a picture to the command, give me a link, or open a message's menu, “Apps”, “{command}”.",
                command=words.gettext(MENU),
            ),
        ),
        private=True,
    )


def vector_sticker(words: Translator) -> Reply:
    """There is a sticker that is no picture but a description of a drawing that moves."""
    return Reply(
        Tone.REFUSED,
        words.gettext("This sticker is a moving drawing that I cannot read."),
        (words.gettext("Send a screenshot of it instead."),),
        private=True,
    )


def modal_expired(words: Translator) -> Reply:
    """A form has to be shown at once or not at all, and it was too late."""
    return Reply(Tone.REFUSED, words.gettext("That took too long. Please press the button again."), private=True)


def missing_permissions(words: Translator, channel: str, permissions: str) -> Reply:
    """For the asker alone: we may not answer there."""
    return Reply(
        Tone.REFUSED,
        words.gettext("I am not allowed to answer in {place}.", place=channel),
        (words.gettext("Whoever looks after the server can give me these permissions: {names}.", names=permissions),),
    )


def attachments_not_allowed(words: Translator) -> str:
    """Why a reply has no preview."""
    return words.gettext("I am not allowed to attach files here, so there is no preview.")
