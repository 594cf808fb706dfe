"""`whenanime train dataset`, `train stats`, `train distort`: make, measure and distort a data set."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ExitCode
from training.dataset.spec import DatasetSpec, SplitBy

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.settings import Settings
    from core.catalogue.identities import ShowIdentity
    from training.dataset.extraction import ExtractionSummary
    from training.dataset.frame_dataset import Dataset
    from training.dataset.sources import FrameSource

_JSON = typer.Option("--json", help="Print one JSON object.")
_FOLDER = typer.Argument(metavar="DATASET", help="The folder that `train dataset` wrote.")


def dataset(
    videos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR|FILE...]", help="Videos and pictures, or folders; else the library's videos."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write, or to go on with.")] = Path("dataset"),
    show: Annotated[list[str] | None, typer.Option(help="Only this show of the library; may be repeated.")] = None,
    split: Annotated[SplitBy, typer.Option(help="What is held back as a whole.")] = SplitBy.EPISODE,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of episodes or shows held back.")] = 0.2,
    head: Annotated[float, typer.Option(min=0, max=1, help="Share of a video left out at its start.")] = 0.05,
    tail: Annotated[float, typer.Option(min=0, max=1, help="Share left out at its end.")] = 0.05,
    per_video: Annotated[int, typer.Option(min=0, help="Most frames of a video; 0: no limit.")] = 500,
    gap: Annotated[float, typer.Option(min=0, help="Least seconds between two frames of a shot.")] = 0.7,
    plain: Annotated[float, typer.Option(min=0, max=128, help="Frames whose colours deviate less are left out.")] = 10,
    repeat: Annotated[float, typer.Option(min=0, max=255, help="Frames of a shot that differ less are repeats.")] = 2,
    width: Annotated[int, typer.Option(min=16, max=8192, help="Widest frame, pixels.")] = 640,
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of the JPEG files.")] = 92,
    seed: Annotated[int, typer.Option(min=0, help="Draws what is held back.")] = 0,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Take frames from videos and pictures: a data set to train on and to validate by.

    Every shot gives frames, long shots more; near repeats within a shot are left out. A whole episode (or show, by
    --split show) is in one split, never frames of one video in both. The show of a video is the top folder below the
    one named (that one itself when it holds seasons); pictures of a folder stay together. May be stopped at any time:
    the same command continues from there. Exit code 1 when no frame was taken, 130 when stopped.
    """
    from config.settings import load_settings  # noqa: PLC0415  # `train --help` answers at once
    from core.errors import InputError, MediaError  # noqa: PLC0415
    from training.commands.extraction_progress import open_bars  # noqa: PLC0415
    from training.dataset.extraction import extract  # noqa: PLC0415
    from training.dataset.source_records import recorded_splits  # noqa: PLC0415
    from training.dataset.sources import missing_split, sources_below  # noqa: PLC0415

    spec = DatasetSpec(split, validation, head, tail, per_video, gap, plain, repeat, width, quality, seed)
    settings = load_settings()
    if videos and show:
        raise InputError("--show chooses among the library's shows; leave it out when you name videos.")
    sources = sources_below(videos, leave_out=out) if videos else _of_library(settings, show or [])
    if missing := missing_split(sources, spec, recorded_splits(out)):
        typer.echo(f"note     {out} will have {missing}; `train fit` wants some of both kinds", err=True)
    with open_bars(len(sources), sum(source.size_bytes for source in sources)) as bars:
        dataset, summary = extract(sources, spec, out, bars, threads=settings.threads)
    _report(dataset, summary, as_json=as_json)
    if summary.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if not dataset.rows:
        raise MediaError(out, "no frame was taken, so there is no data set")


