"""One training run: settings, preparation of the data, initial or continued state, training."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from core.errors import InputError, StorageError
from training.dataset.channel_stats import measure_channel_stats, record_channel_stats
from training.dataset.distorted_validation import distort_validation
from training.dataset.frame_dataset import Dataset
from training.fitting.checkpoint import LAST_NAME, START_NAME, Checkpoint
from training.fitting.contact_sheet import write_contact_sheet
from training.fitting.initialization import initial_encoder
from training.fitting.loop import FitResult, Progress, fit
from training.fitting.pairs import PairBatches
from training.fitting.spec import PRESETS, FitSpec

SHEET_NAME = "pairs.png"
_SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)")


class RunProgress(Progress, Protocol):
    """Receives the progress of a run and of its preparation."""

    def stage(self, name: str, done: int, of: int) -> None:
        """A stage of the preparation has progressed."""


@dataclass(frozen=True, slots=True)
class FitRequest:
    """The options of `train fit`: a preset, fields of `FitSpec` that replace the preset's, and the others."""

    preset: str
    init: str
    chosen: Mapping[str, Any]
    size: str | None
    without: tuple[str, ...]
    run: Path
    workers: int
    threads: int


def run_fit(request: FitRequest, dataset: Dataset, progress: RunProgress) -> FitResult:
    """Train, or continue the run in `request.run`.

    `InputError` when the run there has other settings, or when a split of the data set has too few frames; other errors
    as `initial_encoder` and `fit`.
    """
    spec = requested_spec(request)
    dataset.require_both_splits()
    if request.threads:
        torch.set_num_threads(request.threads)
    dataset = _prepared(dataset, progress)
    try:
        request.run.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(f"{request.run} cannot be written: {exc}.") from exc
    last = request.run / LAST_NAME
    if last.exists():
        state = _continued(Checkpoint.load(last), spec, request)
    else:
        state = initial_encoder(
            request.init,
            spec,
            dataset,
            workers=request.workers,
            step=lambda done, of: progress.stage("learning the projection", done, of),
        )
        state = replace(state, facts=_facts(dataset))
        state.save(request.run / START_NAME)
        sheet = PairBatches(dataset, dataset.split("train"), state.spec, 1, workers=request.workers)
        for batch in sheet:
            write_contact_sheet(batch, request.run / SHEET_NAME)
            break
    return fit(state.encoder(), dataset, state, request.run, progress, workers=request.workers)


def requested_spec(request: FitRequest) -> FitSpec:
    """The preset with the chosen options. `InputError` names an option that is not valid."""
    spec = PRESETS[request.preset]
    chosen = dict(request.chosen)
    if request.size is not None:
        sides = _SIZE.fullmatch(request.size.strip())
        if sides is None:
            raise InputError(f"--size must be width and height, as 288x160, not {request.size}.")
        chosen |= {"width": int(sides[1]), "height": int(sides[2])}
    unknown = [name for name in request.without if name not in spec.augmentations]
    if unknown:
        raise InputError(
            f"The preset {request.preset} has no augmentation named {unknown[0]}: it has "
            f"{', '.join(spec.augmentations)}."
        )
    augmentations = {
        name: probability for name, probability in spec.augmentations.items() if name not in request.without
    }
    return replace(spec, **chosen, augmentations=augmentations)


def _prepared(dataset: Dataset, progress: RunProgress) -> Dataset:
    """The data set with mean, deviation and distorted frames, which `train stats` and `train distort` make too."""
    if dataset.mean is None:
        count = len(dataset.split("train"))
        channel_stats = measure_channel_stats(
            dataset, step=lambda done: progress.stage("mean and deviation", done, count)
        )
        dataset = record_channel_stats(dataset, channel_stats)
    if dataset.distorted is None:
        count = len(dataset.split("validation"))
        dataset = distort_validation(
            dataset, step=lambda done: progress.stage("distorted validation frames", done, count)
        )
    return dataset


def _continued(state: Checkpoint, spec: FitSpec, request: FitRequest) -> Checkpoint:
    """The earlier run, with the number of epochs of the request."""
    if state.start != request.init:
        raise InputError(
            f"The run in {request.run} began from {state.start}, not from {request.init}: name another --run, or "
            f"continue with --init {state.start}."
        )
    for name in (*request.chosen, "augmentations"):
        if name != "epochs" and getattr(state.spec, name) != getattr(spec, name) and name not in _SET_BY_INITIALIZATION:
            raise InputError(
                f"The run in {request.run} was begun with another {name} ({getattr(state.spec, name)}, not "
                f"{getattr(spec, name)}): name another --run, or leave that option as it was."
            )
    return replace(state, spec=replace(state.spec, epochs=spec.epochs))


_SET_BY_INITIALIZATION = frozenset({"backbone", "dim"})
"""Settings that the initial weights may replace."""


def _facts(dataset: Dataset) -> Mapping[str, int | float | str]:
    """Counts of the data, for the card of an encoder."""
    rows = dataset.split("train")
    return {
        "shows": len({row.show for row in rows}),
        "files": len({row.file for row in rows}),
        "frames": len(rows),
        "validation_shows": len({row.show for row in dataset.split("validation")}),
        "validation_frames": len(dataset.split("validation")),
        "split": str(dataset.spec.split),
    }
