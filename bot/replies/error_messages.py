"""What went wrong, in the user's words, and what to do next; never a path, an address or a traceback."""

from collections.abc import Collection

from bot.language.translations import Translator
from bot.messages import Reply, Tone
from bot.replies.scene_text import plain
from core.errors import (
    DeadlineError,
    EncoderError,
    FetchError,
    FetchProblem,
    FilterError,
    FilterProblem,
    InputError,
    LibraryEmptyError,
    LibraryError,
    LimitError,
    MediaError,
    PictureError,
    PictureProblem,
    PlatformError,
    ServiceError,
    StorageError,
)
from core.retrieval.filters import name_key

Sentences = tuple[str, ...]
"""A title, and lines that say what to do."""


def problem_reply(words: Translator, error: Exception, unnamed: Collection[str] = ()) -> Reply:
    """What to say instead of an answer; `unnamed` are shows, by their `name_key`, that are not to be named."""
    if isinstance(error, InputError):
        title, *lines = _input(words, error, unnamed)
        return Reply(Tone.REFUSED, title, tuple(lines))
    if isinstance(error, ServiceError):
        title, *lines = _service(words, error)
        return Reply(Tone.FAILED if isinstance(error, DeadlineError) else Tone.REFUSED, title, tuple(lines))
    title, *lines = _ours(words, error)
    return Reply(Tone.FAILED, title, tuple(lines))


def _input(words: Translator, error: InputError, unnamed: Collection[str]) -> Sentences:
    if isinstance(error, PictureError):
        return _picture(words, error)
    if isinstance(error, FetchError):
        return _fetch(words, error.problem)
    if isinstance(error, FilterError):
        return _filter(words, error, unnamed)
    return words.gettext("I cannot use that."), words.gettext("Send one screenshot, GIF or short clip at a time.")


def _picture(words: Translator, error: PictureError) -> Sentences:
    detail = plain(error.detail, 20)
    convert = words.gettext("Send it as JPEG or PNG, or make a screenshot of it.")
    again = words.gettext("Please send the picture again.")
    smaller = words.gettext("Send a smaller one, or a screenshot of it.")
    broken = (words.gettext("This file is damaged or not complete."), again)
    known: dict[PictureProblem, Sentences] = {
        PictureProblem.NOT_A_PICTURE: (words.gettext("This is not a picture that I can read."), convert),
        PictureProblem.UNSUPPORTED: (words.gettext("I cannot read {name} files.", name=detail), convert),
        PictureProblem.EMPTY: (words.gettext("This file is empty."), again),
        PictureProblem.TOO_LARGE: (
            words.gettext("This file is too large: {limit} MB is the limit.", limit=detail),
            smaller,
        ),
        PictureProblem.TOO_MANY_PIXELS: (
            words.gettext("This picture has too many pixels: {limit} megapixels is the limit.", limit=detail),
            smaller,
        ),
        PictureProblem.TOO_SMALL: (
            words.gettext("This picture is too small: each side needs {least} pixels or more.", least=detail),
            words.gettext("Send it in a larger size."),
        ),
        PictureProblem.NOTHING_TO_SEE: (
            words.gettext("There is nothing to see in this file."),
            words.gettext("Send one that shows a scene."),
        ),
    }
    return known.get(error.problem, broken)


def _fetch(words: Translator, problem: FetchProblem) -> Sentences:
    instead = words.gettext("Save the picture and send it to me as a file instead.")
    unreachable = (words.gettext("I could not get the picture."), instead)
    known: dict[FetchProblem, Sentences] = {
        FetchProblem.NOT_FOUND: (
            words.gettext("The picture is no longer there."),
            words.gettext("Please send the picture again."),
        ),
        FetchProblem.TOO_LARGE: (
            words.gettext("This file is too large for me."),
            words.gettext("Send a smaller one, or a screenshot of it."),
        ),
        FetchProblem.TOO_SLOW: (
            words.gettext("Getting the picture took too long."),
            words.gettext("Try again in a moment, or send the picture to me as a file."),
        ),
        FetchProblem.NOT_A_PICTURE: (
            words.gettext("There is no picture, GIF or clip that I can read in this."),
            words.gettext("Send it as JPEG or PNG, or make a screenshot of it."),
        ),
        FetchProblem.NOT_A_LINK: (
            words.gettext("This is not a link."),
            words.gettext("A link begins with https:// and leads to a picture, a GIF or a short clip."),
        ),
        FetchProblem.REFUSED: (words.gettext("I may not open this link."), instead),
    }
    return known.get(problem, unreachable)


def _filter(words: Translator, error: FilterError, unnamed: Collection[str]) -> Sentences:
    reason = _reason(words, error, unnamed)
    how = words.gettext("It is written like this: {example}", example='show:"Two Words" season:1,3-5')
    return words.gettext("I cannot use this show or season."), *((plain(reason),) if reason else ()), how


def _reason(words: Translator, error: FilterError, unnamed: Collection[str]) -> str:
    """What is wrong with a filter, in one line; empty where that cannot be said."""
    given = error.given
    names = ", ".join(name for name in error.choices if name_key(name) not in unnamed)
    no_such = words.gettext("I have no show named {show}.", show=given)
    reasons: dict[FilterProblem, str] = {
        FilterProblem.NO_SHOW_NAME: words.gettext("There is no name of a show."),
        FilterProblem.MISSPELT_SHOW: (
            words.gettext("I have no show named {show}. Did you mean: {names}?", show=given, names=names)
            if names
            else no_such
        ),
        FilterProblem.UNKNOWN_SHOW: (
            words.gettext("I have no show named {show}. Some that I have: {names}.", show=given, names=names)
            if names
            else no_such
        ),
        FilterProblem.NO_SEASON_NUMBER: words.gettext("There is no number of a season."),
        FilterProblem.BAD_SEASON: words.gettext("{part} is neither a season nor a range of seasons.", part=given),
        FilterProblem.UNKNOWN_SEASON: (
            words.gettext("I have none of these seasons; there are: {seasons}.", seasons=names)
            if names
            else words.gettext("Nothing there has a season.")
        ),
    }
    return reasons.get(error.problem, "")


def _service(words: Translator, error: ServiceError) -> Sentences:
    if error.retry_after_s > 0:
        then = words.gettext("Please try again in {wait}.", wait=words.duration(error.retry_after_s))
    else:
        then = words.gettext("Please try again in a moment.")
    if isinstance(error, LimitError):
        return words.gettext("That was a lot of pictures in a short time."), then
    if isinstance(error, DeadlineError):
        return words.gettext("This took too long, so I gave up."), then
    return words.gettext("I am busy with other pictures."), then


def _ours(words: Translator, error: Exception) -> Sentences:
    if isinstance(error, LibraryEmptyError):
        return (
            words.gettext("My library is still empty."),
            words.gettext("Whoever runs me has not added any videos yet. Please ask them to."),
        )
    if isinstance(error, LibraryError | EncoderError | MediaError | StorageError):
        return (
            words.gettext("My library is not in order just now."),
            words.gettext("Please tell whoever runs me; the reason is in the log."),
        )
    if isinstance(error, PlatformError):
        return (
            words.gettext("I am not allowed to do that here."),
            words.gettext("Please ask someone who looks after this chat to check my permissions."),
        )
    return (
        words.gettext("Something went wrong on my side."),
        words.gettext("Please try again later. If it happens again, tell whoever runs me."),
    )
