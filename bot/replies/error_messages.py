"""Error messages for users: what went wrong and what to do next; never a path, an address or a traceback."""

from collections.abc import Callable

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

Sentences = tuple[str, ...]
"""A title, and lines about what to do."""


def problem_reply(translator: Translator, error: Exception, is_unnamed: Callable[[str], bool] | None = None) -> Reply:
    """The reply to an error; `is_unnamed`: whether a show must not be named."""
    if isinstance(error, InputError):
        title, *lines = _input_problem(translator, error, is_unnamed)
        return Reply(Tone.REFUSED, title, tuple(lines))
    if isinstance(error, ServiceError):
        title, *lines = _service_problem(translator, error)
        return Reply(Tone.FAILED if isinstance(error, DeadlineError) else Tone.REFUSED, title, tuple(lines))
    title, *lines = _operator_problem(translator, error)
    return Reply(Tone.FAILED, title, tuple(lines))


def no_picture_reply(translator: Translator) -> Reply:
    """The reply to a message or command without any picture to search for."""
    return Reply(
        Tone.REFUSED,
        translator.gettext("There is no picture here."),
        (translator.gettext("Attach one, reply to a message that has one, or give me a link to it."),),
        private=True,
    )


def _input_problem(translator: Translator, error: InputError, is_unnamed: Callable[[str], bool] | None) -> Sentences:
    if isinstance(error, PictureError):
        return _picture_problem(translator, error)
    if isinstance(error, FetchError):
        return _fetch_problem(translator, error.problem)
    if isinstance(error, FilterError):
        return _filter_problem(translator, error, is_unnamed)
    return translator.gettext("I cannot use that."), translator.gettext(
        "Send one screenshot, GIF or short clip at a time."
    )


def _picture_problem(translator: Translator, error: PictureError) -> Sentences:
    detail = plain(error.detail, 20)
    convert = translator.gettext("Send it as JPEG or PNG, or make a screenshot of it.")
    again = translator.gettext("Please send the picture again.")
    smaller = translator.gettext("Send a smaller one, or a screenshot of it.")
    broken = (translator.gettext("This file is damaged or not complete."), again)
    sentences: dict[PictureProblem, Sentences] = {
        PictureProblem.NOT_A_PICTURE: (translator.gettext("This is not a picture that I can read."), convert),
        PictureProblem.UNSUPPORTED: (translator.gettext("I cannot read {name} files.", name=detail), convert),
        PictureProblem.EMPTY: (translator.gettext("This file is empty."), again),
        PictureProblem.TOO_LARGE: (
            translator.gettext("This file is too large: {limit} MB is the limit.", limit=detail),
            smaller,
        ),
        PictureProblem.TOO_MANY_PIXELS: (
            translator.gettext("This picture has too many pixels: {limit} megapixels is the limit.", limit=detail),
            smaller,
        ),
        PictureProblem.TOO_SMALL: (
            translator.gettext("This picture is too small: each side needs {least} pixels or more.", least=detail),
            translator.gettext("Send it in a larger size."),
        ),
        PictureProblem.NOTHING_TO_SEE: (
            translator.gettext("There is nothing to see in this file."),
            translator.gettext("Send one that shows a scene."),
        ),
    }
    return sentences.get(error.problem, broken)


def _fetch_problem(translator: Translator, problem: FetchProblem) -> Sentences:
    instead = translator.gettext("Save the picture and send it to me as a file instead.")
    unreachable = (translator.gettext("I could not get the picture."), instead)
    sentences: dict[FetchProblem, Sentences] = {
        FetchProblem.NOT_FOUND: (
            translator.gettext("The picture is no longer there."),
            translator.gettext("Please send the picture again."),
        ),
        FetchProblem.TOO_LARGE: (
            translator.gettext("This file is too large for me."),
            translator.gettext("Send a smaller one, or a screenshot of it."),
        ),
        FetchProblem.TOO_SLOW: (
            translator.gettext("Getting the picture took too long."),
            translator.gettext("Try again in a moment, or send the picture to me as a file."),
        ),
        FetchProblem.NOT_A_PICTURE: (
            translator.gettext("There is no picture, GIF or clip that I can read in this."),
            translator.gettext("Send it as JPEG or PNG, or make a screenshot of it."),
        ),
        FetchProblem.NOT_A_LINK: (
            translator.gettext("This is not a link."),
            translator.gettext("A link begins with https:// and leads to a picture, a GIF or a short clip."),
        ),
        FetchProblem.REFUSED: (translator.gettext("I may not open this link."), instead),
    }
    return sentences.get(problem, unreachable)


def _filter_problem(translator: Translator, error: FilterError, is_unnamed: Callable[[str], bool] | None) -> Sentences:
    reason = _filter_reason(translator, error, is_unnamed)
    how = translator.gettext("It is written like this: {example}", example='show:"Two Words" season:1,3-5')
    return translator.gettext("I cannot use this show or season."), *((plain(reason),) if reason else ()), how


def _filter_reason(translator: Translator, error: FilterError, is_unnamed: Callable[[str], bool] | None) -> str:
    """What is wrong with a filter, in one line; empty where no text says it."""
    typed = error.value
    names = ", ".join(name for name in error.choices if is_unnamed is None or not is_unnamed(name))
    no_such = translator.gettext("I have no show named {show}.", show=typed)
    reasons: dict[FilterProblem, str] = {
        FilterProblem.NO_SHOW_NAME: translator.gettext("There is no name of a show."),
        FilterProblem.MISSPELT_SHOW: (
            translator.gettext("I have no show named {show}. Did you mean: {names}?", show=typed, names=names)
            if names
            else no_such
        ),
        FilterProblem.UNKNOWN_SHOW: (
            translator.gettext("I have no show named {show}. Some that I have: {names}.", show=typed, names=names)
            if names
            else no_such
        ),
        FilterProblem.NO_SEASON_NUMBER: translator.gettext("There is no number of a season."),
        FilterProblem.BAD_SEASON: translator.gettext("{part} is neither a season nor a range of seasons.", part=typed),
        FilterProblem.UNKNOWN_SEASON: (
            translator.gettext("I have none of these seasons; there are: {seasons}.", seasons=names)
            if names
            else translator.gettext("Nothing there has a season.")
        ),
    }
    return reasons.get(error.problem, "")


def _service_problem(translator: Translator, error: ServiceError) -> Sentences:
    if error.retry_after_s > 0:
        then = translator.gettext("Please try again in {wait}.", wait=translator.duration(error.retry_after_s))
    else:
        then = translator.gettext("Please try again in a moment.")
    if isinstance(error, LimitError):
        return translator.gettext("That was a lot of pictures in a short time."), then
    if isinstance(error, DeadlineError):
        return translator.gettext("This took too long, so I gave up."), then
    return translator.gettext("I am busy with other pictures."), then


def _operator_problem(translator: Translator, error: Exception) -> Sentences:
    if isinstance(error, LibraryEmptyError):
        return (
            translator.gettext("My library is still empty."),
            translator.gettext("Whoever runs me has not added any videos yet. Please ask them to."),
        )
    if isinstance(error, LibraryError | EncoderError | MediaError | StorageError):
        return (
            translator.gettext("My library is not in order just now."),
            translator.gettext("Please tell whoever runs me; the reason is in the log."),
        )
    if isinstance(error, PlatformError):
        return (
            translator.gettext("I am not allowed to do that here."),
            translator.gettext("Please ask someone who looks after this chat to check my permissions."),
        )
    return (
        translator.gettext("Something went wrong on my side."),
        translator.gettext("Please try again later. If it happens again, tell whoever runs me."),
    )
