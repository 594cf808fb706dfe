"""The drawn videos of the tests' small library."""

from fractions import Fraction
from pathlib import Path

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


def draw_episode(path: Path, first_shot: int, frames: int = FRAMES) -> Path:
    """A video of two shots."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = (drawing(number, 320, 180, shot=first_shot + (number >= CUT)) for number in range(frames))
    write_mp4(path, pictures, rate=RATE)
    return path
