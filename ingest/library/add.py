"""`library add` without its command line: what the demo and the operator's command both do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from config.opening import encoder_of
from config.settings import Settings
from core.encoders.base import Encoder
from core.errors import InputError
from core.files import library_lock
from core.stores.generation import GenerationInfo, encoder_mismatch
from ingest.indexing.stills_upkeep import tidy_stills
from ingest.library.add_run import AddRun, RunSummary
from ingest.library.opening import Library, open_library, publisher, video_indexer
from ingest.library.reconcile import settle
from ingest.planning.plan import Action, PlannedFile, Planner, PlanOptions, passed_over_note
from ingest.planning.scan import scan
from ingest.publishing.generations import readable_generation
from ingest.publishing.publisher import Publisher, Step
from ingest.publishing.schedule import PublishSchedule
from ingest.reporting import Reporter

OpenReporter = Callable[[int, int], Reporter]
"""Given (files to read, their bytes), what shows the progress."""


@dataclass(frozen=True, slots=True)
class AddResult:
    """What a run did, the index that is current after it, and how many videos are no longer where they were, below the
    folders that were named.
    """

    summary: RunSummary
    index: GenerationInfo | None
    missing: int = 0


def plan_files(library: Library, options: PlanOptions, places: list[Path]) -> list[PlannedFile]:
    """What there is to do; nothing that we wrote ourselves is looked at. `InputError` when there is no video at all, or
    none of them can be had.
    """
    own = library.layout.root.resolve()
    found = [item for item in scan(places) if own not in item.path.parents]
    plan = Planner(library.reader, options).plan(found)
    considered = [planned for planned in plan if planned.action is not Action.PASSED_OVER]
    if not considered:
        why = f": {passed_over_note(plan)}" if plan else ""
        raise InputError(f"There is no video in {', '.join(map(str, places))}{why}.")
    if all(planned.action is Action.UNREADABLE for planned in considered):
        raise InputError("\n".join(f"{planned.path}: {planned.note}" for planned in considered))
    return plan


def add_videos(
    settings: Settings,
    places: list[Path],
    options: PlanOptions,
    open_reporter: OpenReporter,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> AddResult:
    """Index what is new or changed in these places and publish the index: after the first video, on the way as the
    settings and the `clock` say, and at the end.

    `LibraryBusyError` when another run is at it, `EncoderMismatchError` when the library was made with another encoder,
    `StorageError` when the disk refuses; files that cannot be read are in the summary.
    """
    with open_library(settings, missing="create") as library, library_lock(library.layout.lock):
        settle(library)
        plan = plan_files(library, options, places)
        encoder = encoder_of(settings)
        _require_one_encoder(library, plan, encoder)
        index = publisher(settings, library, encoder)
        to_read = [planned.stamp.size_bytes for planned in plan if planned.stamp and planned.action.decodes]
        with open_reporter(len(to_read), sum(to_read)) as reporter:
            step = partial(reporter.step, "index")
            run = AddRun(
                library.layout,
                library.writer,
                video_indexer(settings, encoder),
                publish=(lambda: index.publish(step=step).info) if _is_of_one_encoder(library, encoder) else None,
                schedule=PublishSchedule(settings.publish_s, clock),
                behind=_is_behind(library, encoder),
            )
            summary = run.run(plan, reporter)
            current = _publish_last(index, summary, step)
        tidy_stills(library.layout, library.reader)
        missing = _missing_count(library, places)
    return AddResult(summary, current or readable_generation(library.layout.generations), missing)


def _publish_last(index: Publisher, summary: RunSummary, step: Step) -> GenerationInfo | None:
    """Make what is finished searchable; `None` when Ctrl-C is pressed while that is done, or nothing is searchable."""
    try:
        published = index.publish(step=step)
    except KeyboardInterrupt:
        summary.interrupted = True
        return None
    summary.problems.extend(published.left_out.items())
    return published.info


def _is_of_one_encoder(library: Library, encoder: Encoder) -> bool:
    """Whether publishing before the end of a run leaves out nothing that is searched now: an index has one encoder."""
    current = readable_generation(library.layout.generations)
    if current:
        return current.encoder == encoder.fingerprint
    return all(record.outcome.encoder == encoder.fingerprint for record in library.reader.all() if record.searchable)


def _is_behind(library: Library, encoder: Encoder) -> bool:
    """Whether videos of this encoder are finished that the index does not have: those of a run that was killed."""
    current = readable_generation(library.layout.generations)
    finished = {
        record.id
        for record in library.reader.all()
        if record.searchable and record.outcome.encoder == encoder.fingerprint
    }
    return bool(finished - (current.files.keys() if current else set()))


def _missing_count(library: Library, places: list[Path]) -> int:
    """How many videos of the library below these folders are not there."""
    folders = {place.resolve() for place in places if place.is_dir()}
    paths = [Path(record.stamp.path) for record in library.reader.all()]
    return sum(1 for path in paths if folders.intersection(path.parents) and not path.exists())


def _require_one_encoder(library: Library, plan: list[PlannedFile], encoder: Encoder) -> None:
    """All vectors of the index come from one encoder, or will after this run; what a reindex left out may wait."""
    read_now = {planned.record.id for planned in plan if planned.record and planned.action.decodes}
    current = readable_generation(library.layout.generations)
    for record in library.reader.all():
        waits = current and current.encoder == encoder.fingerprint and record.id not in current.files
        other = record.searchable and record.outcome.encoder != encoder.fingerprint
        if other and not waits and record.id not in read_now:
            raise encoder_mismatch(record.outcome.encoder, encoder.fingerprint)
