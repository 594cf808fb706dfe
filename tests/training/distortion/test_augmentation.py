"""Views of frames: each augmentation, the recipe, and the fixed distortions of the sweep."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import InputError
from tests.episodes import scene_frame
from training.distortion.augmentation import AUGMENTATIONS, POSTED_PROBABILITIES, AugmentSpec, augment
from training.distortion.sweep import SWEEP
from training.distortion.views import colour, geometry, overlays, quality, screens

PICTURE = scene_frame(5, 3)  # 320 x 180


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_augmentation_changes_the_picture_and_can_be_repeated(name: str) -> None:
    before = PICTURE.copy()
    views = [AUGMENTATIONS[name](PICTURE, rng(seed)) for seed in range(6)]
    assert np.array_equal(PICTURE, before)
    for seed, view in enumerate(views):
        assert view.dtype == np.uint8
        assert view.ndim == 3
        assert min(view.shape[:2]) >= 8
        assert np.array_equal(view, AUGMENTATIONS[name](PICTURE, rng(seed)))
    assert any(view.shape != PICTURE.shape or not np.array_equal(view, PICTURE) for view in views)


@pytest.mark.parametrize("size", [(2, 2), (17, 300), (300, 17)])
def test_pictures_of_any_shape_can_be_posted(size: tuple[int, int]) -> None:
    picture = rng().integers(0, 256, (*size, 3), np.uint8)
    for seed in range(40):
        assert augment(picture, AugmentSpec(), rng(seed)).size > 0


def test_a_recipe_uses_what_it_names_as_often_as_it_says() -> None:
    assert augment(PICTURE, AugmentSpec({}), rng()) is PICTURE
    grays = [augment(PICTURE, AugmentSpec({"grayscale": 0.3, "mirror": 0.0}), rng(seed)) for seed in range(400)]
    share = np.mean([not np.array_equal(view, PICTURE) for view in grays])
    assert 0.2 < share < 0.4
    frames = [augment(PICTURE, AugmentSpec({"letterbox": 0.1, "phone": 0.3}), rng(seed)) for seed in range(400)]
    tall = np.mean([view.shape[0] > 1.4 * view.shape[1] for view in frames])
    assert 0.2 < tall < 0.4
    assert np.mean([view.shape != PICTURE.shape for view in frames]) > tall


def test_what_lies_in_two_frames_never_happens() -> None:
    probabilities = {"letterbox": 1.0, "phone": 1.0}
    for seed in range(20):
        view = augment(PICTURE, AugmentSpec(probabilities), rng(seed))
        assert (view.shape[1] == 360) != (view.shape[0] == 180 or view.shape[1] == 320)


@pytest.mark.parametrize(
    ("probabilities", "message"), [({"crops": 0.5}, "named crops"), ({"crop": 1.5}, "crop must be used")]
)
def test_a_recipe_that_cannot_be_is_named(probabilities: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        AugmentSpec(probabilities)


def test_the_posted_recipe_names_augmentations() -> None:
    assert set(POSTED_PROBABILITIES) == set(AUGMENTATIONS) - {"published"}


@pytest.mark.parametrize("name", SWEEP)
def test_the_sweep_leaves_the_picture_itself_alone(name: str) -> None:
    before = PICTURE.copy()
    view = SWEEP[name](PICTURE, rng())
    assert np.array_equal(PICTURE, before)
    assert (name == "clean") == (view.shape == PICTURE.shape and np.array_equal(view, PICTURE))
    assert np.array_equal(view, SWEEP[name](PICTURE, rng()))


def test_crops_keep_their_share_and_shape() -> None:
    part = geometry.cut(PICTURE, 0.25, across=1, down=0)
    assert part.shape == (90, 160, 3)
    assert np.array_equal(part, PICTURE[:90, 160:])


def test_bars_lie_where_they_are_said_to() -> None:
    barred = geometry.letterbox(PICTURE, 0.5, (1, 2, 3))
    assert barred.shape == (360, 320, 3)
    assert np.array_equal(barred[90:270], PICTURE)
    assert (barred[:90] == (1, 2, 3)).all()
    beside = geometry.letterbox(PICTURE, 0.25, None, beside=True)
    assert beside.shape == (180, 480, 3)
    assert np.array_equal(beside[:, 80:400], PICTURE)
    assert beside[:, :80].std() > 1


def test_a_phone_shows_the_picture_across_its_width() -> None:
    screen = screens.phone_portrait(PICTURE, screens.PhoneSpec(shape=2, down=0, width=320))
    assert screen.shape == (640, 320, 3)
    assert np.array_equal(screen[:180], PICTURE)
    assert not screen[180:].any()
    dressed = screens.phone_portrait(PICTURE, screens.PhoneSpec(shape=2, down=0, width=320, with_app=True))
    assert dressed[180:].any()
    assert np.array_equal(dressed[:180], PICTURE)


def test_colours_change_as_named() -> None:
    gray = colour.gray(PICTURE)
    assert np.array_equal(gray[..., 0], gray[..., 2])
    assert np.abs(colour.scaled(PICTURE, 0.5).astype(int) - PICTURE / 2).max() <= 1
    assert np.array_equal(colour.tinted(PICTURE, (9, 9, 9), 0), PICTURE)
    assert (colour.tinted(PICTURE, (9, 9, 9), 1) == 9).all()
    red: NDArray[np.uint8] = np.full((4, 4, 3), (200, 20, 20), np.uint8)
    assert colour.hue_turned(red, 120)[0, 0].argmax() == 1
    assert np.abs(colour.saturated(PICTURE, 0).astype(int) - gray).max() <= 1


def test_text_is_drawn_where_it_is_said_to_be_in_any_writing() -> None:
    plain = geometry.canvas(400, 200, (90, 90, 90))
    for text in ("Hello", "こんにちは", "你好世界", "Привет"):
        drawn = overlays.draw_text(plain, text, 0.5, 0.25, 0.1)
        changed = np.argwhere((drawn != plain).any(axis=2))
        assert len(changed) > 100
        assert np.allclose(changed.mean(axis=0), (50, 200), atol=12)


def test_losing_quality_keeps_the_size_or_says_it() -> None:
    assert quality.jpeg(PICTURE, 10).shape == PICTURE.shape
    assert quality.thumbnail(PICTURE, 120).shape == (68, 120, 3)
    assert np.abs(quality.noisy(PICTURE, 5, rng()).astype(int) - PICTURE).mean() < 10
