"""Effects in the air of the sample show, from rain to fireworks; the same time is always drawn the same."""

from math import cos, pi, sin
from random import Random

from ingest.sample.drawing import HEIGHT, WIDTH, Colour, Pen

_PETALS: tuple[Colour, ...] = ((255, 200, 218), (255, 226, 234), (250, 170, 198))
_LEAVES: tuple[Colour, ...] = ((226, 96, 40), (240, 166, 52), (186, 70, 44))
_FIRE: tuple[Colour, ...] = ((255, 110, 110), (255, 220, 110), (130, 220, 255), (200, 150, 255), (150, 255, 170))


def draw_effect(pen: Pen, name: str, time_s: float, seed: int) -> None:
    """Draw the effect `name` on a whole picture: rain, snow, petals, leaves, fireflies, lanterns, fireworks, none for
    "".
    """
    rng = Random(seed)
    if name == "rain":
        _rain(pen, time_s, rng)
    elif name == "snow":
        for _ in range(80):
            size = rng.uniform(1.2, 3.6)
            x, y = _drift(rng, time_s, 10 * size, 26 * size)
            pen.oval(x, y, size, size, (255, 255, 255))
    elif name in ("petals", "leaves"):
        _flakes(pen, time_s, rng, _PETALS if name == "petals" else _LEAVES)
    elif name == "fireflies":
        for _ in range(26):
            x, y = _drift(rng, time_s, rng.uniform(-14, 14), rng.uniform(-10, 4))
            strength = max(0.0, sin(time_s * 2.6 + rng.uniform(0, 6)))
            pen.glow(x, y, 13, (214, 255, 120), 0.9 * strength)
    elif name == "lanterns":
        _lanterns(pen, time_s, rng)
    elif name == "fireworks":
        _fireworks(pen, time_s, rng)


def _drift(rng: Random, time_s: float, right: float, down: float) -> tuple[float, float]:
    """A position that moves with time and wraps around at the edges."""
    wide, high = WIDTH + 80, HEIGHT + 60
    x = (rng.uniform(0, wide) + right * time_s + 9 * sin(time_s * 1.6 + rng.uniform(0, 6))) % wide - 40
    return x, (rng.uniform(0, high) + down * time_s) % high - 30


def _rain(pen: Pen, time_s: float, rng: Random) -> None:
    for _ in range(90):
        length = rng.uniform(14, 30)
        x, y = _drift(rng, time_s, -60, length * 26)
        pen.line([(x, y), (x - length * 0.14, y + length)], (214, 228, 240), 1)


def _flakes(pen: Pen, time_s: float, rng: Random, colours: tuple[Colour, ...]) -> None:
    for _ in range(34):
        x, y = _drift(rng, time_s, rng.uniform(20, 70), rng.uniform(30, 60))
        angle, size = time_s * 3 + rng.uniform(0, 6), rng.uniform(3, 6)
        across = 0.35 + 0.3 * abs(sin(time_s * 4 + rng.uniform(0, 6)))
        way, side = (cos(angle) * size, sin(angle) * size), (-sin(angle) * size * across, cos(angle) * size * across)
        corners = [
            (x + way[0], y + way[1]),
            (x + side[0], y + side[1]),
            (x - way[0], y - way[1]),
            (x - side[0], y - side[1]),
        ]
        pen.polygon(corners, rng.choice(colours))


def _lanterns(pen: Pen, time_s: float, rng: Random) -> None:
    for _ in range(16):
        size = rng.uniform(0.4, 1.5)
        x, y = _drift(rng, time_s, 5 * size, -24 * size)
        lamp = pen.moved(x, y, size)
        lamp.glow(0, 0, 40, (255, 190, 100), 0.55)
        lamp.polygon([(-11, -14), (11, -14), (8, 14), (-8, 14)], (255, 176, 84))
        lamp.polygon([(-5, 0), (5, 0), (6, 14), (-6, 14)], (255, 236, 176))


def _fireworks(pen: Pen, time_s: float, rng: Random) -> None:
    for _ in range(7):
        x, y, begin = rng.uniform(60, WIDTH - 60), rng.uniform(40, 150), rng.uniform(0, 1.8)
        colour, size = rng.choice(_FIRE), rng.uniform(50, 100)
        age = (time_s + begin) % 1.8 / 1.8
        reach, fall = size * (1 - (1 - age) ** 3), 30 * age * age
        pen.glow(x, y + fall, size * 1.3, colour, 0.5 * (1 - age))
        for ring, amount in ((1.0, 18), (0.55, 10)):
            for k in range(amount):
                angle = 2 * pi * k / amount + ring
                at = (x + reach * ring * cos(angle), y + fall + reach * ring * sin(angle))
                pen.oval(*at, 2.6 * (1 - age) + 0.6, 2.6 * (1 - age) + 0.6, colour)
