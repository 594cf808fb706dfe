"""Reranking: the right scenes pass, others fail, and a missing stored picture is no error."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.domain import FileId
from core.keypoints.detector import KeypointDetector, open_detector
from core.library.still_cache import StillCache
from core.library.stills import StillsWriter
from core.retrieval.scene_grouping import SceneCandidate
from core.timecode import Millis
from core.verification.scene_verifier import SceneVerifier
from tests.clips import drawing

SIZE = (320, 180)


@pytest.fixture(scope="module")
def detector() -> KeypointDetector:
    return open_detector(threads=1)


@pytest.fixture
def stills(tmp_path: Path) -> Iterator[StillCache]:
    """File 1 shows shot 1, file 2 shot 2, file 3 shot 1 again; file 4 has no pack and the one of file 5 is damaged."""
    for file, shot in ((1, 1), (2, 2), (3, 1)):
        with StillsWriter(tmp_path / f"{file}.pack", quality=80) as writer:
            writer.add(Millis(1000), drawing(0, *SIZE, shot=shot))
            writer.commit()
    (tmp_path / "5.pack").write_bytes(b"WASTILLS and no more")
    stills = StillCache(lambda file: tmp_path / f"{file}.pack")
    yield stills
    stills.close()


def _scene(file: int, at_ms: int = 1000, view: int = 0) -> SceneCandidate:
    return SceneCandidate(FileId(file), Millis(0), Millis(at_ms), Millis(2000), 0.9, view)


def _pixels(*views: NDArray[np.uint8]) -> Callable[[int], NDArray[np.uint8]]:
    return lambda view: views[view]


def test_the_frame_that_the_picture_is_a_part_of_holds_and_another_does_not(
    detector: KeypointDetector, stills: StillCache
) -> None:
    whole = drawing(0, 640, 360, shot=1)
    cut = whole[60:320, 120:560]
    verifier = SceneVerifier(detector, stills, _pixels(cut, whole[:, ::-1]))
    right, wrong = verifier.verify(_scene(1)), verifier.verify(_scene(2))
    assert right is not None
    assert right.verification is not None
    assert right.still_size == SIZE
    box = right.verification.box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(
        (120 / 640, 1 / 6, 560 / 640, 320 / 360), abs=0.03
    )
    assert wrong is not None
    assert right.score > 0.4
    assert wrong.score < 0.25


def test_a_scene_that_was_found_by_the_wrong_one_of_two_mirror_images_holds_by_the_other(
    detector: KeypointDetector, stills: StillCache
) -> None:
    whole = drawing(0, 640, 360, shot=1)
    verifier = SceneVerifier(detector, stills, _pixels(np.ascontiguousarray(whole[:, ::-1]), whole))
    verified = verifier.verify(_scene(1, view=0))
    assert verified is not None
    assert (verified.view, verified.score > 0.4) == (1, True)


def test_each_view_is_described_once(detector: KeypointDetector, stills: StillCache) -> None:
    views: list[int] = []
    whole = drawing(0, 640, 360, shot=1)

    def pixels(view: int) -> NDArray[np.uint8]:
        views.append(view)
        return whole if view == 0 else np.ascontiguousarray(whole[:, ::-1])

    verifier = SceneVerifier(detector, stills, pixels)
    for file in (1, 2, 3):
        verifier.verify(_scene(file))
    assert sorted(views) == [0, 1]


@pytest.mark.parametrize("scene", [_scene(4), _scene(5), _scene(1, at_ms=1500)])
def test_without_a_stored_picture_nothing_is_claimed(
    detector: KeypointDetector, stills: StillCache, scene: SceneCandidate
) -> None:
    verifier = SceneVerifier(detector, stills, _pixels(drawing(0, 640, 360, shot=1)))
    assert verifier.verify(scene) is None
    assert not verifier.same_shot(scene, _scene(1))


def test_the_same_drawing_in_another_file_is_the_same_shot(detector: KeypointDetector, stills: StillCache) -> None:
    verifier = SceneVerifier(detector, stills, _pixels(drawing(0, 640, 360, shot=1)))
    assert verifier.same_shot(_scene(1), _scene(3))
    assert not verifier.same_shot(_scene(1), _scene(2))


def test_a_picture_that_is_alike_left_and_right_is_not_called_mirrored(
    detector: KeypointDetector, tmp_path: Path
) -> None:
    half = drawing(0, *SIZE, shot=1)[:, : SIZE[0] // 2]
    symmetric = np.ascontiguousarray(np.hstack([half, half[:, ::-1]]))
    symmetric[20:40, 40:80] = (250, 250, 250)  # but for one thing
    with StillsWriter(tmp_path / "6.pack", quality=80) as writer:
        writer.add(Millis(1000), symmetric)
        writer.commit()
    stills = StillCache(lambda file: tmp_path / f"{file}.pack")
    verifier = SceneVerifier(detector, stills, _pixels(symmetric, np.ascontiguousarray(symmetric[:, ::-1])))
    check = verifier.verify(_scene(6, view=1))
    stills.close()
    assert check is not None
    assert check.score > 0.25
    assert not check.shows_mirrored
