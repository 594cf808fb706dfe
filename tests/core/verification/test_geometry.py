"""Geometric verification: pictures that pass, and pictures that must not."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import EncoderError, PictureError
from core.keypoints.detector import POINT_LIMITS, KeypointDetector, Keypoints, open_detector
from core.pictures.pixels import Rgb, mirror
from core.verification.geometry import Verification, verify
from training.distortion.views import colour, geometry, overlays, quality, screens

LINES = ("I told you not to open that door,", "but you never listen to me.")


@pytest.fixture(scope="module")
def detector() -> KeypointDetector:
    return open_detector()


@pytest.fixture(scope="module")
def still(detector: KeypointDetector) -> Keypoints:
    return detector.detect_still(quality.jpeg(_scene(0, 256, 144), 80))


def _scene(shot: int, width: int = 640, height: int = 360) -> Rgb:
    """Flat shapes with dark outlines, as cartoons are drawn; unlike from shot to shot."""
    rng = np.random.default_rng(shot)
    picture = np.full((720, 1280, 3), rng.integers(60, 220, 3), np.uint8)
    for _ in range(70):
        middle, size = rng.uniform((0, 0), (1280, 720)), rng.uniform(20, 160)
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
        corners = middle + size * rng.uniform(0.4, 1, (len(angles), 1)) * np.stack([np.cos(angles), np.sin(angles)], 1)
        cv2.fillPoly(picture, [corners.astype(np.int32)], rng.integers(0, 256, 3).tolist(), cv2.LINE_AA)
        cv2.polylines(picture, [corners.astype(np.int32)], True, (20, 20, 30), 4, cv2.LINE_AA)
    return geometry.resized(picture, width, height)


def _verified(detector: KeypointDetector, picture: Rgb, still: Keypoints) -> Verification:
    verification = verify(detector.detect(picture), still)
    assert verification is not None
    return verification


def _at(verification: Verification, x: float, y: float) -> NDArray[np.float64]:
    place = verification.matrix @ (x, y, 1)
    return np.asarray(place[:2] / place[2], np.float64)


def test_the_frame_itself_fills_the_whole_box(detector: KeypointDetector, still: Keypoints) -> None:
    verification = _verified(detector, _scene(0), still)
    box = (verification.box.left, verification.box.top, verification.box.right, verification.box.bottom)
    assert box == pytest.approx((0, 0, 1, 1), abs=0.02)
    assert _at(verification, 320, 90) == pytest.approx((128, 36), abs=2)
    assert verification.inliers >= 20
    assert verification.agreement > 0.9
    assert 0.5 < verification.score <= 1


def test_the_box_says_which_part_a_cut_shows(detector: KeypointDetector, still: Keypoints) -> None:
    verification = _verified(detector, _scene(0, 1280, 720)[180:630, 320:1120], still)
    box = (verification.box.left, verification.box.top, verification.box.right, verification.box.bottom)
    assert box == pytest.approx((320 / 1280, 180 / 720, 1120 / 1280, 630 / 720), abs=0.03)
    assert _at(verification, 0, 0) == pytest.approx((64, 36), abs=3)


def test_a_frame_inside_a_telephone_shows_all_of_it(detector: KeypointDetector, still: Keypoints) -> None:
    spec = screens.PhoneSpec(shape=19.5 / 9, down=0.3, ground=(24, 24, 28), with_app=True)
    verification = _verified(detector, screens.phone_portrait(_scene(0), spec), still)
    box = (verification.box.left, verification.box.top, verification.box.right, verification.box.bottom)
    assert box == pytest.approx((0, 0, 1, 1), abs=0.03)


@pytest.mark.parametrize(
    "change",
    [
        colour.gray,
        lambda picture: colour.scaled(picture, 0.6),
        lambda picture: colour.tinted(picture, (255, 150, 60), 0.3),
        lambda picture: quality.jpeg(picture, 10),
        lambda picture: overlays.subtitle(picture, LINES),
        lambda picture: geometry.resized(picture, 640, 640),
        lambda picture: screens.photo_of_screen(picture, screens.PhotoSpec()),
    ],
    ids=["gray", "dark", "tint", "JPEG 10", "subtitle", "stretched", "photo of a screen"],
)
def test_what_people_do_to_frames_still_verifies(
    detector: KeypointDetector, still: Keypoints, change: Callable[[Rgb], Rgb]
) -> None:
    verification = _verified(detector, change(_scene(0)), still)
    assert verification.agreement > 0.5
    assert verification.score > 0.3


def test_a_right_frame_scores_above_one_with_a_part_of_it_covered(detector: KeypointDetector, still: Keypoints) -> None:
    covered = _scene(0).copy()
    covered[:, :320] = _scene(5)[:, :320]
    whole, part = _verified(detector, _scene(0), still), verify(detector.detect(covered), still)
    assert part is None or part.score < whole.score


@pytest.mark.parametrize("shot", range(1, 7))
def test_another_scene_does_not_verify(detector: KeypointDetector, still: Keypoints, shot: int) -> None:
    assert verify(detector.detect(_scene(shot)), still) is None


def test_a_slanted_frame_does_not_verify_unless_it_is_little(detector: KeypointDetector, still: Keypoints) -> None:
    for slant, holds in ((0.15, True), (0.5, False)):
        matrix = np.array([[1, slant, -180 * slant], [0, 1, 0]], np.float32)
        picture = np.asarray(cv2.warpAffine(_scene(0), matrix, (640, 360)), np.uint8)
        assert (verify(detector.detect(picture), still) is not None) is holds


def test_a_mirror_image_does_not_verify_until_it_is_turned_back(detector: KeypointDetector, still: Keypoints) -> None:
    mirrored = mirror(_scene(0))
    assert verify(detector.detect(mirrored), still) is None
    assert verify(detector.detect(mirror(mirrored)), still) is not None


@pytest.mark.parametrize("shots", [(1, 2), (3, 4)])
def test_the_same_subtitle_on_two_scenes_does_not_verify(detector: KeypointDetector, shots: tuple[int, int]) -> None:
    first, second = (overlays.subtitle(_scene(shot), LINES) for shot in shots)
    assert verify(detector.detect(first), detector.detect(second)) is None


def test_the_same_subtitle_in_the_dark_does_not_verify(detector: KeypointDetector) -> None:
    first, second = (np.full((360, 640, 3), shade, np.uint8) for shade in (6, 14))
    titled = [detector.detect(overlays.subtitle(picture, LINES)) for picture in (first, second)]
    assert len(titled[0]) > 20
    assert verify(titled[0], titled[1]) is None


def test_the_same_mark_in_a_corner_does_not_verify(detector: KeypointDetector) -> None:
    mark = _scene(9, 112, 63)
    marked = []
    for shot in (1, 2):
        picture = cv2.GaussianBlur(_scene(shot), (0, 0), 12)
        picture[16:79, 512:624] = mark
        marked.append(detector.detect(np.asarray(picture, np.uint8)))
    assert min(map(len, marked)) > 10
    assert verify(marked[0], marked[1]) is None


def test_a_plain_picture_has_no_points_and_does_not_verify(detector: KeypointDetector, still: Keypoints) -> None:
    plain = detector.detect(np.full((90, 160, 3), 70, np.uint8))
    assert len(plain) == 0
    assert verify(plain, still) is None
    assert verify(still, plain) is None


def test_points_are_in_pixels_of_the_picture_that_was_given(detector: KeypointDetector) -> None:
    small, large = detector.detect(_scene(0, 480, 270)), detector.detect(_scene(0, 1920, 1080))
    assert (large.width, large.height) == (1920, 1080)
    assert large.points.max(axis=0) == pytest.approx(4 * small.points.max(axis=0), abs=40)
    assert max(large.luma.shape) == 160
    assert len(large) <= sum(POINT_LIMITS.values())
    assert np.linalg.norm(large.descriptors, axis=1) == pytest.approx(1, abs=1e-4)


def test_judging_twice_gives_the_same(detector: KeypointDetector, still: Keypoints) -> None:
    query = detector.detect(geometry.cut(_scene(0), 0.4, 0.2, 0.7))
    first, second = verify(query, still), verify(query, still)
    assert first is not None
    assert second is not None
    assert first.inliers == second.inliers
    assert first.matrix == pytest.approx(second.matrix)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (2000, 9)])
def test_pictures_of_strange_shapes_are_described(detector: KeypointDetector, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    keypoints = detector.detect(noise)
    assert keypoints.descriptors.shape == (len(keypoints), 64)


def test_what_is_not_a_picture_is_refused(detector: KeypointDetector) -> None:
    with pytest.raises(PictureError, match="must be RGB"):
        detector.detect(np.zeros((20, 20), np.uint8))


def test_a_network_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"model\.onnx cannot be read"):
        open_detector(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(EncoderError, match=r"model\.onnx cannot be loaded"):
        open_detector(tmp_path)
