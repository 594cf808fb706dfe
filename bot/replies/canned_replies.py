"""Canned replies: greeting, help, language, waiting, and what is said where an answer cannot be given."""

from dataclasses import replace

from bot.language.translations import LANGUAGES, Translator
from bot.messages import Button, Reply, Tone
from bot.replies.button_actions import Action, Verb


def start_reply(translator: Translator) -> Reply:
    """A greeting."""
    title = translator.gettext("Hello! Send me an anime screenshot.")
    lines = (
        translator.gettext("I tell you which show, season and episode it is from, to the second, and show the scene."),
        translator.gettext("/help says what else I can do; /lang changes the language."),
    )
    return Reply(Tone.INFO, title, lines)


def help_reply(translator: Translator) -> Reply:
    """What users can do."""
    lines = (
        translator.gettext("Send a screenshot, a GIF, a short clip or a link to one."),
        translator.gettext("In groups, mention me beside it, or reply to a picture with a mention or /whenanime."),
        translator.gettext(
            "Write beside the picture, if you like: {options}",
            options=translator.gettext("show:Name · season:1,3-5 · nothemes · together · mute"),
        ),
        translator.gettext("“together”: several pictures of one scene, in order. “mute”: no preview."),
        translator.gettext("“nothemes”: leave out openings and endings."),
        translator.gettext("If I am wrong, press “Wrong?” and tell me what is right."),
        translator.gettext("/lang changes the language."),
        translator.gettext("Pictures and answers are kept for a while, so that the buttons work."),
    )
    return Reply(Tone.INFO, translator.gettext("Which anime is it from, and when?"), lines)


def language_question(translator: Translator) -> Reply:
    """Asks which language to speak."""
    buttons = tuple(Button(name, str(Action(Verb.LANGUAGE, locale=locale))) for locale, name in LANGUAGES.items())
    return Reply(Tone.INFO, translator.gettext("Which language should I speak?"), rows=(buttons,))


def language_chosen(translator: Translator, *, stored: bool = True) -> Reply:
    """Confirms the translator's language in that language; `stored`: the choice survives a restart."""
    lost = translator.gettext("Your choice could not be kept: it holds until I am started again.")
    title = translator.gettext("I will answer you in English from now on.")
    return Reply(Tone.INFO, title, () if stored else (lost,))


def waiting_reply(translator: Translator, before: int, wait_s: float) -> Reply:
    """For a user who waits longer than usual: how many pictures are `before` theirs, and for how long."""
    title = translator.gettext("Still at it: please wait a moment.")
    if not before:
        return Reply(Tone.INFO, title)
    place = translator.ngettext("{n} picture is before yours.", "{n} pictures are before yours.", before)
    wait = translator.gettext("It takes about {wait} more.", wait=translator.duration(wait_s))
    return Reply(Tone.INFO, title, (place, wait))


def expired_reply(translator: Translator) -> Reply:
    """For a button whose stored answer is gone, or that is not one of ours."""
    line = translator.gettext("Please send the picture again.")
    return Reply(Tone.INFO, translator.gettext("This button no longer works."), (line,), private=True)


def adult_refusal(translator: Translator) -> Reply:
    """For a scene of a show that may not be named in this chat."""
    line = translator.gettext("Send me the picture in a private chat, or in a channel that is age-restricted.")
    return Reply(Tone.REFUSED, translator.gettext("I may not answer this one here."), (line,))


def with_left_out(reply: Reply, translator: Translator, pictures: int) -> Reply:
    """The reply, with a line that so many pictures were not searched."""
    line = translator.ngettext(
        "One more picture is left out: send it by itself.",
        "{n} more pictures are left out: send them again.",
        pictures,
    )
    return replace(reply, lines=(*reply.lines, line))
