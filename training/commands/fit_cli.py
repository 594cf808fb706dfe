"""`whenanime train fit`: train an encoder."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TaskID, TextColumn

from core.errors import ExitCode
from training.commands.bars import make_bars

if TYPE_CHECKING:
    from training.dataset.frame_dataset import Dataset
    from training.fitting.checkpoint import EpochRecord
    from training.fitting.loop import FitResult


class Preset(StrEnum):
    """Settings by name; see `training.fitting.spec`."""

    LIGHT = "light"
    TUNE = "tune"
    SEED = "seed"


def fit(
    dataset: Annotated[Path | None, typer.Argument(help="The folder that `train dataset` wrote.")] = None,
    run: Annotated[Path, typer.Option(help="Folder of the run; go on with it by the same command.")] = Path("run"),
    library: Annotated[bool, typer.Option("--library", help="Train on the library's own videos.")] = False,
    show: Annotated[list[str] | None, typer.Option(help="With --library, this show only; may be repeated.")] = None,
    preset: Annotated[Preset, typer.Option(help="light, tune (one's own shows) or seed (as first published).")] = (
        Preset.LIGHT
    ),
    init: Annotated[
        str, typer.Option(help="bundled, imagenet, scratch, or a checkpoint, encoder's folder or file of weights.")
    ] = "bundled",
    backbone: Annotated[str | None, typer.Option(help="lite0 or resnet18.")] = None,
    epochs: Annotated[int | None, typer.Option(min=0, help="Passes over the frames; 0 only sets up.")] = None,
    batch: Annotated[int | None, typer.Option(min=2, help="Pairs a step.")] = None,
    group: Annotated[int | None, typer.Option(min=1, help="Frames of one shot in a batch together.")] = None,
    lr: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    freeze: Annotated[int | None, typer.Option(min=0, help="First stages that are not trained.")] = None,
    entropy: Annotated[float | None, typer.Option(min=0, help="Weight of the entropy term.")] = None,
    precision: Annotated[str | None, typer.Option(help="float32, bfloat16 or auto.")] = None,
    relearn: Annotated[bool, typer.Option("--relearn", help="Take only the network from --init.")] = False,
    size: Annotated[str | None, typer.Option(help="The encoder's frame, as 288x160.")] = None,
    dim: Annotated[int | None, typer.Option(min=2, help="Numbers of a vector.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Leave out this augmentation; may be repeated.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of order, views and weights.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads that make pairs.")] = 2,
    threads: Annotated[int, typer.Option(min=0, help="Threads that train; 0: one for each core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train an encoder by contrast: a frame and a distorted view of it are a pair, all other frames are negatives.

    The run's folder gets pairs.png before the first step, which shows what is trained on; log.csv and TensorBoard's
    events after each pass; last.pt and best.pt (best by MRR on the validation frames). It may be stopped at any time:
    the same command continues after the last whole pass. `train export RUN --out FOLDER` then makes an encoder of it.
    """
    from training.commands.extra import require_train_extra  # noqa: PLC0415  # `train --help` answers at once

    require_train_extra()
    from training.fitting.run import FitRequest, requested_spec, run_fit  # noqa: PLC0415

    options = {
        "backbone": backbone,
        "epochs": epochs,
        "batch": batch,
        "group": group,
        "lr": lr,
        "freeze": freeze,
        "entropy": entropy,
        "precision": precision,
        "dim": dim,
        "seed": seed,
        "relearn": relearn or None,
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    request = FitRequest(str(preset), init, chosen, size, tuple(without or ()), run, workers, threads)
    requested_spec(request)  # options that are not valid are named before videos are read
    console = Console(stderr=True)
    try:
        frames = _dataset(dataset, run, show or [], library=library)
        with make_bars(console, MofNCompleteColumn(), TextColumn("{task.fields[note]}"), transient=True) as bars:
            result = run_fit(request, frames, FitBars(bars))
    except KeyboardInterrupt:
        console.print(f"Stopped. The same command goes on after the last whole pass of {run}.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _report(result, run, as_json=as_json)


class FitBars:
    """Progress of a run: one bar for the current stage, and a line for each pass."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._name = ""

    def stage(self, name: str, done: int, of: int, note: str = "") -> None:
        """A stage has progressed; another name begins another bar."""
        if name != self._name or self._task is None:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._name, self._task = name, self._bars.add_task(name, total=of, note=note)
        self._bars.update(self._task, completed=done, total=of, note=note)

    def step(self, epoch: int, done: int, of: int, loss: float) -> None:
        """A training step was made."""
        self.stage(f"pass {epoch}", done, of, f"loss {loss:.3f}")

    def epoch(self, record: "EpochRecord") -> None:
        """A pass was validated and saved."""
        loss = f"loss {record.loss:.3f}, " if record.epoch else "before training: "
        self._bars.console.print(
            f"pass {record.epoch}: {loss}top-1 {record.top1:.4f}, top-5 {record.top5:.4f}, MRR {record.mrr:.4f}, "
            f"as posted {record.posted_mrr:.4f}, {record.seconds / 60:.1f} min"
        )


def _dataset(folder: Path | None, run: Path, shows: list[str], *, library: bool) -> "Dataset":
    """The data set that was named, or one made from the library in the run's folder."""
    from core.errors import InputError  # noqa: PLC0415
    from training.commands.dataset_cli import dataset_of_library  # noqa: PLC0415
    from training.dataset.frame_dataset import Dataset  # noqa: PLC0415

    if library:
        return dataset_of_library(folder or run / "dataset", shows)
    if shows:
        raise InputError("--show chooses among the library's shows: it goes with --library.")
    if folder is None:
        raise InputError("Name the folder that `train dataset` wrote, or train on the library's videos by --library.")
    return Dataset.open(folder)


def _report(result: "FitResult", run: Path, *, as_json: bool) -> None:
    best, before = result.best.history[-1], result.history[0]
    trained = result.history[1:]
    if as_json:
        values = {
            "run": str(run),
            "start": result.best.start,
            **asdict(best),
            "mrr_before": before.mrr,
            "helped": result.helped,
        }
        typer.echo(json.dumps({name: None if value != value else value for name, value in values.items()}))  # noqa: PLR0124  # NaN
        return
    if trained and not result.helped:
        after = max(record.mrr for record in trained)
        typer.echo(
            f"{run}: training did not help: MRR {after:.4f} at best after it, {before.mrr:.4f} before. An export would "
            f"only give what it began from ({result.best.start}). More frames, or a smaller --lr with another --run, "
            "may help."
        )
        return
    began = f" ({before.mrr:.4f} before training)" if trained else ""
    typer.echo(f"{run}: best after pass {best.epoch}, top-1 {best.top1:.4f}, MRR {best.mrr:.4f}{began}")
    typer.echo(f"Make an encoder of it: whenanime train export {run} --out FOLDER")
