"""Embedders with known results, hand-made collections, and a small encoder."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from core.encoders.base import EncoderSpec, Fit, PreprocessSpec
from core.encoders.spec import MODEL_NAME, write_spec
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import Rgb
from training.evaluation.collection import Collection, LabelledFrame

WIDTH, HEIGHT = 32, 18


class GreyLevelEmbedder:
    """Embeds a picture as its mean grey level; near levels are similar. Counts its pictures."""

    name = "levels"

    def __init__(self) -> None:
        self.picture_count = 0

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        self.picture_count += len(pictures)
        return np.array([[round(float(picture.mean()))] for picture in pictures], np.float32)

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(-np.abs(queries - frames.T), np.float32)


class ConstantEmbedder(GreyLevelEmbedder):
    """Gives the same vector for every picture."""

    name = "constant"

    def __init__(self, value: float = 1.0) -> None:
        super().__init__()
        self._value = value

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        self.picture_count += len(pictures)
        return np.full((len(pictures), 3), self._value, np.float32)

    def similarity(self, queries: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32]:
        return queries @ frames.T


class ThumbnailEmbedder(ConstantEmbedder):
    """Thumbnails minus their mean, scaled to length 1."""

    name = "thumbnails"

    def embed(self, pictures: Sequence[Rgb]) -> NDArray[np.float32]:
        small = [cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for picture in pictures]
        flat = np.stack(small).reshape(len(pictures), -1).astype(np.float32)
        flat -= flat.mean(axis=1, keepdims=True)
        return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True), np.float32)


def grey_frame(level: int, *, file: int = 0, show: str = "", shot: int = 0, time_ms: int = 0) -> LabelledFrame:
    """A grey picture."""
    picture = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
    return LabelledFrame(file, show or f"show {file}", shot, time_ms, encode_jpeg(picture, 95))


def collection(frames: Sequence[LabelledFrame], queries: Sequence[LabelledFrame]) -> Collection:
    """A collection of these frames, which are ordered by file."""
    return Collection(tuple(frames), tuple(queries), tuple(sorted({str(frame.file) for frame in frames})))


def small_encoder(folder: Path, name: str = "small") -> Path:
    """An encoder with the vectors of `ThumbnailEmbedder`, as a folder with model.onnx and spec.json."""
    dim = WIDTH * HEIGHT * 3
    nodes = [
        helper.make_node("Cast", ["frames"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"]),
        helper.make_node("ReduceMean", ["flat", "axes"], ["mean"], keepdims=1),
        helper.make_node("Sub", ["flat", "mean"], ["less"]),
        helper.make_node("LpNormalization", ["less"], ["vectors"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, ["n", HEIGHT, WIDTH, 3])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", dim])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
    )
    folder.mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (folder / MODEL_NAME).write_bytes(model.SerializeToString())
    onnx.checker.check_model(model)
    colours = (0.5, 0.5, 0.5)
    write_spec(EncoderSpec(name, dim, PreprocessSpec(WIDTH, HEIGHT, Fit.STRETCH, colours, colours)), folder)
    return folder
