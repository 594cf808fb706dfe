"""Files of the library grouped by show, with totals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.catalogue.records import FileRecord
from core.timecode import format_millis
from ingest.wording import counted


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of the library; `missing`: its video is not where the library has it."""

    record: FileRecord
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ShowTotals:
    """The totals of a show: `seasons` are their numbers, `failed` counts files that could not be read."""

    show: str
    seasons: tuple[int, ...]
    files: int
    failed: int
    missing: int
    duration_ms: int
    frames: int

    @classmethod
    def of(cls, show: str, files: Sequence[ListedFile]) -> "ShowTotals":
        """The totals of these files; failed files have no length and no frames."""
        read = [file.record for file in files if file.record.searchable]
        return cls(
            show=show,
            seasons=tuple(sorted({file.record.name.season for file in files if file.record.name.season is not None})),
            files=len(files),
            failed=len(files) - len(read),
            missing=sum(file.missing for file in files),
            duration_ms=sum(record.outcome.duration_ms for record in read),
            frames=sum(record.outcome.frames for record in read),
        )

    def __str__(self) -> str:
        parts = [counted(self.files, "file"), format_millis(self.duration_ms), counted(self.frames, "frame")]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.missing} not where they were"] if self.missing else []
        return ", ".join(parts)


def files_by_show(files: Iterable[ListedFile]) -> Mapping[str, Sequence[ListedFile]]:
    """The files by show, both sorted by name and number."""

    def order(file: ListedFile) -> tuple[object, ...]:
        name = file.record.name
        season = float("inf") if name.season is None else name.season
        return name.show.casefold(), name.show, season, name.kind, name.first or 0, file.record.stamp.path

    shows: dict[str, list[ListedFile]] = {}
    for file in sorted(files, key=order):
        shows.setdefault(file.record.name.show, []).append(file)
    return shows


def sum_totals(totals: Sequence[ShowTotals]) -> ShowTotals:
    """The totals of all these shows together."""
    return ShowTotals(
        show=f"all {counted(len(totals), 'show')}",
        seasons=(),
        files=sum(row.files for row in totals),
        failed=sum(row.failed for row in totals),
        missing=sum(row.missing for row in totals),
        duration_ms=sum(row.duration_ms for row in totals),
        frames=sum(row.frames for row in totals),
    )
