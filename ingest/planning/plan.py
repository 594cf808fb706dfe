"""The plan of `library add`: what is to be done with each file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Final

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import NO_OVERRIDE, FileRecord, FileStamp, NameOverride
from core.domain import EpisodeName
from core.errors import MediaError
from core.library.media import is_gone
from core.pictures.file_types import INDEXED_SUFFIXES, FileKind, sniff
from core.video.opening import open_video
from ingest.naming.paths import parse_name
from ingest.planning.scan import PassedOver, ScanItem, Unreadable, VideoFile, stamp
from ingest.planning.show_sources import NOTHING_NEARBY, NearbySources, ShowSources
from ingest.wording import quoted_name_text

_HEAD_BYTES: Final = 4096
_UNREADABLE_NAME: Final = "the name cannot be read"


class Action(StrEnum):
    """`new` and `changed` are decoded; `moved` and `renamed` only change the catalogue; the rest does nothing."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    PASSED_OVER = "passed over"

    @property
    def decodes(self) -> bool:
        """Whether the video has to be read."""
        return self in {Action.NEW, Action.CHANGED}


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file and the action for it; `record` is its row in the catalogue, if any, `note` the reason for unusual
    actions.

    `name_override` is the name that the operator gave it, now or earlier; `nearby` what the folders around it say of
    its show.
    """

    path: Path
    action: Action
    name: EpisodeName
    stamp: FileStamp | None = None
    record: FileRecord | None = None
    note: str = ""
    name_override: NameOverride = NO_OVERRIDE
    nearby: NearbySources = NOTHING_NEARBY

    @property
    def is_renamed_by_reader(self) -> bool:
        """Whether the path is parsed to another name than that in the catalogue, with the same override."""
        return (
            self.record is not None
            and self.record.name != self.name
            and self.record.name_override == self.name_override
        )

    @property
    def message(self) -> str:
        """The note, preceded by a statement that the name cannot be read, if it cannot."""
        return self.note if self.name.understood else f"{_UNREADABLE_NAME}. {self.note}".strip(". ")


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The operator's options: names in place of those in the paths, whether to read all videos `again`, and whether
    overrides given earlier are dropped, so that files are called `as_named` by their paths.
    """

    show: str | None = None
    season: int | None = None
    again: bool = False
    as_named: bool = False


