"""A fake search engine: fixed answers by the bytes of a picture, and gates that hold pictures up."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.catalogue.identities import ShowIdentity
from core.domain import FileId, Scene, SearchFilter, SearchResult
from core.errors import FileRemovedError, MediaError
from core.previews.spec import Preview, PreviewFormat
from tests.bot.results import result

_LONG_S = 30.0


@dataclass
class FakeGeneration:
    name: str = "generation-000001"
    frames: int = 0
    built_at: str = "2026-01-02T03:04:05+00:00"
    files: Mapping[FileId, int] = field(default_factory=dict)


@dataclass
class FakeEngine:
    """`answers` by the bytes of a picture, `joint` for several; anything else is found. `gates` hold pictures up."""

    answers: Mapping[bytes, SearchResult | Exception] = field(default_factory=dict)
    joint: SearchResult | Exception | None = None
    gates: Mapping[bytes, threading.Event] = field(default_factory=dict)
    sizes: Mapping[PreviewFormat, int] = field(
        default_factory=lambda: {PreviewFormat.MP4: 4000, PreviewFormat.GIF: 40_000}
    )
    unplayable: bool = False
    removed: bool = False
    stills: bool = True
    preview_gate: threading.Event | None = None
    generation: FakeGeneration = field(default_factory=FakeGeneration)
    shows: tuple[str, ...] = ("Aria", "Paper Boats")
    identities: Mapping[str, ShowIdentity] = field(default_factory=dict)
    searched: list[bytes] = field(default_factory=list)
    filters: list[SearchFilter] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    together: list[int] = field(default_factory=list)
    previews: list[tuple[str, PreviewFormat, int | None]] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def search(self, picture: bytes, *, where: SearchFilter, exact: bool = True) -> SearchResult:
        self.exact.append(exact)
        self.searched.append(picture)
        self.filters.append(where)
        self.begun.release()
        if picture in self.gates:
            assert self.gates[picture].wait(_LONG_S)
        answer = self.answers.get(picture, result())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def search_together(self, pictures: Sequence[bytes], *, where: SearchFilter, exact: bool = True) -> SearchResult:
        self.exact.append(exact)
        self.together.append(len(pictures))
        self.filters.append(where)
        answer = result() if self.joint is None else self.joint
        if isinstance(answer, Exception):
            raise answer
        return answer

    def preview(self, scene: Scene, preview_format: PreviewFormat, *, limit_bytes: int | None = None) -> Preview:
        self.previews.append((scene.name.show, preview_format, limit_bytes))
        self.begun.release()
        if self.preview_gate is not None:
            assert self.preview_gate.wait(_LONG_S)
        if self.removed:
            raise FileRemovedError("The video has left the library since it was found.")
        if self.unplayable:
            raise MediaError(scene.path, "it is not there")
        size = self.sizes[preview_format]
        size = size if limit_bytes is None else min(size, limit_bytes)
        if size < 500:
            raise MediaError(scene.path, "no preview is so small")
        return Preview(preview_format.encode().ljust(size, b"."), scene.from_ms, scene.to_ms)

    def still(self, scene: Scene) -> bytes | None:
        return f"jpeg {scene.at_ms}".encode() if self.stills else None
