"""What this adapter says itself, without the dispatcher."""

from bot.language.translations import Translator
from bot.messages import Reply, Tone


def no_picture(words: Translator) -> Reply:
    """Nobody sent, showed or named a picture."""
    return Reply(
        Tone.REFUSED,
        words.gettext("There is no picture here."),
        (words.gettext("Attach one, reply to a message that has one, or give me a link to it."),),
    )


def thumbnail_only(words: Translator) -> str:
    """A line of an answer to a video that the Bot API does not hand out."""
    return words.gettext("The video is too large for me to read here, so this is about its cover picture.")


def menu(words: Translator) -> tuple[tuple[str, str], ...]:
    """Our commands and what they do, as the menu shows them."""
    return (
        ("whenanime", words.gettext("Which anime is this picture from? Reply to one with this")),
        ("help", words.gettext("What I can do")),
        ("lang", words.gettext("Choose the language I answer in")),
    )
