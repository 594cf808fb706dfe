"""The run of `library add`: one planned file after another, each saved when it is complete."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from typing_extensions import override

from core.catalogue.writer import CatalogueWriter
from core.domain import FileId
from core.errors import StorageError
from core.library.layout import DataLayout
from core.stores.generation import GenerationInfo
from ingest.indexing.frame_sampling import SamplingCounts
from ingest.indexing.video_indexer import VideoIndexer
from ingest.indexing.video_read import VideoSource, read_video
from ingest.planning.plan import Action, PlannedFile
from ingest.publishing.schedule import PublishSchedule
from ingest.reporting import Reporter, SilentReporter
from ingest.wording import counted

Publish = Callable[[], GenerationInfo | None]
"""Publishes all finished videos; returns the generation that is current then."""


@dataclass(slots=True)
class RunSummary:
    """The results of a run: numbers of files by action, sampling counts, and problems and notes as (path, text).

    `finished` are the videos read, whole or damaged, the first `published` of them searchable before the end of the
    run. `failed` counts the videos that could not be read, `failed_before` those that failed in an earlier run, are
    unchanged and were not tried again.
    """

    actions: dict[Action, int] = field(default_factory=dict)
    video_ms: int = 0
    counts: SamplingCounts = field(default_factory=SamplingCounts)
    problems: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    finished: list[FileId] = field(default_factory=list)
    published: int = 0
    failed: int = 0
    failed_before: int = 0
    interrupted: bool = False

    def count(self, action: Action) -> None:
        """Count one more file of this action."""
        self.actions[action] = self.actions.get(action, 0) + 1


@dataclass(frozen=True, slots=True)
class AddRun:
    """Carries out a plan. The caller holds the library's lock.

    With `publish`, finished videos become searchable during the run: at its start if the library `has_unpublished`
    videos, and when `schedule` is due. The caller publishes those that remain.
    """

    layout: DataLayout
    writer: CatalogueWriter
    indexer: VideoIndexer
    publish: Publish | None = None
    schedule: PublishSchedule = field(default_factory=lambda: PublishSchedule(0))
    has_unpublished: bool = False

    def run(self, plan: Sequence[PlannedFile], reporter: Reporter) -> RunSummary:
        """Carry out the action of each file. A finished file stays finished, whatever happens to later ones.

        A video that cannot be read is recorded as failed, and the run goes on. `StorageError` (disk full, no
        permission) ends the run, except from publishing during it. Ctrl-C ends it with `interrupted` set in the
        summary.
        """
        summary = RunSummary()
        unread = sum(planned.action.decodes for planned in plan)
        try:
            if self.has_unpublished and unread and self.publish:
                self._publish(self.publish, reporter)
            for planned in plan:
                self._process(planned, reporter, summary)
                unread -= planned.action.decodes
                if unread:
                    self._publish_if_due(reporter, summary)
        except KeyboardInterrupt:
            summary.interrupted = True
        return summary

    def _publish_if_due(self, reporter: Reporter, summary: RunSummary) -> None:
        if self.publish is None or len(summary.finished) == summary.published or not self.schedule.due:
            return
        summary.published = len(summary.finished)
        with self.schedule.publishing():
            self._publish(self.publish, reporter)

    def _publish(self, publish: Publish, reporter: Reporter) -> None:
        try:
            info = publish()
        except StorageError as exc:  # a later publishing may work; the last one raises
            reporter.print_line(f"not searchable yet: {exc}")
            return
        if info:
            frames, files = counted(info.frames, "frame"), counted(len(info.files), "file")
            reporter.print_line(f"searchable now: {frames} in {files}")

    def _process(self, planned: PlannedFile, reporter: Reporter, summary: RunSummary) -> None:
        if planned.action.decodes:
            self._read(planned, reporter, summary)
            return
        if planned.action is Action.UNREADABLE:
            summary.problems.append((str(planned.path), planned.note))
        elif planned.action is Action.DUPLICATE or (planned.action is Action.PASSED_OVER and planned.record):
            summary.notes.append((str(planned.path), planned.note))
        elif planned.action in {Action.MOVED, Action.RENAMED} and planned.record and planned.stamp:
            self.writer.move(planned.record.id, planned.stamp, planned.name, planned.name_override)
            if planned.is_renamed_by_reader:
                summary.notes.append((str(planned.path), planned.note))
        summary.failed_before += bool(planned.record and not planned.record.searchable)
        summary.count(planned.action)

    def _read(self, planned: PlannedFile, reporter: Reporter, summary: RunSummary) -> None:
        if planned.stamp is None:
            raise ValueError("a file that is decoded has a stamp")
        source = VideoSource(planned.path, self.writer.next_id(), planned.name, planned.stamp)
        progress = _PublishingReporter(reporter, partial(self._publish_if_due, reporter, summary))
        video = read_video(source, self.indexer, self.layout, reporter, progress=progress)
        self.writer.put(source.file_id, planned.stamp, planned.name, video.outcome, planned.name_override)
        if video.failed:
            summary.problems.append((str(planned.path), video.outcome.problem))
            summary.failed += 1
            return
        if planned.record:
            for old in self.layout.every_features(planned.record.id):
                old.unlink(missing_ok=True)
        summary.finished.append(source.file_id)
        summary.count(planned.action)
        summary.video_ms += video.outcome.duration_ms
        summary.counts = add_counts([summary.counts, video.counts])
        if video.damaged:
            summary.problems.append((str(planned.path), f"{video.outcome.problem} (searchable up to there)"))
            reporter.file_failed()
        else:
            if video.outcome.problem:
                summary.notes.append((str(planned.path), video.outcome.problem))
            reporter.file_ended(f"added    {planned.path}: {video.size_text()}")


class _PublishingReporter(SilentReporter):
    """Reports the progress of one video, and publishes earlier videos when that is due meanwhile."""

    def __init__(self, reporter: Reporter, publish: Callable[[], None]) -> None:
        self._reporter = reporter
        self._publish = publish

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        self._reporter.advanced(share=share, video_s=video_s, frames=frames)
        self._publish()


def add_counts(parts: Iterable[SamplingCounts]) -> SamplingCounts:
    """The sum of counts, field by field."""
    total = SamplingCounts()
    for part in parts:
        total = replace(
            total, **{name: getattr(total, name) + getattr(part, name) for name in SamplingCounts.__dataclass_fields__}
        )
    return total
