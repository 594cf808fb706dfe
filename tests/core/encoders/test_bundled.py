"""The encoder that comes with the program is small, sound, and knows a frame again."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.encoders.base import Encoder
from core.encoders.loading import BUNDLED, open_encoder
from core.encoders.preprocess import prepare
from tests.clips import drawing

SHOTS = 24


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(None, runtime="onnx")


@pytest.fixture(scope="module")
def drawn() -> list[NDArray[np.uint8]]:
    return [_scene(shot) for shot in range(SHOTS)]


def _scene(shot: int) -> NDArray[np.uint8]:
    """A drawing with outlines of its own over its blocks."""
    rng = np.random.default_rng(shot)
    scene = cv2.GaussianBlur(drawing(shot, 640, 360, shot=shot), (0, 0), 6)
    for _ in range(7):
        centre = (int(rng.integers(60, 580)), int(rng.integers(40, 320)))
        axes = (int(rng.integers(15, 90)), int(rng.integers(15, 90)))
        colour = [int(part) for part in rng.integers(0, 256, 3)]
        cv2.ellipse(scene, centre, axes, float(rng.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
        cv2.ellipse(scene, centre, axes, float(rng.integers(180)), 0, 300, (15, 15, 15), 3, cv2.LINE_AA)
    return np.asarray(scene, dtype=np.uint8)


def embed(encoder: Encoder, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    return encoder.embed(np.stack([prepare(picture, encoder.spec.preprocess) for picture in pictures]))


def nearest(encoder: Encoder, drawn: list[NDArray[np.uint8]], queries: list[NDArray[np.uint8]]) -> list[int]:
    """For each seen picture the drawn one that is nearest to it or to its mirror image."""
    indexed = embed(encoder, drawn)
    mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in queries]
    similarity = np.maximum(embed(encoder, queries) @ indexed.T, embed(encoder, mirrored) @ indexed.T)
    return [int(best) for best in similarity.argmax(axis=1)]


def test_it_is_small_and_says_what_it_is() -> None:
    assert (BUNDLED / "model.onnx").stat().st_size <= 12_000_000
    card = (BUNDLED / "CARD.md").read_text("utf-8")
    assert "Apache-2.0" in card
    assert open_encoder(None, runtime="onnx").fingerprint in card


def test_vectors_have_length_one(encoder: Encoder, drawn: list[NDArray[np.uint8]]) -> None:
    vectors = embed(encoder, drawn)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert (vectors @ vectors.T - np.eye(SHOTS)).max() < 0.95


def test_a_crop_is_known_again(encoder: Encoder, drawn: list[NDArray[np.uint8]]) -> None:
    assert nearest(encoder, drawn, [scene[40:330, 70:600] for scene in drawn]) == list(range(SHOTS))


def test_a_mirror_image_is_known_again(encoder: Encoder, drawn: list[NDArray[np.uint8]]) -> None:
    mirrored = [np.ascontiguousarray(scene[20:340, 620:60:-1]) for scene in drawn]
    assert nearest(encoder, drawn, mirrored) == list(range(SHOTS))


def test_a_small_bad_copy_is_known_again(encoder: Encoder, drawn: list[NDArray[np.uint8]]) -> None:
    copies = []
    for scene in drawn:
        small = cv2.resize(scene, (240, 135), interpolation=cv2.INTER_AREA)
        _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 25])
        darker = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.float32) * 0.85
        copies.append(darker.astype(np.uint8))
    assert nearest(encoder, drawn, copies) == list(range(SHOTS))