class Planner:
    """Compares files on disk with the catalogue as it was when the planner was made.

    A name given to a file holds until another one is given; a name given to a folder also holds for files that are put
    into it later.
    """

    def __init__(self, reader: CatalogueReader, options: PlanOptions) -> None:
        records = reader.all()
        self._by_path = {record.stamp.path: record for record in records}
        self._by_content = {record.stamp.content: record for record in records if record.searchable}
        self._overrides_by_place: dict[str, set[NameOverride]] = {}
        for record in records:
            if record.name_override.place is not None:
                self._overrides_by_place.setdefault(record.name_override.place, set()).add(record.name_override)
        self._options = options
        self._planned: dict[str, Path] = {}
        self._sources = ShowSources()

    def plan(self, items: Iterable[ScanItem]) -> list[PlannedFile]:
        """One planned file for each item, in the same order."""
        return [self._plan_item(item) for item in map(self._with_original_root, items)]

    def _plan_item(self, item: ScanItem) -> PlannedFile:
        planned = self._planned_file(item)
        return replace(planned, nearby=self._sources.near(item)) if isinstance(item, VideoFile) else planned

    def _planned_file(self, item: ScanItem) -> PlannedFile:
        if isinstance(item, Unreadable):
            return PlannedFile(item.path, Action.UNREADABLE, EpisodeName(item.path.stem), note=item.reason)
        if isinstance(item, PassedOver):
            record = self._by_path.get(str(item.path))
            note = f"{item.reason}; `whenanime library remove` takes it out of the library" if record else item.reason
            return PlannedFile(item.path, Action.PASSED_OVER, EpisodeName(item.path.stem), record=record, note=note)
        record = self._by_path.get(str(item.path))
        try:
            if record and self._is_unmodified(item, record):
                current = stamp(item, content=record.stamp.content)
                name, name_override = self._name(item, record)
                same = (record.name, record.stamp, record.name_override) == (name, current, name_override)
                action = Action.UNCHANGED if same else Action.RENAMED
                problem = record.outcome.problem
                return _with_renaming_note(
                    PlannedFile(item.path, action, name, current, record, problem, name_override)
                )
            if record is None and (reason := _not_video_reason(item)):
                return PlannedFile(item.path, Action.UNREADABLE, EpisodeName(item.path.stem), note=reason)
            return self._plan_by_content(item, stamp(item), record)
        except OSError as exc:
            note = exc.strerror or "cannot be read"
            return PlannedFile(item.path, Action.UNREADABLE, EpisodeName(item.path.stem), note=note)

    def _plan_by_content(self, item: VideoFile, current: FileStamp, record: FileRecord | None) -> PlannedFile:
        """The plan for a file whose size or time stamp differs, or is new: its content decides."""
        name, name_override = self._name(item, record)
        same = self._by_content.get(current.content)
        if record and same and same.id == record.id and not self._options.again:
            return _with_renaming_note(
                PlannedFile(item.path, Action.RENAMED, name, current, record, name_override=name_override)
            )
        if record is None and same and is_gone(Path(same.stamp.path)):
            del self._by_content[current.content]
            name, name_override = self._name(item, same)
            note = f"was {same.stamp.path}"
            return _with_renaming_note(PlannedFile(item.path, Action.MOVED, name, current, same, note, name_override))
        twin = self._planned.get(current.content) or (Path(same.stamp.path) if same else None)
        if twin and twin != item.path:
            return PlannedFile(item.path, Action.DUPLICATE, name, current, note=f"same content as {twin}")
        self._planned[current.content] = item.path
        action = Action.CHANGED if record else Action.NEW
        return PlannedFile(item.path, action, name, current, record, name_override=name_override)

    def _with_original_root(self, item: ScanItem) -> ScanItem:
        """The item, with the folder that it was added with as its root if it is now named by itself."""
        record = self._by_path.get(str(item.path))
        if record is None or not isinstance(item, VideoFile) or not item.by_name:
            return item
        path, relative = item.path.as_posix(), record.stamp.relative
        return replace(item, root=Path(path.removesuffix(relative))) if path.endswith(f"/{relative}") else item

    def _is_unmodified(self, item: VideoFile, record: FileRecord) -> bool:
        status = item.path.stat()
        same = (status.st_size, status.st_mtime_ns) == (record.stamp.size_bytes, record.stamp.modified_ns)
        return same and not self._options.again

    def _name(self, item: VideoFile, record: FileRecord | None) -> tuple[EpisodeName, NameOverride]:
        """The name by the operator's override, else by `show.toml`, else by the path, and that override."""
        override = self._name_override(item, record)
        path, root = PurePath(item.path), PurePath(item.root)
        name = parse_name(path, root=root, show=override.show, season=override.season)
        if not override.show and (show := self._sources.near(item).show_name(name, record.name if record else None)):
            name = replace(name, show=show)
        return name, override

    def _name_override(self, item: VideoFile, record: FileRecord | None) -> NameOverride:
        options = self._options
        before = NO_OVERRIDE
        if not options.as_named:
            before = (record.name_override if record else None) or self._folder_name_override(item.path)
        if options.show is None and options.season is None:
            return before
        show = before.show if options.show is None else options.show
        season = before.season if options.season is None else options.season
        return NameOverride(show, season, str(item.place))

    def _folder_name_override(self, path: Path) -> NameOverride:
        """The override of the nearest folder that has one; none if that folder has several."""
        for folder in path.parents:
            if names := self._overrides_by_place.get(str(folder)):
                return next(iter(names)) if len(names) == 1 else NO_OVERRIDE
        return NO_OVERRIDE


def passed_over_note(plan: Iterable[PlannedFile]) -> str:
    """`3 passed over (2 in a recycle bin, 1 a sample)`; empty for none."""
    reasons = Counter(planned.note.partition(";")[0] for planned in plan if planned.action is Action.PASSED_OVER)
    listed = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
    return f"{reasons.total()} passed over ({listed})" if reasons else ""


def _with_renaming_note(planned: PlannedFile) -> PlannedFile:
    """Add the new and the old name to the note if the path is parsed to another name than before."""
    if planned.record is None or not planned.is_renamed_by_reader:
        return planned
    names = f"now read as {quoted_name_text(planned.name)} (was {quoted_name_text(planned.record.name)})"
    return replace(planned, note="; ".join(filter(None, (planned.note, names))))


def _not_video_reason(item: VideoFile) -> str | None:
    """Why a file named by itself is no video; `None` when it may be one, even a damaged one. May raise `OSError`."""
    if not item.by_name or item.path.suffix.lower() in INDEXED_SUFFIXES:
        return None
    with item.path.open("rb") as file:
        if sniff(file.read(_HEAD_BYTES)) is FileKind.PICTURE:
            return "is a picture, not a video; `whenanime search` takes pictures"
    try:
        open_video(item.path)[0].close()
    except MediaError as exc:
        return exc.reason
    return None
