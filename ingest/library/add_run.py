"""The run of `library add`: every planned file in turn, each kept as soon as it is whole."""

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
"""Makes everything that is finished searchable; what is searched then."""


@dataclass(slots=True)
class RunSummary:
    """What a run did: files by action, what was sampled, and problems of it as (path, reason).

    `finished` are the videos that were read, whole or as far as they go, the first `published` of them searchable
    before the end of the run; `failed` is how many could not be. Neither of
    the `failed_before`, which could not be read in an earlier run, are unchanged and were not tried again.
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
        """One more file of this action."""
        self.actions[action] = self.actions.get(action, 0) + 1


@dataclass(frozen=True, slots=True)
class AddRun:
    """Carries out a plan. Whoever calls holds the library's lock.

    With `publish`, finished videos become searchable on the way: at the start if the index is `behind` the catalogue,
    and when `schedule` says so. Those after the last publishing are left to whoever calls.
    """

    layout: DataLayout
    writer: CatalogueWriter
    indexer: VideoIndexer
    publish: Publish | None = None
    schedule: PublishSchedule = field(default_factory=lambda: PublishSchedule(0))
    behind: bool = False

    def run(self, plan: Sequence[PlannedFile], reporter: Reporter) -> RunSummary:
        """Do what each file needs. What is finished stays finished, whatever happens to the files after it.

        A video that cannot be read is noted as failed and the rest goes on; `StorageError` (disk full, no permission)
        ends the run, though not when it comes from publishing on the way. Ctrl-C ends it too: the summary then says
        `interrupted`.
        """
        summary = RunSummary()
        unread = sum(planned.action.decodes for planned in plan)
        try:
            if self.behind and unread and self.publish:
                self._publish(self.publish, reporter)
            for planned in plan:
                self._one(planned, reporter, summary)
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
        except StorageError as exc:  # the next one may work, and the last one says it
            reporter.said(f"not searchable yet: {exc}")
            return
        if info:
            reporter.said(f"searchable now: {counted(info.frames, 'frame')} in {counted(len(info.files), 'file')}")

    def _one(self, planned: PlannedFile, reporter: Reporter, summary: RunSummary) -> None:
        if planned.action.decodes:
            self._read(planned, reporter, summary)
            return
        if planned.action is Action.UNREADABLE:
            summary.problems.append((str(planned.path), planned.note))
        elif planned.action is Action.DUPLICATE or (planned.action is Action.PASSED_OVER and planned.record):
            summary.notes.append((str(planned.path), planned.note))
        elif planned.action in {Action.MOVED, Action.RENAMED} and planned.record and planned.stamp:
            self.writer.move(planned.record.id, planned.stamp, planned.name, planned.given)
            if planned.read_otherwise:
                summary.notes.append((str(planned.path), planned.note))
        summary.failed_before += bool(planned.record and not planned.record.searchable)
        summary.count(planned.action)

    def _read(self, planned: PlannedFile, reporter: Reporter, summary: RunSummary) -> None:
        if planned.stamp is None:
            raise ValueError("a file that is decoded has a stamp")
        source = VideoSource(planned.path, self.writer.next_id(), planned.name, planned.stamp)
        progress = _Publishing(reporter, partial(self._publish_if_due, reporter, summary))
        video = read_video(source, self.indexer, self.layout, reporter, progress=progress)
        self.writer.put(source.file_id, planned.stamp, planned.name, video.outcome, planned.given)
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


class _Publishing(SilentReporter):
    """The reporter of one video, which publishes the videos before it when that is due while it is read."""

    def __init__(self, reporter: Reporter, publish: Callable[[], None]) -> None:
        self._reporter = reporter
        self._publish = publish

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        self._reporter.advanced(share=share, video_s=video_s, frames=frames)
        self._publish()


def add_counts(parts: Iterable[SamplingCounts]) -> SamplingCounts:
    """Add up."""
    total = SamplingCounts()
    for part in parts:
        total = replace(
            total, **{name: getattr(total, name) + getattr(part, name) for name in SamplingCounts.__dataclass_fields__}
        )
    return total