def stats(
    folder: Annotated[Path, _FOLDER],
    batch_size: Annotated[int, typer.Option(min=1, help="Frames read at a time.")] = 64,
    max_samples: Annotated[int | None, typer.Option(min=1, help="Most frames read, evenly spread; all if not set.")] = (
        None
    ),
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Compute the mean and standard deviation of the training frames' colours, and write them into dataset.json.

    Exact, over all pixels of all training frames; from 0 to 1, in the order red, green, blue.
    """
    import os  # noqa: PLC0415  # only for the number of cores

    from config.settings import load_settings  # noqa: PLC0415
    from training.dataset.channel_stats import measure_channel_stats, record_channel_stats  # noqa: PLC0415
    from training.dataset.frame_dataset import Dataset  # noqa: PLC0415

    threads = load_settings().threads or os.cpu_count() or 1
    opened = Dataset.open(folder)
    with _status("read") as step:
        channel_stats = measure_channel_stats(opened, batch=batch_size, limit=max_samples, threads=threads, step=step)
    record_channel_stats(opened, channel_stats)
    if as_json:
        _echo_json(
            {
                "mean": channel_stats.mean,
                "std": channel_stats.std,
                "frames": channel_stats.frames,
                "pixels": channel_stats.pixels,
            }
        )
    else:
        mean, std = (" ".join(f"{value:.4f}" for value in triple) for triple in (channel_stats.mean, channel_stats.std))
        typer.echo(f"mean {mean}, deviation {std}, of {channel_stats.frames} training frames")


def distort(
    folder: Annotated[Path, _FOLDER],
    seed: Annotated[int, typer.Option(min=0, help="Draws the distortions.")] = 0,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Make a distorted copy of every validation frame: cropped, mirrored, recoloured, as screenshots are changed.

    Deterministic; a stopped run can be continued. `train evaluate` searches for the frames by these copies.
    """
    from dataclasses import asdict  # noqa: PLC0415

    from training.dataset.distorted_validation import distort_validation  # noqa: PLC0415
    from training.dataset.frame_dataset import DISTORTED_NAME, Dataset  # noqa: PLC0415

    with _status("distorted") as step:
        distorted = distort_validation(Dataset.open(folder), seed=seed, step=step)
    if distorted.distorted is not None and as_json:
        _echo_json({"folder": str(distorted.folder / DISTORTED_NAME), **asdict(distorted.distorted)})
    elif distorted.distorted is not None:
        typer.echo(f"{distorted.folder / DISTORTED_NAME}: {distorted.distorted.frames} frames")


def dataset_of_library(folder: Path, shows: list[str]) -> "Dataset":
    """A data set of the library's videos, or of some shows, by the default settings; continues an earlier run.

    `InputError`, before a video is read, when one split would have no frames; `KeyboardInterrupt` when it is stopped;
    other errors as `train dataset`.
    """
    from config.settings import load_settings  # noqa: PLC0415
    from core.errors import InputError  # noqa: PLC0415
    from training.commands.extraction_progress import open_bars  # noqa: PLC0415
    from training.dataset.extraction import extract  # noqa: PLC0415
    from training.dataset.source_records import recorded_splits  # noqa: PLC0415
    from training.dataset.sources import missing_split  # noqa: PLC0415

    settings = load_settings()
    sources = _of_library(settings, shows)
    if missing := missing_split(sources, DatasetSpec(), recorded_splits(folder)):
        raise InputError(f"These videos would give {missing}. Training wants two episodes at least: add videos.")
    with open_bars(len(sources), sum(source.size_bytes for source in sources)) as bars:
        dataset, summary = extract(sources, DatasetSpec(), folder, bars, threads=settings.threads)
    if summary.interrupted:
        raise KeyboardInterrupt
    return dataset


def _of_library(settings: "Settings", shows: list[str]) -> "list[FrameSource]":
    from core.catalogue.reader import CatalogueReader  # noqa: PLC0415
    from core.catalogue.schema import open_database  # noqa: PLC0415
    from core.domain import SearchFilter  # noqa: PLC0415
    from core.errors import LibraryEmptyError  # noqa: PLC0415
    from core.library.layout import DataLayout  # noqa: PLC0415
    from core.retrieval.filters import matching_files  # noqa: PLC0415
    from training.dataset.sources import sources_of_library  # noqa: PLC0415

    layout = DataLayout(settings.data_dir)
    records = []
    identities: Mapping[str, ShowIdentity] = {}
    if layout.database.exists():
        database = open_database(layout.database_url, create=False)
        try:
            reader = CatalogueReader(database)
            records = [record for record in reader.all() if record.searchable]
            identities = reader.identities()
        finally:
            database.dispose()
    if not records:
        raise LibraryEmptyError(
            f"There are no videos to take frames from: name some, or folders of them; there is no library in "
            f"{layout.root.resolve()} to take them from instead."
        )
    file_ids = matching_files(SearchFilter(shows=tuple(shows)), records, identities)
    return sources_of_library([record for record in records if record.id in file_ids], settings.media_root)


def _report(dataset: "Dataset", summary: "ExtractionSummary", *, as_json: bool) -> None:
    counts = {str(side): len(dataset.split(side)) for side in ("train", "validation")}
    values = {
        "folder": str(dataset.folder),
        "frames": counts,
        "shots": summary.shots,
        "shots_with_frames": summary.shots_with_frames,
        "sources_taken": summary.sources_read,
        "sources_kept": summary.sources_unchanged,
        "problems": [{"source": source, "reason": reason} for source, reason in summary.problems],
        "notes": [{"source": source, "note": note} for source, note in summary.notes],
        "interrupted": summary.interrupted,
    }
    if as_json:
        _echo_json(values)
        return
    for source, note in summary.notes:
        typer.echo(f"note     {source}: {note}")
    for source, reason in summary.problems:
        typer.echo(f"problem  {source}: {reason}")
    typer.echo(
        f"{dataset.folder}: {counts['train']} frames to train on, {counts['validation']} to validate by, from "
        f"{summary.shots_with_frames} of {summary.shots} shots; {len(summary.problems)} sources could not be read"
    )
    if summary.interrupted:
        typer.echo("Stopped. Finished sources are kept; the same command goes on from here.")


def _echo_json(values: Mapping[str, object]) -> None:
    typer.echo(json.dumps(values, ensure_ascii=False))


@contextmanager
def _status(what: str) -> "Iterator[Callable[[int], None]]":
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status("reading frames") as status:
        yield lambda count: status.update(f"{count} frames {what}")
