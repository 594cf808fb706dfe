"""Reference encoder before training: EfficientNet-Lite0 with ImageNet's weights and a random projection."""

import torch

from core.encoders.base import EncoderSpec, FrameBatch, VectorBatch
from core.encoders.onnx import OnnxEncoder
from core.encoders.spec import fingerprint
from training.export.onnx_export import trace
from training.fitting.spec import FitSpec
from training.model.backbones import imagenet_weights, make_trunk
from training.model.frame_encoder import FrameEncoder

NAME = "ImageNet start"


class ImageNetStart:
    """An untrained `Encoder`: without whitening, the projection drawn by `seed`.

    `EncoderError` when the weights are not installed.
    """

    def __init__(self, *, seed: int, fit: FitSpec | None = None, threads: int = 0) -> None:
        chosen = fit or FitSpec()
        self.spec = EncoderSpec(NAME, chosen.dim, chosen.preprocess)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            trunk = make_trunk(chosen.backbone, imagenet_weights(chosen.backbone))
            model = FrameEncoder(trunk, chosen.preprocess, chosen.dim, powers=chosen.powers).eval()
        self.graph = bytes(trace(model, self.spec.preprocess).SerializeToString())
        self.fingerprint = fingerprint(self.graph, self.spec)
        self._runner = OnnxEncoder(self.graph, self.spec, self.fingerprint, source=NAME, threads=threads)

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """See `Encoder.embed`."""
        return self._runner.embed(batch)
