"""Sentences of the Telegram adapter itself."""

from bot.language.translations import Translator


def thumbnail_only(words: Translator) -> str:
    """A line of the answer to a video that is too large for the Bot API, so that its thumbnail was searched for."""
    return words.gettext("The video is too large for me to read here, so this is about its cover picture.")


def menu(words: Translator) -> tuple[tuple[str, str], ...]:
    """The menu of commands: names and descriptions."""
    return (
        ("whenanime", words.gettext("Which anime is this picture from? Reply to one with this")),
        ("help", words.gettext("What I can do")),
        ("lang", words.gettext("Choose the language I answer in")),
    )
