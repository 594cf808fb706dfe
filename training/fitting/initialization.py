"""Initial weights of a training run: random, ImageNet's, those of the bundled encoder, or from a file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it publishes no types
from onnx import numpy_helper
from torch import Tensor

from core.encoders.base import PreprocessSpec
from core.encoders.loading import BUNDLED
from core.encoders.spec import MODEL_NAME, read_spec
from core.errors import EncoderError
from training.dataset.frame_dataset import Dataset
from training.export.onnx_export import FLOAT16_SUFFIX
from training.fitting.checkpoint import Checkpoint
from training.fitting.projection import learn_projection
from training.fitting.spec import FitSpec
from training.model.backbones import Trunk, imagenet_weights, make_trunk
from training.model.frame_encoder import FrameEncoder
from training.progress import ProgressCallback, no_progress


def initial_encoder(
    init: str, spec: FitSpec, dataset: Dataset, *, workers: int = 1, step: ProgressCallback = no_progress
) -> Checkpoint:
    """The initial checkpoint (epoch 0) of a run.

    `init` is `scratch`, `imagenet`, `bundled`, or a path: of a checkpoint that `fit` wrote, of an encoder's folder that
    `export` wrote, or of a file with a backbone's weights. The settings of an encoder or checkpoint (backbone,
    frame, vector, colours' mean and deviation) replace those of `spec`; with `spec.relearn` only its network is used.
    The projection of a network without one is learned from the training frames (`training.fitting.projection`); `step`
    counts the frames embedded. `EncoderError` when `init` does not exist or is none of these.
    """
    torch.manual_seed(spec.seed)
    path = Path(init)
    if init == "scratch":
        spec = replace(spec, mean=dataset.mean or spec.mean, std=dataset.std or spec.std, freeze=0)
        model = FrameEncoder(make_trunk(spec.backbone), spec.preprocess, spec.dim, powers=spec.powers)
        return Checkpoint(spec, init, folded=False, history=(), model=model.state_dict())
    if init == "imagenet" or (path.is_file() and path.suffix != ".pt"):
        weights = imagenet_weights(spec.backbone, None if init == "imagenet" else path)
        trunk, folded = make_trunk(spec.backbone, weights), spec.backbone == "lite0"
        return _with_projection(trunk, spec, init, dataset, folded=folded, workers=workers, step=step)
    earlier = _from_earlier(init, spec)
    if not spec.relearn:
        return earlier
    trunk, spec = earlier.encoder().trunk, replace(spec, backbone=earlier.spec.backbone)
    return _with_projection(trunk, spec, init, dataset, folded=earlier.folded, workers=workers, step=step)


def _with_projection(
    trunk: Trunk, spec: FitSpec, init: str, dataset: Dataset, *, folded: bool, workers: int, step: ProgressCallback
) -> Checkpoint:
    model = FrameEncoder(trunk, spec.preprocess, spec.dim, powers=spec.powers)
    learn_projection(model, dataset, spec, workers=workers, step=step)
    return Checkpoint(spec, init, folded=folded, history=(), model=model.state_dict())


def _from_earlier(init: str, spec: FitSpec) -> Checkpoint:
    """The contents of an encoder's folder or of a checkpoint, as the initial checkpoint of a new run."""
    path = BUNDLED if init == "bundled" else Path(init)
    if path.is_dir():
        return from_encoder(path, spec, init)
    if path.exists():
        earlier = Checkpoint.load(path)
        settings = earlier.spec
        spec = _with_encoder_settings(spec, settings.backbone, settings.powers, settings.dim, settings.preprocess)
        return Checkpoint(spec, init, earlier.folded, (), earlier.model)
    raise EncoderError(
        f"There is nothing to begin from at {init}: name scratch, imagenet, bundled, a checkpoint (.pt), an encoder's "
        "folder, or a file of weights."
    )


def from_encoder(folder: Path, spec: FitSpec, name: str) -> Checkpoint:
    """The initial checkpoint from an exported `model.onnx`. `EncoderError` when `train export` did not write it."""
    encoder = read_spec(folder)
    path = folder / MODEL_NAME
    try:
        graph = onnx.load(path)
    except (OSError, DecodeError) as exc:
        raise EncoderError(f"{path} cannot be read as an ONNX model: {exc}.") from exc
    notes = {entry.key: entry.value for entry in graph.metadata_props}
    if not {"backbone", "powers"} <= set(notes):
        raise EncoderError(f"{path} was not made by `whenanime train export`: training cannot start from it.")
    powers = tuple(int(power) for power in notes["powers"].split())
    bound = _with_encoder_settings(spec, notes["backbone"], powers, encoder.dim, encoder.preprocess)
    held = {
        tensor.name.removesuffix(FLOAT16_SUFFIX): numpy_helper.to_array(tensor) for tensor in graph.graph.initializer
    }
    trunk = make_trunk(bound.backbone, folded=True)
    expected = FrameEncoder(trunk, bound.preprocess, bound.dim, powers=bound.powers).state_dict()
    return Checkpoint(bound, name, folded=True, history=(), model=_model_state(held, expected, path))


def _model_state(held: Mapping[str, np.ndarray], expected: Mapping[str, Tensor], path: Path) -> Mapping[str, Tensor]:
    """The graph's weights by the names and in the shapes of the model."""
    missing = [name for name, tensor in expected.items() if name not in held or held[name].shape != tuple(tensor.shape)]
    if missing:
        raise EncoderError(
            f"{path} does not hold the weights of its backbone as floats (the first that is missing is {missing[0]}): "
            "name a float32 or float16 encoder, or the run's checkpoint."
        )
    return {name: torch.from_numpy(held[name].astype(np.float32)) for name in expected}


def _with_encoder_settings(
    spec: FitSpec, backbone: str, powers: tuple[int, ...], dim: int, frame: PreprocessSpec
) -> FitSpec:
    """The settings of a new run, with those that the earlier encoder fixes."""
    return replace(
        spec,
        backbone=backbone,
        powers=powers,
        dim=dim,
        width=frame.width,
        height=frame.height,
        fit=frame.fit,
        mean=frame.mean,
        std=frame.std,
    )
