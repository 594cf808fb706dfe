"""Reporters: the protocol by which a run reports its progress, and a silent one."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from typing_extensions import override

Step = Callable[[int, int], None]
"""Called with (frames done, frames in all) in a step other than reading, such as building the index."""


class Reporter(Protocol):
    """Shows the progress of a run. A context manager: the display is closed however the run ends."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def file_started(self, name: str, size_bytes: int) -> None:
        """Reading of a video begins."""

    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        """The current video is read up to `share` (0..1) of its length: `video_s` seconds, `frames` decoded."""

    def video_indexed(self, frames: int) -> None:
        """The current video is indexed with so many pictures; it has not ended yet."""

    def file_ended(self, line: str) -> None:
        """The current video is finished; `line` is its result."""

    def file_failed(self) -> None:
        """The current video is finished with a problem, which is printed at the end of the run."""

    def print_line(self, line: str) -> None:
        """Print a line beside the progress."""

    def step(self, title: str, done: int, total: int) -> None:
        """Progress of another step, such as building the index."""


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
    def video_indexed(self, frames: int) -> None:
        pass

    @override
    def file_ended(self, line: str) -> None:
        pass

    @override
    def file_failed(self) -> None:
        pass

    @override
    def print_line(self, line: str) -> None:
        pass

    @override
    def step(self, title: str, done: int, total: int) -> None:
        pass
