"""What a run of `library add` has to do with each file it found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord, FileStamp, FileState
from core.domain import EpisodeName
from ingest.filenames import read_name
from ingest.scan import FoundFile, Unreadable, stamp


class Action(StrEnum):
    """`new` and `changed` are decoded; `moved` and `renamed` only change the catalogue; the rest does nothing."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"

    @property
    def decodes(self) -> bool:
        """Whether the video has to be read."""
        return self in {Action.NEW, Action.CHANGED}


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file and what is to be done; `record` is what the catalogue has of it, `note` says why for the odd cases."""

    path: Path
    action: Action
    name: EpisodeName
    stamp: FileStamp | None = None
    record: FileRecord | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the operator said: names to use in place of those read from the path, and whether to read all again."""

    show: str | None = None
    season: int | None = None
    again: bool = False


class Planner:
    """Compares files on disk with the catalogue as it is when the planner is made."""

    def __init__(self, reader: CatalogueReader, options: PlanOptions) -> None:
        records = reader.all()
        self._by_path = {record.stamp.path: record for record in records}
        self._by_content = {record.stamp.content: record for record in records if record.searchable}
        self._options = options
        self._planned: dict[str, Path] = {}

    def plan(self, found: Iterable[FoundFile | Unreadable]) -> list[PlannedFile]:
        """One entry a file, in the order found."""
        return [self._one(item) for item in found]

    def _one(self, item: FoundFile | Unreadable) -> PlannedFile:
        if isinstance(item, Unreadable):
            return PlannedFile(item.path, Action.UNREADABLE, EpisodeName(item.path.stem), note=item.reason)
        name = self.read_name(item)
        record = self._by_path.get(str(item.path))
        try:
            if record and self._untouched(item, record):
                known = stamp(item, content=record.stamp.content)
                action = Action.UNCHANGED if (record.name, record.stamp) == (name, known) else Action.RENAMED
                return PlannedFile(item.path, action, name, known, record, record.outcome.problem)
            return self._looked_into(item, name, stamp(item), record)
        except OSError as exc:
            return PlannedFile(item.path, Action.UNREADABLE, name, note=exc.strerror or "cannot be read")

    def _looked_into(
        self, item: FoundFile, name: EpisodeName, current: FileStamp, record: FileRecord | None
    ) -> PlannedFile:
        """A file whose time stamp does not vouch for it: its content decides."""
        same = self._by_content.get(current.content)
        if record and same and same.id == record.id and not self._options.again:
            return PlannedFile(item.path, Action.RENAMED, name, current, record)
        if record is None and same and not Path(same.stamp.path).exists():
            del self._by_content[current.content]
            return PlannedFile(item.path, Action.MOVED, name, current, same, f"was {same.stamp.path}")
        twin = self._planned.get(current.content) or (Path(same.stamp.path) if same else None)
        if twin and twin != item.path:
            return PlannedFile(item.path, Action.DUPLICATE, name, current, note=f"same content as {twin}")
        self._planned[current.content] = item.path
        return PlannedFile(item.path, Action.CHANGED if record else Action.NEW, name, current, record)

    def _untouched(self, item: FoundFile, record: FileRecord) -> bool:
        status = item.path.stat()
        same = (status.st_size, status.st_mtime_ns) == (record.stamp.size_bytes, record.stamp.modified_ns)
        return same and not self._options.again and record.outcome.state is not FileState.FAILED

    def read_name(self, item: FoundFile) -> EpisodeName:
        """The name that the path gives, or the operator."""
        options = self._options
        return read_name(PurePath(item.path), root=PurePath(item.root), show=options.show, season=options.season)
