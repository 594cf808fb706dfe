"""Augmentation: views of a frame as it might be posted, with random strengths and positions.

Augmentations have names; a recipe gives the probability of each. They are applied in the order in which pictures are
changed: cropped, recoloured, drawn over, shown on a page or a screen, and reduced in quality.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import cv2
import numpy as np

from core.errors import InputError
from core.pictures.pixels import Rgb, mirror
from training.distortion.benchmark_distortion import DistortionSpec, distort, random_crop
from training.distortion.views import colour, geometry, overlays, quality, screens
from training.distortion.views.geometry import Colour

Augmentation = Callable[[Rgb, np.random.Generator], Rgb]

_MIN_CROP_SHARE = 0.2
_PALE_PROBABILITY = 0.4
_LETTERS = "abcdefghijklmnopqrstuvwxyzäéñ"
_SYLLABLES = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわアイウエカキクケサシスタ人日本大"
    "私君今何見行来時年話学生先家手目心的是不了我你这好看啊哈"
)


def _words(rng: np.random.Generator, length: int) -> str:
    """Random text of about `length` letters, Latin or Japanese and Chinese."""
    if rng.random() < 0.4:
        return "".join(rng.choice(list(_SYLLABLES), max(2, length // 2)).tolist())
    letters = "".join(rng.choice(list(_LETTERS + " " * 6), length).tolist())
    return " ".join(letters.split()).capitalize() or "A"


def _any_colour(rng: np.random.Generator) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def _background(rng: np.random.Generator) -> Colour | None:
    """The background of bars and pages: nearly black, nearly white, any colour, or the blurred picture (`None`)."""
    kind = rng.random()
    if kind < 0.3:
        level = int(rng.integers(0, 40))
        return level, level, level
    if kind < 0.5:
        level = int(rng.integers(215, 256))
        return level, level, level
    return _any_colour(rng) if kind < 0.75 else None


def _published(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return distort(picture, DistortionSpec(), rng)


def _crop(picture: Rgb, rng: np.random.Generator) -> Rgb:
    kind = rng.random()
    share = float(np.exp(rng.uniform(np.log(_MIN_CROP_SHARE), 0)))
    if kind < 0.5:
        return geometry.cut(picture, share, float(rng.random()), float(rng.random()))
    height, width = picture.shape[:2]
    x, y, crop_width, crop_height = random_crop(width, height, share, rng)
    out = np.ascontiguousarray(picture[y : y + crop_height, x : x + crop_width])
    return geometry.resized(out, width, height) if kind < 0.8 else out


def _mirror(picture: Rgb, _rng: np.random.Generator) -> Rgb:
    return mirror(picture)


def _rotate(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return geometry.rotated(picture, float(rng.uniform(-8, 8)))


def _colour(picture: Rgb, rng: np.random.Generator) -> Rgb:
    changes: list[Callable[[Rgb], Rgb]] = [
        lambda rgb: colour.scaled(rgb, float(rng.uniform(0.5, 1.5))),
        lambda rgb: colour.contrasted(rgb, float(rng.uniform(0.6, 1.5))),
        lambda rgb: colour.gamma(rgb, float(np.exp(rng.uniform(-0.6, 0.6)))),
        lambda rgb: colour.saturated(rgb, float(rng.uniform(0.2, 2.0))),
        lambda rgb: colour.hue_turned(rgb, float(rng.uniform(-40, 40))),
        lambda rgb: colour.channels_scaled(rgb, (rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.2))),
    ]
    for number in rng.choice(len(changes), int(rng.integers(1, 4)), replace=False).tolist():
        picture = changes[number](picture)
    return picture


def _grayscale(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return colour.toned(picture, _any_colour(rng)) if rng.random() < 0.2 else colour.gray(picture)


def _tint(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return colour.tinted(picture, _any_colour(rng), float(rng.uniform(0.1, 0.5)))


def _subtitles(picture: Rgb, rng: np.random.Generator) -> Rgb:
    lines = [_words(rng, int(rng.integers(8, 36))) for _ in range(int(rng.integers(1, 3)))]
    shade: Colour = (255, 255, 255) if rng.random() < 0.7 else (250, 230, 80)
    return overlays.subtitle(picture, lines, height=float(rng.uniform(0.04, 0.09)), colour=shade)


def _meme(picture: Rgb, rng: np.random.Generator) -> Rgb:
    top, bottom = (_words(rng, int(rng.integers(5, 20))) if rng.random() < 0.75 else "" for _ in range(2))
    return overlays.meme_text(picture, top, bottom, height=float(rng.uniform(0.1, 0.22)))


def _danmaku(picture: Rgb, rng: np.random.Generator) -> Rgb:
    lines = [
        (
            _words(rng, int(rng.integers(4, 16))),
            float(rng.random()),
            float(rng.uniform(0.03, 0.7)),
            (255, 255, 255) if rng.random() < 0.6 else _any_colour(rng),
        )
        for _ in range(int(rng.integers(3, 14)))
    ]
    return overlays.danmaku(picture, lines, height=float(rng.uniform(0.035, 0.07)))


def _watermark(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return overlays.watermark(
        picture,
        _words(rng, int(rng.integers(4, 12))),
        float(rng.uniform(0.1, 0.9)),
        float(rng.uniform(0.05, 0.95)),
        height=float(rng.uniform(0.04, 0.2)),
        opacity=float(rng.uniform(0.2, 0.8)),
    )


def _player(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return overlays.player_controls(picture, float(rng.random()), button=bool(rng.random() < 0.5), bar=_any_colour(rng))


def _stickers(picture: Rgb, rng: np.random.Generator) -> Rgb:
    places = [
        (float(rng.random()), float(rng.random()), float(rng.uniform(0.05, 0.18)), _any_colour(rng))
        for _ in range(int(rng.integers(1, 4)))
    ]
    return overlays.stickers(picture, places)


def _letterbox(picture: Rgb, rng: np.random.Generator) -> Rgb:
    bars, beside = float(rng.uniform(0.04, 0.4)), bool(rng.random() < 0.3)
    return geometry.letterbox(picture, bars, _background(rng), beside=beside)


def _phone(picture: Rgb, rng: np.random.Generator) -> Rgb:
    spec = screens.PhoneSpec(
        shape=float(rng.uniform(1.5, 2.2)),
        down=float(rng.beta(2, 2)),
        ground=_background(rng),
        with_app=bool(rng.random() < 0.5),
        width=360,
    )
    return screens.phone_portrait(picture, spec)


def _page(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """The picture on a larger one: on a page of one colour with boxes, or on the blurred picture."""
    height, width = picture.shape[:2]
    shade = _background(rng)
    ground = geometry.blurred_fill(picture, width, height) if shade is None else geometry.canvas(width, height, shade)
    for _ in range(int(rng.integers(0, 9))):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        size = (x + int(rng.integers(8, max(9, width // 2))), y + int(rng.integers(2, max(3, height // 8))))
        cv2.rectangle(ground, (x, y), size, _any_colour(rng), -1)
    side = float(rng.uniform(0.35, 0.85))
    return geometry.picture_in_picture(picture, ground, side, float(rng.random()), float(rng.random()))


def _photo(picture: Rgb, rng: np.random.Generator) -> Rgb:
    corners = rng.uniform(-0.03, 0.1, (4, 2)) * np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    spec = screens.PhotoSpec(
        corners=tuple((float(x), float(y)) for x, y in corners),
        moire=float(rng.uniform(0, 10)),
        period=float(rng.uniform(2.2, 6)),
        glare=float(rng.uniform(0, 0.5)),
        glare_at=(float(rng.random()), float(rng.random())),
        cast=(float(rng.uniform(0.8, 1.1)), float(rng.uniform(0.85, 1.1)), float(rng.uniform(0.8, 1.15))),
        ground=_any_colour(rng) if rng.random() < _PALE_PROBABILITY else (28, 26, 24),
    )
    return screens.photo_of_screen(picture, spec)


def _blur(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return quality.blurred(picture, float(rng.uniform(0.001, 0.008)))


def _resize(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return quality.thumbnail(picture, int(rng.integers(80, max(81, picture.shape[1]))))


def _jpeg(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return quality.jpeg(picture, int(rng.integers(6, 70)))


def _noise(picture: Rgb, rng: np.random.Generator) -> Rgb:
    return quality.noisy(picture, float(rng.uniform(2, 16)), rng)


AUGMENTATIONS: Mapping[str, Augmentation] = MappingProxyType(
    {
        "published": _published,
        "crop": _crop,
        "mirror": _mirror,
        "rotate": _rotate,
        "colour": _colour,
        "grayscale": _grayscale,
        "tint": _tint,
        "subtitles": _subtitles,
        "meme": _meme,
        "danmaku": _danmaku,
        "watermark": _watermark,
        "player": _player,
        "stickers": _stickers,
        "letterbox": _letterbox,
        "phone": _phone,
        "page": _page,
        "photo": _photo,
        "blur": _blur,
        "resize": _resize,
        "jpeg": _jpeg,
        "noise": _noise,
    }
)
"""By name, in the order in which they are applied."""

_SURROUNDINGS = ("letterbox", "phone", "page", "photo")
"""At most one of these is applied: a picture on a page on a phone can no longer be recognised."""

POSTED_PROBABILITIES: Mapping[str, float] = MappingProxyType(
    {
        "crop": 0.65,
        "mirror": 0.2,
        "rotate": 0.05,
        "colour": 0.45,
        "grayscale": 0.12,
        "tint": 0.1,
        "subtitles": 0.12,
        "meme": 0.12,
        "danmaku": 0.05,
        "watermark": 0.06,
        "player": 0.06,
        "stickers": 0.04,
        "letterbox": 0.12,
        "phone": 0.12,
        "page": 0.08,
        "photo": 0.08,
        "blur": 0.08,
        "resize": 0.15,
        "jpeg": 0.3,
        "noise": 0.05,
    }
)
"""The recipe of posted pictures: the probability of each augmentation."""


@dataclass(frozen=True, slots=True)
class AugmentSpec:
    """The probability of each augmentation, 0..1 by name. `InputError` for an unknown name or another number."""

    probabilities: Mapping[str, float] = field(default_factory=lambda: dict(POSTED_PROBABILITIES))

    def __post_init__(self) -> None:
        for name, probability in self.probabilities.items():
            if name not in AUGMENTATIONS:
                raise InputError(f"There is no augmentation named {name}: choose from {', '.join(AUGMENTATIONS)}.")
            if not 0 <= probability <= 1:
                raise InputError(f"The augmentation {name} must be used with probability 0 to 1, not {probability}.")


def augment(picture: Rgb, spec: AugmentSpec, rng: np.random.Generator) -> Rgb:
    """One view of a picture, RGB (h, w, 3) uint8 of some other size; the same `rng` gives the same view."""
    surrounding = _drawn_surrounding(spec.probabilities, rng)
    for name, change in AUGMENTATIONS.items():
        used = name == surrounding if name in _SURROUNDINGS else rng.random() < spec.probabilities.get(name, 0)
        if used:
            picture = change(picture, rng)
    return picture


def _drawn_surrounding(probabilities: Mapping[str, float], rng: np.random.Generator) -> str | None:
    """The name of the surrounding that the picture is shown in, if any."""
    weights = np.array([probabilities.get(name, 0) for name in _SURROUNDINGS])
    drawn, total = float(rng.random()), float(weights.sum())
    if drawn >= min(1.0, total):
        return None
    return _SURROUNDINGS[int(np.searchsorted(np.cumsum(weights), drawn * max(1.0, total), side="right"))]
