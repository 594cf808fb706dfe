"""Adding videos to a library: planning, reading, publishing. Called by `library add` and the demo."""

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
from core.library.media import is_gone
from core.stores.generation import GenerationInfo, encoder_mismatch_error
from ingest.indexing.stills_upkeep import delete_orphan_stills
from ingest.library.add_run import AddRun, RunSummary
from ingest.library.opening import Library, complete_layouts, open_library, publisher, video_indexer
from ingest.library.reconcile import reconcile
from ingest.library.run_recorder import RunRecorder
from ingest.library.themes import mine_themes
from ingest.planning.plan import Action, PlannedFile, Planner, PlanOptions, passed_over_note
from ingest.planning.scan import scan
from ingest.planning.show_statements import SourceReport, report_sources
from ingest.publishing.generation_writer import readable_generation
from ingest.publishing.publisher import Publisher
from ingest.publishing.schedule import PublishSchedule
from ingest.reporting import Reporter
from ingest.themes.themes_run import ThemesSummary

OpenReporter = Callable[[int, int], Reporter]
"""Called with (number of files to read, their bytes): returns the reporter of the run."""


@dataclass(frozen=True, slots=True)
class AddResult:
    """The summary of a run, the index that is current after it, the number of the library's videos that are missing
    below the folders that were named, and what came of looking for openings and endings, unless that was left out.
    """

    summary: RunSummary
    index: GenerationInfo | None
    missing: int = 0
    themes: ThemesSummary | None = None


def plan_files(library: Library, options: PlanOptions, places: list[Path]) -> list[PlannedFile]:
    """The plan for the videos in these files and folders; the library's own data directory is left out.

    `InputError` when there is no video, or when none can be read.
    """
    data_dir = library.layout.root.resolve()
    items = [item for item in scan(places) if data_dir not in item.path.parents]
    plan = Planner(library.reader, options).plan(items)
    considered = [planned for planned in plan if planned.action is not Action.PASSED_OVER]
    if not considered:
        reason = f": {passed_over_note(plan)}" if plan else ""
        raise InputError(f"There is no video in {', '.join(map(str, places))}{reason}.")
    if all(planned.action is Action.UNREADABLE for planned in considered):
        raise InputError("\n".join(f"{planned.path}: {planned.note}" for planned in considered))
    return plan


def report_plan_sources(library: Library, plan: list[PlannedFile], places: list[Path]) -> SourceReport:
    """What `show.toml` files and folders with a number at AniList say of the shows of a plan for these places."""
    scanned = [place.resolve() for place in places if place.is_dir()]
    return report_sources(plan, library.reader.show_statements(), scanned)


def add_videos(
    settings: Settings,
    places: list[Path],
    options: PlanOptions,
    open_reporter: OpenReporter,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> AddResult:
    """Index new and changed videos in these files and folders, and publish the index: after the first video, then at
    the interval of the settings by `clock`, and at the end.

    `LibraryBusyError` while another run holds the library, `EncoderMismatchError` when the library was made with
    another encoder, `StorageError` when the disk refuses. Files that cannot be read are listed in the summary.
    """
    with (
        open_library(settings, missing="create") as library,
        library_lock(library.layout.lock),
        RunRecorder(library.layout.run_status, "library add") as recorder,
    ):
        reconcile(library)
        plan = plan_files(library, options, places)
        sources = report_plan_sources(library, plan, places)
        encoder = encoder_of(settings)
        _require_single_encoder(library, plan, encoder)
        library.writer.state_shows(sources.statements)
        index = publisher(settings, library, encoder)
        to_read = [planned.stamp.size_bytes for planned in plan if planned.stamp and planned.action.decodes]
        with recorder.recording(open_reporter(len(to_read), sum(to_read)), len(to_read), sum(to_read)) as reporter:
            step = partial(reporter.step, "index")
            run = AddRun(
                library.layout,
                library.writer,
                video_indexer(settings, encoder),
                publish=(lambda: index.publish(step=step).info) if _has_single_encoder(library, encoder) else None,
                schedule=PublishSchedule(settings.publish_s, clock),
                has_unpublished=_has_unpublished(library, encoder),
            )
            summary = run.run(plan, reporter)
            library.writer.state_shows((), sources.withdrawn)  # only now are all shows called by their new names
            summary.problems.extend(sources.problems)
            themes = _look_for_themes(settings, library, summary, reporter)
            current = _publish_final(index, summary, reporter)
            if summary.interrupted:
                recorder.stopped()
        delete_orphan_stills(library.layout, library.reader)
        missing = _missing_count(library, places)
    return AddResult(summary, current or readable_generation(library.layout.generations), missing, themes)


def _look_for_themes(
    settings: Settings, library: Library, summary: RunSummary, reporter: Reporter
) -> ThemesSummary | None:
    """Mine seasons with new episodes, after a run that was not interrupted; whatever fails there fails no run."""
    if summary.interrupted or not settings.themes.on_add:
        return None
    themes = mine_themes(settings, library, reporter)
    summary.interrupted = themes.interrupted
    return themes


def _publish_final(index: Publisher, summary: RunSummary, reporter: Reporter) -> GenerationInfo | None:
    """Publish all finished videos, after a run that was not interrupted with missing color layouts made; `None` when
    Ctrl-C interrupts it, or when nothing is searchable.
    """
    try:
        if not summary.interrupted:
            complete_layouts(index, reporter)
        published = index.publish(step=partial(reporter.step, "index"))
    except KeyboardInterrupt:
        summary.interrupted = True
        return None
    summary.problems.extend(published.left_out.items())
    return published.info


def _has_single_encoder(library: Library, encoder: Encoder) -> bool:
    """Whether all that is searched now has this encoder, so that publishing during the run leaves nothing out."""
    current = readable_generation(library.layout.generations)
    if current:
        return current.encoder == encoder.fingerprint
    return all(record.outcome.encoder == encoder.fingerprint for record in library.reader.all() if record.searchable)


def _has_unpublished(library: Library, encoder: Encoder) -> bool:
    """Whether finished videos of this encoder are not in the index, as after a run that was killed."""
    current = readable_generation(library.layout.generations)
    finished = {
        record.id
        for record in library.reader.all()
        if record.searchable and record.outcome.encoder == encoder.fingerprint
    }
    return bool(finished - (current.files.keys() if current else set()))


def _missing_count(library: Library, places: list[Path]) -> int:
    """The number of the library's videos below these folders that do not exist."""
    folders = {place.resolve() for place in places if place.is_dir()}
    paths = [Path(record.stamp.path) for record in library.reader.all()]
    return sum(1 for path in paths if folders.intersection(path.parents) and is_gone(path))


def _require_single_encoder(library: Library, plan: list[PlannedFile], encoder: Encoder) -> None:
    """`EncoderMismatchError` unless all searchable files have this encoder, or will after this run. Files that a
    reindex left out may keep another one.
    """
    rereading = {planned.record.id for planned in plan if planned.record and planned.action.decodes}
    current = readable_generation(library.layout.generations)
    for record in library.reader.all():
        is_left_out = current and current.encoder == encoder.fingerprint and record.id not in current.files
        is_other = record.searchable and record.outcome.encoder != encoder.fingerprint
        if is_other and not is_left_out and record.id not in rereading:
            raise encoder_mismatch_error(record.outcome.encoder, encoder.fingerprint)
