"""Reporter of a run: what is told while videos are read and an index is built."""

from types import TracebackType
from typing import Protocol, Self

from typing_extensions import override


class Reporter(Protocol):
    """Told how a run goes. A context manager: what it shows is put away however the run ends."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def file_started(self, name: str, size_bytes: int) -> None:
        """A video is about to be read."""

    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        """The current video is read to `share` (0..1) of its length: `video_s` seconds, `frames` decoded."""

    def file_ended(self, line: str) -> None:
        """The current video is done; `line` says what became of it."""

    def file_failed(self) -> None:
        """The current video is done, not without a problem, which is said at the end of the run."""

    def said(self, line: str) -> None:
        """A line beside the progress."""

    def step(self, title: str, done: int, total: int) -> None:
        """Progress of what is not a video, such as building the index."""


class SilentReporter(Reporter):
    """Shows nothing."""

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        pass

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        pass

    @override
    def file_ended(self, line: str) -> None:
        pass

    @override
    def file_failed(self) -> None:
        pass

    @override
    def said(self, line: str) -> None:
        pass

    @override
    def step(self, title: str, done: int, total: int) -> None:
        pass
