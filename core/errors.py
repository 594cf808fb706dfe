"""The one exception tree.

    WhenAnimeError                      anything we raise on purpose; its text is a sentence for a person
    ├── InputError                      what the caller handed in cannot be used            exit code 2
    │   ├── PictureError                not a picture, broken, too large, nothing to see
    │   └── FilterError                 a show, season or size that cannot be read
    ├── MediaError                      a video that cannot be opened or decoded; has `path`
    ├── EncoderError                    no encoder where one was named, or its files do not fit together
    │   └── EncoderMismatchError        index or features were made with another encoder
    ├── LibraryError                    the library is not in the state that the call needs
    │   ├── LibraryEmptyError           nothing has been added or indexed yet
    │   └── LibraryBusyError            another run holds the library's lock
    └── StorageError                    what we keep on disk cannot be read or written      (disk full, no permission)
        ├── StoreError                  an index that cannot be loaded, or vectors that do not fit it
        └── CatalogueError              the catalogue's database refuses

Everything but `InputError` ends a command with exit code 1. An exception of a third-party library is translated where
that library is imported, with `raise … from exc`.
"""

from pathlib import Path


class WhenAnimeError(Exception):
    """Base of all; `str(error)` is a whole sentence that can be shown to a user."""

    exit_code = 1


class InputError(WhenAnimeError):
    """What the caller handed in cannot be used."""

    exit_code = 2


class PictureError(InputError):
    """Not a picture, a broken or too large one, or one with nothing to see in it."""


class FilterError(InputError):
    """A show, a season list or a number that cannot be read."""


class MediaError(WhenAnimeError):
    """A video that cannot be opened, decoded or written."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class EncoderError(WhenAnimeError):
    """No encoder where one was named, or its files do not fit together."""


class EncoderMismatchError(EncoderError):
    """The index or the features were made with another encoder."""


class LibraryError(WhenAnimeError):
    """The library is not in the state that the call needs."""


class LibraryEmptyError(LibraryError):
    """Nothing has been added or indexed yet."""


class LibraryBusyError(LibraryError):
    """Another run holds the library's lock."""


class StorageError(WhenAnimeError):
    """What we keep on disk cannot be read or written."""


class StoreError(StorageError):
    """An index or stored pictures that cannot be loaded, or vectors that do not fit."""


class CatalogueError(StorageError):
    """The catalogue's database refuses."""
