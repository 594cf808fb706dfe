from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.encoders.base import EncoderSpec, Fit, PreprocessSpec
from core.encoders.preprocess import Placement, check_batch, place, placement, prepare
from core.errors import EncoderError, PictureError
from core.video.reading import VideoReader
from tests.clips import ClipSpec, circle_ratio, drawing, drawings, write_clip

GROUND = (10, 200, 30)


def spec_of(fit: Fit, width: int = 288, height: int = 160) -> PreprocessSpec:
    return PreprocessSpec(width, height, fit, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), GROUND)


def is_ground(pixels: NDArray[np.uint8]) -> bool:
    return bool((pixels == np.array(GROUND, np.uint8)).all())


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("size", [(640, 360), (640, 480), (100, 100), (31, 500), (288, 160), (1, 1), (288, 20)])
def test_prepare_gives_the_encoders_size(fit: Fit, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    prepared = prepare(picture, spec_of(fit))
    assert prepared.shape == (160, 288, 3)
    assert prepared.dtype == np.uint8
    assert prepared.flags.c_contiguous


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    picture = drawing(5, 288, 160)
    for fit in Fit:
        assert np.array_equal(prepare(picture, spec_of(fit)), picture)


def test_pad_keeps_shapes_and_fills_evenly() -> None:
    prepared = prepare(drawing(0, 640, 480), spec_of(Fit.PAD))
    assert is_ground(prepared[:, :37])
    assert is_ground(prepared[:, -38:])
    assert not is_ground(prepared[:, 38:39])
    assert circle_ratio(prepared[:, 38:-38]) == pytest.approx(1, abs=0.06)


def test_cover_keeps_shapes_and_leaves_no_ground() -> None:
    prepared = prepare(drawing(0, 640, 480), spec_of(Fit.COVER))
    assert not (prepared == np.array(GROUND, np.uint8)).all(axis=2).any()
    whole = prepare(drawing(0, 640, 480), spec_of(Fit.PAD, 288, 216))
    assert np.abs(prepared.astype(int) - whole[28:188]).mean() < 3


def test_stretch_shows_the_whole_picture() -> None:
    prepared = prepare(drawing(0, 640, 480), spec_of(Fit.STRETCH))
    assert circle_ratio(prepared) == pytest.approx((288 / 640) / (160 / 480), rel=0.05)


def test_shrinking_averages() -> None:
    stripes = np.zeros((400, 720, 3), np.uint8)
    stripes[:, ::2] = 255
    for fit in Fit:
        prepared = prepare(stripes, spec_of(fit))
        assert np.abs(prepared.astype(int) - 128).max() <= 52
    tall = np.zeros((20, 720, 3), np.uint8)
    tall[:, ::2] = 255
    assert np.abs(prepare(tall, spec_of(Fit.STRETCH, 90)).astype(int) - 128).max() <= 2


@given(width=st.integers(1, 4000), height=st.integers(1, 4000), fit=st.sampled_from(Fit))
def test_placement_is_centred_and_fits_as_it_says(width: int, height: int, fit: Fit) -> None:
    where = placement(width, height, spec_of(fit))
    assert abs(2 * where.x + where.width - 288) <= 1
    assert abs(2 * where.y + where.height - 160) <= 1
    if fit is Fit.PAD:
        assert where.width <= 288
        assert where.height <= 160
        assert where.width == 288 or where.height == 160
    elif fit is Fit.COVER:
        assert where.width >= 288
        assert where.height >= 160
    else:
        assert where == Placement(0, 0, 288, 160)


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("size", [(640, 480), (640, 272), (320, 180), (200, 600)])
def test_scaling_to_the_placement_first_gives_the_same(fit: Fit, size: tuple[int, int]) -> None:
    picture, spec = drawing(9, *size), spec_of(fit)
    where = placement(*size, spec)
    shrinks = where.width <= size[0]
    scaled = cv2.resize(
        picture, (where.width, where.height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    difference = np.abs(place(np.asarray(scaled, np.uint8), spec).astype(int) - prepare(picture, spec))
    assert difference.mean() < 2.5


def test_a_frame_scaled_by_the_reader_is_the_picture_prepared(tmp_path: Path) -> None:
    pictures = drawings(3, 640, 480)
    path = write_clip(tmp_path / "clip.mp4", pictures, ClipSpec(options={"crf": "5", "preset": "ultrafast"}))
    spec = spec_of(Fit.PAD)
    with VideoReader(path) as video:
        where = placement(video.info.width, video.info.height, spec)
        read = [place(frame.rgb(where.width, where.height), spec) for frame in video.frames()]
    for frame, picture in zip(read, pictures, strict=True):
        assert np.abs(frame.astype(int) - prepare(picture, spec)).mean() < 6


def test_a_very_long_picture_needs_little_memory() -> None:
    strip = np.full((2, 60_000, 3), 77, np.uint8)
    assert prepare(strip, spec_of(Fit.COVER)).mean() == 77
    assert is_ground(prepare(strip, spec_of(Fit.PAD))[0])


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (5, 5), (5, 5, 4), (1, 5, 5, 3)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError):
        prepare(np.zeros(shape, np.uint8), spec_of(Fit.PAD))


def test_floats_are_refused() -> None:
    with pytest.raises(PictureError, match="float64"):
        prepare(np.zeros((4, 4, 3)), spec_of(Fit.PAD))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(1, 160, 288), (1, 288, 160, 3), (160, 288, 3), (1, 160, 288, 4)])
def test_a_batch_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(EncoderError, match=r"tiny takes frames of shape \(n, 160, 288, 3\)"):
        check_batch(np.zeros(shape, np.uint8), EncoderSpec("tiny", 4, spec_of(Fit.PAD)))
