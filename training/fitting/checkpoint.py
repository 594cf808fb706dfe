"""Checkpoints: the state of a training run on disk, which `fit` continues and `export` reads."""

import io
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from core.errors import EncoderError, InputError
from core.files import write_file
from training.fitting.spec import FitSpec
from training.model.backbones import make_trunk
from training.model.frame_encoder import FrameEncoder

VERSION = 1
LAST_NAME = "last.pt"
BEST_NAME = "best.pt"
START_NAME = "start.pt"


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """A line of the log: seconds from the start, mean loss, learning rate at the end, and validation metrics."""

    epoch: int
    seconds: float
    loss: float
    lr: float
    top1: float
    top5: float
    top10: float
    top20: float
    mrr: float
    posted_mrr: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`model` and `optimizer` are state dictionaries; `start` names the initial weights, `facts` count the data."""

    spec: FitSpec
    start: str
    folded: bool
    history: tuple[EpochRecord, ...]
    model: Mapping[str, Tensor]
    optimizer: Mapping[str, Any] | None = None
    facts: Mapping[str, int | float | str] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """The number of completed epochs."""
        return self.history[-1].epoch if self.history else 0

    def encoder(self) -> FrameEncoder:
        """The model, in `eval`. `EncoderError` when the state does not fit what the settings describe."""
        model = FrameEncoder(
            make_trunk(self.spec.backbone, folded=self.folded),
            self.spec.preprocess,
            self.spec.dim,
            powers=self.spec.powers,
        )
        try:
            model.load_state_dict(dict(self.model))
        except RuntimeError as exc:
            raise EncoderError(f"The checkpoint does not fit the backbone {self.spec.backbone}: {exc}.") from exc
        return model.eval()

    def save(self, path: Path) -> None:
        """Write it, whole or not at all. `StorageError` when it cannot be written."""
        values = {
            "version": VERSION,
            "spec": self.spec.to_json(),
            "start": self.start,
            "folded": self.folded,
            "history": [asdict(record) for record in self.history],
            "model": dict(self.model),
            "optimizer": self.optimizer,
            "facts": dict(self.facts),
        }
        data = io.BytesIO()
        torch.save(values, data)
        write_file(path, data.getvalue())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a checkpoint without running code in it. `EncoderError` when it is damaged or another kind of file."""
        try:
            values = torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError as exc:
            raise EncoderError(f"There is no checkpoint at {path}.") from exc
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as exc:
            raise EncoderError(
                f"{path} is no checkpoint that can be read: it is damaged, or another kind of file."
            ) from exc
        if not isinstance(values, dict) or values.get("version") != VERSION:
            raise EncoderError(f"{path} is not a checkpoint of `whenanime train fit`.")
        try:
            return cls(
                FitSpec.from_json(values["spec"]),
                values["start"],
                values["folded"],
                tuple(EpochRecord(**record) for record in values["history"]),
                values["model"],
                values["optimizer"],
                values["facts"],
            )
        except (KeyError, TypeError, InputError) as exc:
            raise EncoderError(f"{path} is damaged: {exc}.") from exc
