"""Sentences of the Telegram adapter itself."""

from bot.language.translations import Translator


def thumbnail_only(translator: Translator) -> str:
    """A line of the answer to a video that is too large for the Bot API, so that its thumbnail was searched for."""
    return translator.gettext("The video is too large for me to read here, so this is about its cover picture.")


def menu(translator: Translator) -> tuple[tuple[str, str], ...]:
    """The menu of commands: names and descriptions."""
    return (
        ("whenanime", translator.gettext("Which anime is this picture from? Reply to one with this")),
        ("help", translator.gettext("What I can do")),
        ("lang", translator.gettext("Choose the language I answer in")),
    )
