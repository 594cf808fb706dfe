"""What training starts from: EfficientNet-Lite0 as it was learned on ImageNet, and a projection by chance."""

import numpy as np
import torch

from core.encoders.base import EncoderSpec, FrameBatch, VectorBatch
from core.encoders.onnx import CHUNK
from core.encoders.preprocess import check_batch
from training.backbones import imagenet_weights, make_trunk
from training.export import trace
from training.fit_spec import FitSpec
from training.model import FrameEncoder

NAME = "ImageNet start"


class ImageNetStart:
    """An `Encoder` that nothing of ours has taught: torch, not whitened, the projection drawn by `seed`.

    `EncoderError` when the weights are not installed.
    """

    fingerprint = "0" * 16

    def __init__(self, *, seed: int, fit: FitSpec | None = None) -> None:
        chosen = fit or FitSpec()
        self.spec = EncoderSpec(NAME, chosen.dim, chosen.preprocess)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            trunk = make_trunk(chosen.backbone, imagenet_weights(chosen.backbone))
            self._model = FrameEncoder(trunk, chosen.preprocess, chosen.dim, power=chosen.power).eval()

    def graph(self) -> bytes:
        """The same as ONNX, for measuring its pace as that of the others."""
        return bytes(trace(self._model, self.spec.preprocess).SerializeToString())

    def embed(self, batch: FrameBatch) -> VectorBatch:
        """See `Encoder.embed`."""
        check_batch(batch, self.spec)
        vectors = np.empty((len(batch), self.spec.dim), np.float32)
        for start in range(0, len(batch), CHUNK):
            part = np.ascontiguousarray(batch[start : start + CHUNK])
            with torch.inference_mode():
                vectors[start : start + CHUNK] = self._model(torch.from_numpy(part)).numpy()
        return vectors
