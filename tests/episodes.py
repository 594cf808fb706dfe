"""The drawn videos of the tests' small library."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from core.pictures.pixels import Rgb
from core.video.writing import write_mp4
from tests.clips import drawing

RATE = Fraction(12)
FRAMES = 60
CUT = 30
EPISODES = {
    "Paper Boats/1-Spring/01-The Ferry.mp4": 0,
    "Paper Boats/1-Spring/02-夜の雨.mp4": 10,
    'Paper Boats/2-Autumn/01-It\'s "late" 🍂.mp4': 20,
}
"""Path of each video and the number of its first shot; the second shot, from frame `CUT`, is one more."""


def scene_frame(number: int, shot: int) -> Rgb:
    """Frame `number` of a shot: shapes of the shot's own that slowly turn into others, so that moments look unlike."""
    before, after = _shapes(2 * shot), _shapes(2 * shot + 1)
    share = (number % CUT) / CUT
    return np.asarray(cv2.addWeighted(before, 1 - share, after, share, 0), np.uint8)


def _shapes(seed: int) -> Rgb:
    picture = drawing(seed, 320, 180, shot=seed)
    rng = np.random.default_rng(seed)
    for _ in range(8):
        corners = rng.uniform((-0.2, -0.2), (1.2, 1.2), (int(rng.integers(3, 7)), 2)) * (320, 180)
        cv2.fillPoly(picture, [corners.astype(np.int32)], rng.integers(0, 256, 3).tolist())
    return picture


def draw_episode(path: Path, first_shot: int, frames: int = FRAMES) -> Path:
    """A video of two shots."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = (scene_frame(number, first_shot + (number >= CUT)) for number in range(frames))
    write_mp4(path, pictures, rate=RATE)
    return path
