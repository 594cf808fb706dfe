"""The exception tree.

    WhenAnimeError                      every exception of our own; its text is a sentence for a person
    ├── InputError                      input of the caller that cannot be used              exit code 2
    │   ├── PictureError                not a picture, broken, too large, nothing to see
    │   ├── FetchError                  a picture that cannot be fetched: refused, gone, too large, too slow
    │   └── FilterError                 a show, season or size that cannot be read
    ├── MediaError                      a video that cannot be opened or decoded; has `path`
    ├── EncoderError                    no encoder in the named place, or its files do not fit together
    │   └── EncoderMismatchError        index or features were made with another encoder
    ├── LibraryError                    the library is not in the state that the call needs
    │   ├── LibraryEmptyError           nothing has been added or indexed yet
    │   ├── LibraryBusyError            another run holds the library's lock
    │   └── FileRemovedError            a video of an older answer has left the library
    ├── ServiceError                    a request that cannot be answered now; has `retry_after_s`
    │   ├── LimitError                  this user, or all users together, sent too many requests
    │   ├── BusyError                   the queue is full
    │   └── DeadlineError               the answer took too long
    ├── PlatformError                   a chat platform refuses the bot: token, permissions
    └── StorageError                    stored data cannot be read or written               (disk full, no permission)
        ├── StoreError                  an index that cannot be loaded, or vectors that do not fit it
        └── CatalogueError              the catalogue's database refuses

Everything but `InputError` ends a command with exit code 1. An exception of a third-party library is translated where
that library is imported, with `raise … from exc`.
"""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


class ExitCode(IntEnum):
    """What a command ends with when it does not end with 0."""

    FAILED = 1
    BAD_INPUT = 2
    INTERRUPTED = 130
    """Ctrl-C or SIGTERM: 128 and the number of SIGINT, as in shells."""


class WhenAnimeError(Exception):
    """Base class; `str(error)` is a sentence that can be shown to a user."""

    exit_code = ExitCode.FAILED


class InputError(WhenAnimeError):
    """Input of the caller that cannot be used."""

    exit_code = ExitCode.BAD_INPUT


class PictureProblem(StrEnum):
    """What is wrong with a picture; in brackets the value of `PictureError.detail`."""

    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED = "unsupported"
    """A known format that is not read (its short name)."""
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    """More bytes than allowed (the limit in MB)."""
    TOO_MANY_PIXELS = "too_many_pixels"
    """Width × height is more than allowed (the limit in megapixels)."""
    TOO_SMALL = "too_small"
    """One side is too short (the least number of pixels)."""
    BROKEN = "broken"
    NOTHING_TO_SEE = "nothing_to_see"
    UNREADABLE = "unreadable"
    """The file is missing, or may not be read."""


class PictureError(InputError):
    """Not a picture, a broken or too large one, or one with nothing to see in it.

    The text is for users of the command line; `problem` and `detail`, a name or a number, are for translation.
    """

    def __init__(
        self, message: str, problem: PictureProblem = PictureProblem.NOT_A_PICTURE, *, detail: str = ""
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.detail = detail


class FetchProblem(StrEnum):
    """Why a picture cannot be fetched."""

    NOT_A_LINK = "not_a_link"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    UNREACHABLE = "unreachable"
    NOT_A_PICTURE = "not_a_picture"


class FetchError(InputError):
    """A picture that cannot be fetched; the text is for the operator's log, `problem` for translation. `status` is the
    HTTP status with which the other server refused it; 0: it said none.
    """

    def __init__(self, problem: FetchProblem, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.problem = problem
        self.status = status


class FilterProblem(StrEnum):
    """What is wrong with a filter; in brackets the values of `FilterError.value` and `.choices`."""

    UNREADABLE = "unreadable"
    NO_SHOW_NAME = "no_show_name"
    UNKNOWN_SHOW = "unknown_show"
    """No show of that name in the library (the name; some shows that are)."""
    MISSPELT_SHOW = "misspelt_show"
    """No show of that name, but similar names (the name; shows with similar names)."""
    NO_SEASON_NUMBER = "no_season_number"
    BAD_SEASON = "bad_season"
    """Neither a season nor a range of seasons (the text)."""
    UNKNOWN_SEASON = "unknown_season"
    """No such season in the library (nothing; the seasons that are)."""


class FilterError(InputError):
    """A show, a season list or a number that cannot be read, or that is not in the library.

    The text is for users of the command line; `problem`, `value` and `choices` are for translation.
    """

    def __init__(
        self,
        message: str,
        problem: FilterProblem = FilterProblem.UNREADABLE,
        *,
        value: str = "",
        choices: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.value = value
        self.choices = tuple(choices)


class MediaError(WhenAnimeError):
    """A video that cannot be opened, decoded or written; a URL is named without user, password and query."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{_without_secrets(path)}: {reason}")
        self.path = path
        self.reason = reason


class EncoderError(WhenAnimeError):
    """No encoder in the named place, or its files do not fit together."""


class EncoderMismatchError(EncoderError):
    """The index or the features were made with another encoder."""


class LibraryError(WhenAnimeError):
    """The library is not in the state that the call needs."""


class LibraryEmptyError(LibraryError):
    """Nothing has been added or indexed yet."""


class LibraryBusyError(LibraryError):
    """Another run holds the library's lock."""


class FileRemovedError(LibraryError):
    """A video has left the library since an answer named it."""


class ServiceError(WhenAnimeError):
    """A request that cannot be answered now; after `retry_after_s` it may be."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class LimitError(ServiceError):
    """This user, or all users together, sent too many requests."""


class BusyError(ServiceError):
    """The queue is full."""


class DeadlineError(ServiceError):
    """The answer took too long."""


class PlatformError(WhenAnimeError):
    """A chat platform refuses the bot: a bad token, a missing permission."""


class StorageError(WhenAnimeError):
    """Stored data cannot be read or written."""


class StoreError(StorageError):
    """An index or stored pictures that cannot be loaded, or vectors that do not fit."""


class CatalogueError(StorageError):
    """The catalogue's database refuses."""


def _without_secrets(path: Path | str) -> str:
    """A path as it is; a URL without user, password, query and fragment."""
    text = str(path)
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text.split("://", 1)[0] + "://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
