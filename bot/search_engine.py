"""The search engine as the bot uses it; `core.engine.Engine` is one."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.catalogue.identities import ShowIdentity
from core.domain import Scene, SearchFilter, SearchResult
from core.previews.spec import Preview, PreviewFormat


class Generation(Protocol):
    """The index that is searched."""

    @property
    def name(self) -> str:
        """Its name; another index has another."""


class SearchEngine(Protocol):
    """Blocking calls, safe from several threads; they raise what `core.engine.Engine` says."""

    @property
    def generation(self) -> Generation:
        """The index that is searched now."""

    @property
    def shows(self) -> Sequence[str]:
        """Names of the shows that are searched, in alphabetical order."""

    @property
    def identities(self) -> Mapping[str, ShowIdentity]:
        """What is known of the shows, by name; another mapping when that has changed."""

    def search(self, picture: bytes, *, where: SearchFilter, exact: bool = True) -> SearchResult:
        """The scenes that a picture, an animation or a clip may be from; `exact`: with the exact frame."""

    def search_together(self, pictures: Sequence[bytes], *, where: SearchFilter, exact: bool = True) -> SearchResult:
        """The scenes that several pictures may be from together; `exact`: with the exact frame."""

    def preview(self, scene: Scene, preview_format: PreviewFormat, *, limit_bytes: int | None = None) -> Preview:
        """A moving preview of at most so many bytes; `MediaError` when none can be made, `FileRemovedError` when
        the video has left the library.
        """

    def still(self, scene: Scene) -> bytes | None:
        """A stored picture of the scene, a JPEG, if there is one."""
