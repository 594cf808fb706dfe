"""The training loop."""

import csv
import io
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Protocol

import torch
from tensorboardX import SummaryWriter  # type: ignore[import-untyped]  # it has no stubs
from torch import Tensor, nn

from core.errors import StorageError
from core.files import write_file
from training.dataset.frame_dataset import Dataset
from training.fitting.checkpoint import BEST_NAME, LAST_NAME, Checkpoint, EpochRecord
from training.fitting.cross_batch_memory import CrossBatchMemory
from training.fitting.pairs import PairBatches, same_pictures
from training.fitting.spec import FitSpec
from training.fitting.validation import validate
from training.model.frame_encoder import FrameEncoder
from training.model.losses import entropy, multiple_negatives_ranking

LOG_NAME = "log.csv"
_MAX_GRADIENT_NORM = 1.0
_MIN_TENSOR_RMS = 1e-2


class Progress(Protocol):
    """Receives the progress of a run."""

    def step(self, epoch: int, done: int, of: int, loss: float) -> None:
        """A training step was made."""

    def epoch(self, record: EpochRecord) -> None:
        """An epoch was validated and saved."""


@dataclass(frozen=True, slots=True)
class FitResult:
    """`best` is the checkpoint of the best epoch by MRR; `history` has every epoch's record, the first is epoch 0."""

    best: Checkpoint
    history: tuple[EpochRecord, ...]

    @property
    def helped(self) -> bool:
        """Whether the MRR of the validation frames rose above that before training."""
        return self.best.history[-1].mrr > self.history[0].mrr


def fit(
    model: FrameEncoder, dataset: Dataset, state: Checkpoint, run: Path, progress: Progress, *, workers: int = 1
) -> FitResult:
    """Train `model` until `state.spec.epochs` are done, and return the best checkpoint by MRR and all epochs' records.

    `state` is the initial checkpoint, or a later one with the weights of `model`. After each epoch `run` holds
    `last.pt` (to continue from), `best.pt`, `log.csv` and TensorBoard's events. The data set must have frames in both
    splits. `StorageError` when the folder cannot be written.
    """
    spec, device = state.spec, _device()
    mixed = spec.precision == "bfloat16" or (spec.precision == "auto" and device.type == "cuda")
    rows = dataset.split("train")
    model.to(device).to(memory_format=torch.channels_last)
    model.trunk.freeze(spec.freeze)
    optimizer = _optimizer(model, spec, state)
    began = time.monotonic() - (state.history[-1].seconds if state.history else 0)
    with _writer(run) as writer:
        if not state.history:
            state = _close_epoch(model, dataset, state, run, writer, math.nan, spec.lr, time.monotonic() - began)
            progress.epoch(state.history[-1])
        memory = CrossBatchMemory(spec.memory)
        for epoch in range(state.epoch + 1, spec.epochs + 1):
            model.train()
            losses: list[float] = []
            batches = PairBatches(dataset, rows, spec, epoch, workers=workers)
            for number, batch in enumerate(batches):
                rate = learning_rate(spec, epoch - 1 + number / len(batches), (epoch - 1) * len(batches) + number)
                for group in optimizer.param_groups:
                    group["lr"] = rate * group["size"]
                with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                    vectors = model(torch.cat([batch.frames, batch.views]).to(device, non_blocking=True))
                frames, views = vectors.float().chunk(2)  # (n, dim) each
                thumbnails = batch.thumbnails.to(device)
                same = same_pictures(thumbnails)
                loss = multiple_negatives_ranking(
                    frames, views, same, scale=spec.scale, more=memory.negatives_for(thumbnails)
                )
                memory.add(frames, thumbnails)
                if spec.entropy:
                    loss = loss + spec.entropy * entropy(frames, same)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                nn.utils.clip_grad_norm_(model.parameters(), _MAX_GRADIENT_NORM)
                optimizer.step()
                losses.append(loss.item())
                progress.step(epoch, number + 1, len(batches), losses[-1])
            seconds = time.monotonic() - began
            state = replace(state, optimizer=optimizer.state_dict())
            state = _close_epoch(model, dataset, state, run, writer, sum(losses) / len(losses), rate, seconds)
            progress.epoch(state.history[-1])
    return FitResult(Checkpoint.load(run / BEST_NAME), state.history)


def learning_rate(spec: FitSpec, epochs: float, steps: int) -> float:
    """Cosine annealing (Loshchilov & Hutter 2017) by epochs, times a linear warm-up over the first steps."""
    wave = (1 + math.cos(math.pi * epochs / (spec.t_max or spec.epochs))) / 2
    rising = min(1.0, (steps + 1) / spec.warmup) if spec.warmup else 1.0
    return rising * (spec.lr_min + (spec.lr - spec.lr_min) * wave)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _optimizer(model: FrameEncoder, spec: FitSpec, state: Checkpoint) -> torch.optim.AdamW:
    groups = [
        {"params": [parameter], "size": _rms(parameter) if spec.relative else 1.0}
        for parameter in model.parameters()
        if parameter.requires_grad
    ]
    optimizer = torch.optim.AdamW(groups, lr=spec.lr, weight_decay=spec.weight_decay)
    if state.optimizer is not None:
        optimizer.load_state_dict(dict(state.optimizer))
    return optimizer


def _rms(parameter: Tensor) -> float:
    return max(_MIN_TENSOR_RMS, float(parameter.detach().square().mean().sqrt()))


def _close_epoch(
    model: FrameEncoder,
    dataset: Dataset,
    state: Checkpoint,
    run: Path,
    writer: SummaryWriter,
    loss: float,
    rate: float,
    seconds: float,
) -> Checkpoint:
    """Validate, log and save."""
    validation = validate(model, dataset, state.spec)
    epoch = state.history[-1].epoch + 1 if state.history else 0
    top = validation.published.top
    record = EpochRecord(
        epoch, seconds, loss, rate, top[1], top[5], top[10], top[20], validation.published.mrr, validation.posted.mrr
    )
    state = replace(
        state,
        history=(*state.history, record),
        model={name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()},
    )
    if record.mrr >= max(earlier.mrr for earlier in state.history):
        replace(state, optimizer=None).save(run / BEST_NAME)
    state.save(run / LAST_NAME)
    _log(run / LOG_NAME, state.history)
    for name, value in asdict(record).items():
        if name != "epoch" and not math.isnan(value):
            writer.add_scalar(name, value, epoch)
    writer.flush()
    return state


def _log(path: Path, history: Sequence[EpochRecord]) -> None:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [column.name for column in fields(EpochRecord)])
    table.writeheader()
    table.writerows(asdict(record) for record in history)
    write_file(path, text.getvalue().encode())


@contextmanager
def _writer(run: Path) -> Iterator[SummaryWriter]:
    try:
        run.mkdir(parents=True, exist_ok=True)
        writer = SummaryWriter(str(run))
    except OSError as exc:
        raise StorageError(f"{run} cannot be written: {exc}.") from exc
    try:
        yield writer
    finally:
        writer.close()
