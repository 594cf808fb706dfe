"""The distortions that an encoder is evaluated under, one at a time, each at a fixed strength.

Positions in the picture are random, strengths are not.
`crop 50 %` keeps half of the area.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from core.pictures.pixels import Rgb, mirror
from training.distortion.benchmark_distortion import DistortionSpec, distort
from training.distortion.views import colour, geometry, overlays, quality, screens

Distortion = Callable[[Rgb, np.random.Generator], Rgb]
_SUBTITLE = ("I told you not to open that door,", "but you never listen to me.")
_GROUND = (66, 64, 72)


def _cut(share: float) -> Distortion:
    return lambda picture, rng: geometry.cut(picture, share, float(rng.random()), float(rng.random()))


def _fixed(change: Callable[[Rgb], Rgb]) -> Distortion:
    return lambda picture, _rng: change(picture)


def _noise_ground(picture: Rgb) -> Rgb:
    """The page around a small picture: plain with a few lines and boxes."""
    height, width = picture.shape[:2]
    ground = geometry.canvas(width, height, (236, 238, 240))
    ground[: height // 10] = _GROUND
    for row in range(height // 5, height, height // 9):
        ground[row : row + max(1, height // 60), width // 20 : width // 2] = (180, 182, 186)
    return ground


SWEEP: Mapping[str, Distortion] = MappingProxyType(
    {
        "clean": _fixed(lambda picture: picture),
        "seed": lambda picture, rng: distort(picture, DistortionSpec(), rng),
        "crop 90 %": _cut(0.9),
        "crop 80 %": _cut(0.8),
        "crop 70 %": _cut(0.7),
        "crop 50 %": _cut(0.5),
        "crop 30 %": _cut(0.3),
        "crop 25 %": _cut(0.25),
        "mirror": _fixed(mirror),
        "mirror + crop 60 %": lambda picture, rng: mirror(_cut(0.6)(picture, rng)),
        "brightness -40 %": _fixed(lambda picture: colour.scaled(picture, 0.6)),
        "brightness -20 %": _fixed(lambda picture: colour.scaled(picture, 0.8)),
        "brightness +20 %": _fixed(lambda picture: colour.scaled(picture, 1.2)),
        "brightness +40 %": _fixed(lambda picture: colour.scaled(picture, 1.4)),
        "gray": _fixed(colour.gray),
        "tint": _fixed(lambda picture: colour.tinted(picture, (255, 150, 60), 0.3)),
        "hue +30": _fixed(lambda picture: colour.hue_turned(picture, 30)),
        "saturation x1.5": _fixed(lambda picture: colour.saturated(picture, 1.5)),
        "JPEG 30": _fixed(lambda picture: quality.jpeg(picture, 30)),
        "JPEG 10": _fixed(lambda picture: quality.jpeg(picture, 10)),
        "blur": _fixed(lambda picture: quality.blurred(picture, 0.006)),
        "thumbnail 120 px": _fixed(lambda picture: quality.thumbnail(picture, 120)),
        "bars black": _fixed(lambda picture: geometry.letterbox(picture, 1 / 6, (0, 0, 0))),
        "bars white": _fixed(lambda picture: geometry.letterbox(picture, 1 / 6, (255, 255, 255))),
        "bars blurred": _fixed(lambda picture: geometry.letterbox(picture, 1 / 6, None)),
        "phone portrait": _fixed(lambda picture: screens.phone_portrait(picture, screens.PhoneSpec())),
        "phone portrait, app": _fixed(
            lambda picture: screens.phone_portrait(
                picture, screens.PhoneSpec(shape=19.5 / 9, down=0.3, ground=(24, 24, 28), with_app=True)
            )
        ),
        "subtitle": _fixed(lambda picture: overlays.subtitle(picture, _SUBTITLE)),
        "meme text": _fixed(lambda picture: overlays.meme_text(picture, "when you forget", "your homework")),
        "picture in picture": lambda picture, rng: geometry.picture_in_picture(
            picture, _noise_ground(picture), 0.5, float(rng.random()), float(rng.random())
        ),
        "photo of a screen": _fixed(lambda picture: screens.photo_of_screen(picture, screens.PhotoSpec())),
    }
)
