"""Settings of a training run that decide its result; stored in its checkpoints."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Self, get_args

from core.encoders.base import Fit, PreprocessSpec
from core.errors import InputError
from training.distortion.augmentation import POSTED_PROBABILITIES, AugmentSpec
from training.model.backbones import BACKBONES

Precision = Literal["auto", "float32", "bfloat16"]
"""Of activations in training; `auto`: bfloat16 on a GPU, float32 on a CPU, where it is faster for small networks."""
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FitSpec:
    """One training run.

    `freeze`: the number of first stages of the backbone that are not trained. `group`: frames of one shot in a batch
    together, so that moments of a shot are separated; `memory`: frames of earlier batches that are negatives too, so
    that scenes are separated. `scale` multiplies the cosines of the ranking loss. With `relearn` only the network of
    the initial encoder is used: frame size, dimension and projection are this run's own.
    The projection is first trained alone, for `projection_steps` steps at the rate `projection_lr`.
    `entropy` weighs the entropy term, 0 leaves it out. The learning rate follows a cosine from `lr` to `lr_min` over
    `t_max` epochs (all of them when 0), after `warmup` steps of linear rise; when `relative` it is multiplied by the
    root mean square of each tensor at the start, as in Adafactor (Shazeer & Stern 2018, section 8), because folding
    norms leaves tensors of very different magnitudes. `InputError` names a value that is not valid.
    """

    backbone: str = "lite0"
    width: int = 368
    height: int = 208
    fit: Fit = Fit.PAD
    dim: int = 256
    powers: tuple[int, ...] = (2, 3)
    mean: Triple = (0.5, 0.5, 0.5)
    std: Triple = (0.5, 0.5, 0.5)
    freeze: int = 2
    epochs: int = 12
    batch: int = 64
    group: int = 2
    memory: int = 2048
    lr: float = 2e-4
    lr_min: float = 1e-5
    relative: bool = True
    t_max: int = 0
    warmup: int = 50
    weight_decay: float = 1e-4
    scale: float = 20.0
    relearn: bool = False
    projection_steps: int = 400
    projection_lr: float = 8e-3
    entropy: float = 0.0
    precision: Precision = "auto"
    augmentations: Mapping[str, float] = field(default_factory=lambda: dict(POSTED_PROBABILITIES))
    seed: int = 0

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise InputError(f"There is no backbone named {self.backbone}: choose from {', '.join(BACKBONES)}.")
        for name, least in (
            ("dim", 2),
            ("epochs", 0),
            ("batch", 2),
            ("group", 1),
            ("freeze", 0),
            ("memory", 0),
            ("projection_steps", 0),
        ):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be {least} at least, not {getattr(self, name)}.")
        if not self.powers or any(power < 1 for power in self.powers) or list(self.powers) != sorted(set(self.powers)):
            raise InputError(f"powers must be whole numbers from 1 that rise, not {self.powers}.")
        for name in ("lr", "scale"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be greater than 0, not {getattr(self, name)}.")
        if self.precision not in get_args(Precision):
            raise InputError(f"precision must be one of {', '.join(get_args(Precision))}, not {self.precision}.")
        AugmentSpec(self.augmentations)

    @property
    def preprocess(self) -> PreprocessSpec:
        """The preprocessing of pictures; bars have the mean colour, which normalisation maps to 0."""
        red, green, blue = (round(255 * value) for value in self.mean)
        return PreprocessSpec(
            width=self.width, height=self.height, fit=self.fit, mean=self.mean, std=self.std, pad_rgb=(red, green, blue)
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for checkpoints."""
        return {**dataclasses.asdict(self), "fit": str(self.fit), "augmentations": dict(self.augmentations)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Back from plain values. `InputError` for a field that is missing, unknown or not valid."""
        try:
            triples = {name: tuple(values[name]) for name in ("mean", "std", "powers")}
            return cls(**{**values, **triples, "fit": Fit(values["fit"])})
        except (KeyError, TypeError, ValueError) as exc:
            raise InputError(f"The settings of a training run are damaged: {exc}.") from exc


PRESETS: Mapping[str, FitSpec] = MappingProxyType(
    {
        "light": FitSpec(),
        "tune": FitSpec(epochs=6, lr=5e-4, lr_min=1e-5, warmup=10),
        "seed": FitSpec(
            backbone="resnet18",
            dim=512,
            powers=(1,),
            freeze=0,
            epochs=13,
            group=1,
            memory=0,
            lr=1e-3,
            lr_min=5e-5,
            relative=False,
            t_max=10,
            warmup=0,
            weight_decay=0.0,
            augmentations={"published": 1.0},
        ),
    }
)
"""`light`: a general encoder; `tune`: adapted to a library's shows; `seed`: the field's first published recipe."""
