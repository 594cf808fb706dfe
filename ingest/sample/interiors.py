"""Interiors of the sample show; the windows show the sky of the mood."""

from random import Random

import numpy as np

from ingest.sample.drawing import MARGIN_Y, Colour, Painting, Pen, mix, smooth
from ingest.sample.places import BLACK, BOTTOM, LAMP, LEFT, RIGHT, WHITE, Mood, cloud, hills, tree

_BOOKS: tuple[Colour, ...] = (
    (196, 74, 66), (62, 104, 156), (226, 178, 76), (88, 142, 100), (140, 92, 150), (232, 220, 200), (70, 70, 92),
)  # fmt: skip


def _walls(p: Painting, mood: Mood, wall: Colour, floor: Colour, skirting: float = 284) -> tuple[Colour, Colour]:
    """Paint the wall and floor of a room in the light of the mood; returns their colours."""
    amount = 0.35 if mood.lit else 0.14
    wall, floor = mix(wall, mood.sky[0], amount), mix(floor, mood.sky[0], amount)
    p.far.fade(-MARGIN_Y, skirting + MARGIN_Y, mix(wall, BLACK, 0.14), wall)
    p.far.box(LEFT, skirting, RIGHT - LEFT, BOTTOM - skirting, floor)
    p.far.box(LEFT, skirting - 8, RIGHT - LEFT, 9, mix(wall, BLACK, 0.35))
    return wall, floor


def _window(pen: Pen, mood: Mood, rng: Random, x: float, y: float, width: float, height: float) -> None:
    """A window with its frame and the view."""
    for k in range(8):
        pen.box(x, y + k * height / 8, width, height / 8 + 1, mix(*mood.sky, k / 7))
    for _ in range(3):
        cloud(
            pen.moved(x + rng.uniform(0.2, 0.8) * width, y + rng.uniform(0.2, 0.5) * height, 0.3 * width / 130),
            mood,
            rng,
        )
    ridge = smooth([(x + width * k / 4, y + height * rng.uniform(0.6, 0.82)) for k in range(5)], closed=False)
    pen.polygon(np.concatenate([ridge, [(x + width, y + height), (x, y + height)]]), mix(mood.leaf, mood.sky[1], 0.3))
    frame = mix((248, 240, 226), mood.sky[0], 0.15)
    for bar in (0.0, 0.5, 1.0):
        pen.box(x - 4 + bar * width, y - 4, 8, height + 8, frame)
    for bar in (0.0, 0.5, 1.0):
        pen.box(x - 4, y - 4 + bar * height, width + 8, 8, frame)


def _shelf(pen: Pen, rng: Random, x: float, y: float, width: float, rows: int, dim: Colour) -> None:
    """A bookcase with rows of 44 pixels."""
    wood = mix((128, 86, 60), dim, 0.2)
    pen.box(x - 6, y - 6, width + 12, rows * 44 + 10, wood, 1.5)
    for row in range(rows):
        pen.box(x, y + row * 44, width, 38, mix(wood, BLACK, 0.5))
        at = x + 2
        while at < x + width - 12:
            wide, high = rng.uniform(6, 12), rng.uniform(24, 35)
            pen.box(at, y + row * 44 + 38 - high, wide, high, mix(rng.choice(_BOOKS), dim, 0.22))
            at += wide + (0.6 if rng.random() < 0.9 else 12)


def _lamp(pen: Pen, mood: Mood, x: float, y: float, shade: Colour) -> None:
    pen.line([(x, -MARGIN_Y), (x, y)], BLACK, 1.6)
    if mood.lit:
        pen.glow(x, y + 16, 150, LAMP, 0.7)
    pen.polygon([(x - 12, y), (x + 12, y), (x + 26, y + 22), (x - 26, y + 22)], shade, 1.5)
    pen.oval(x, y + 24, 9, 6, mix(LAMP, WHITE, 0.5))


def bedroom(p: Painting, mood: Mood, rng: Random) -> None:
    """A bed, a desk, posters, a window."""
    _walls(p, mood, (246, 214, 206), (200, 150, 112))
    _window(p.far, mood, rng, rng.choice((210, 250)), 50, 190, 130)
    _shelf(p.far, rng, 500, 66, 110, 3, mood.sky[0])
    bed = p.middle.moved(40, 300)
    bed.box(-140, -86, 250, 70, mix((236, 128, 150), mood.sky[0], 0.25), 2)
    bed.blob([(-130, -108), (-60, -114), (-46, -84), (-128, -80)], mix(WHITE, mood.sky[0], 0.15), 2)
    bed.box(-146, -34, 262, 44, mix((150, 100, 74), mood.sky[0], 0.2), 2)
    p.middle.box(430, 210, 240, 12, mix((170, 116, 80), mood.sky[0], 0.2), 2)
    p.middle.box(444, 222, 12, 84, mix((140, 92, 64), mood.sky[0], 0.2), 2)
    p.middle.box(480, 172, 66, 40, mix((60, 64, 80), mood.sky[0], 0.2), 2)
    for k, colour in enumerate(((250, 190, 70), (110, 190, 180))):
        p.far.box(20 + 74 * k, 70 + 12 * k, 58, 74, mix(colour, mood.sky[0], 0.2), 1.5)
        p.far.oval(49 + 74 * k, 104 + 12 * k, 17, 17, mix(WHITE, colour, 0.3))
    _lamp(p.far, mood, 456, 26, (240, 170, 90))


def classroom(p: Painting, mood: Mood, rng: Random) -> None:
    """Desks in rows, a blackboard or a row of windows."""
    _walls(p, mood, (232, 228, 204), (190, 148, 104), 270)
    for k in range(3):
        _window(p.far, mood, rng, LEFT + 30 + 150 * k, 48, 116, 140)
    p.far.box(400, 62, 330, 120, mix((160, 116, 76), mood.sky[0], 0.2), 2)
    p.far.box(408, 70, 314, 104, mix((42, 96, 78), mood.sky[0], 0.25))
    for row in range(4):
        p.far.curve(
            [(424 + 8 * k, 90 + 20 * row + 3 * rng.uniform(-1, 1)) for k in range(rng.randint(9, 24))],
            mix(WHITE, (42, 96, 78), 0.3),
            1.6,
        )
    p.far.oval(370, 74, 17, 17, WHITE, 2)
    p.far.line([(370, 62), (370, 74), (378, 78)], BLACK, 1.6)
    wood = mix((216, 168, 110), mood.sky[0], 0.2)
    for x in range(LEFT + 20, RIGHT, 128):
        p.near.polygon([(x, 326), (x + 84, 326), (x + 96, 342), (x - 10, 342)], wood, 2)
        for leg in (-4, 84):
            p.near.box(x + leg, 342, 5, 60, mix((110, 116, 124), mood.sky[0], 0.2))
        p.near.polygon([(x + 22, 329), (x + 56, 329), (x + 58, 337), (x + 20, 337)], rng.choice(_BOOKS))


def library(p: Painting, mood: Mood, rng: Random) -> None:
    """Bookcases up to the ceiling, a ladder, green lamps."""
    _walls(p, mood, (196, 160, 116), (128, 70, 56), 292)
    for k in range(6):
        _shelf(p.far, rng, LEFT + 12 + 140 * k, -30, 118, 7, mood.sky[0])
    _window(p.far, mood, rng, rng.choice((176, 320)), 20, 110, 190)
    for x in (60, 84):
        p.middle.line([(x, 304), (x + 56, 10)], (214, 160, 92), 6)
    for k in range(9):
        p.middle.line([(64 + k * 5.6, 286 - k * 30), (88 + k * 5.6, 286 - k * 30)], (214, 160, 92), 5)
    p.near.box(LEFT, 334, RIGHT - LEFT, 14, mix((110, 64, 46), mood.sky[0], 0.2), 2)
    p.near.box(LEFT, 348, RIGHT - LEFT, 60, mix((84, 48, 38), mood.sky[0], 0.2))
    for x in (90, 330, 570):
        p.near.glow(x, 320, 70, LAMP, 0.0)
        p.near.line([(x, 334), (x, 312)], (200, 160, 80), 4)
        p.near.blob([(x - 28, 312), (x - 18, 298), (x + 18, 298), (x + 28, 312)], (46, 130, 90), 2)
        p.near.polygon([(x + 50, 334), (x + 54, 322), (x + 90, 322), (x + 94, 334)], rng.choice(_BOOKS), 1.5)


def cafe(p: Painting, mood: Mood, rng: Random) -> None:
    """A counter with cups and cakes, a wide window, hanging lamps."""
    _walls(p, mood, (150, 186, 176), (222, 204, 176), 288)
    for x in range(LEFT, RIGHT, 40):
        p.far.box(x, 210, 38, 70, mix((126, 84, 66), mood.sky[0], 0.25))
    _window(p.far, mood, rng, 60, 40, 300, 140)
    p.far.box(430, 40, 150, 130, mix((52, 46, 52), mood.sky[0], 0.2), 2)
    for row in range(5):
        p.far.line([(446, 62 + 22 * row), (446 + rng.uniform(50, 116), 62 + 22 * row)], (240, 226, 200), 2.5)
    for x in (150, 330, 510):
        _lamp(p.middle, mood, x, 6, (220, 92, 70))
    for k in range(4):
        p.middle.box(LEFT + 60 + k * 210, 244, 74, 9, (180, 116, 76), 2)
        p.middle.box(LEFT + 92 + k * 210, 252, 9, 52, (90, 70, 66), 2)
    p.near.box(LEFT, 322, RIGHT - LEFT, 16, mix((240, 222, 196), mood.sky[0], 0.15), 2)
    p.near.box(LEFT, 338, RIGHT - LEFT, 70, mix((166, 82, 66), mood.sky[0], 0.2))
    for x in range(LEFT + 50, RIGHT, 120):
        p.near.polygon([(x, 304), (x + 26, 304), (x + 21, 322), (x + 5, 322)], WHITE, 1.8)
        p.near.polygon([(x + 52, 322), (x + 56, 300), (x + 90, 306), (x + 92, 322)], (250, 214, 160), 1.8)
        p.near.oval(x + 66, 297, 5, 5, (220, 50, 70), 1.2)


def train(p: Painting, mood: Mood, rng: Random) -> None:
    """A railway carriage with hanging straps and a long red bench, and the land outside."""
    p.far.fade(-MARGIN_Y, 220 + MARGIN_Y, *mood.sky)
    for _ in range(5):
        cloud(p.far.moved(rng.uniform(LEFT, RIGHT), rng.uniform(60, 130), 0.8), mood, rng)
    hills(p.far, 190, 50, mix(mood.leaf, mood.sky[1], 0.4), rng)
    for x in range(LEFT, RIGHT, 90):
        tree(p.far.moved(x, 236, rng.uniform(0.4, 0.7)), mood, rng)
    shell = mix((226, 222, 208), mood.sky[0], 0.3 if mood.lit else 0.1)
    p.middle.box(LEFT, -MARGIN_Y, RIGHT - LEFT, 92, shell)
    p.middle.box(LEFT, 206, RIGHT - LEFT, BOTTOM - 206, shell)
    for x in range(LEFT, RIGHT, 210):
        p.middle.box(x, 40, 40, 180, shell)
        p.middle.line(
            [(x + 40, 52), (x + 40, 206), (x + 210, 206), (x + 210, 52), (x + 40, 52)], mix(shell, BLACK, 0.5), 4
        )
    p.middle.box(LEFT, 22, RIGHT - LEFT, 6, (150, 150, 156))
    for x in range(LEFT + 10, RIGHT, 46):
        p.middle.line([(x, 26), (x, 62)], (240, 236, 220), 3)
        p.middle.polygon([(x - 9, 78), (x, 60), (x + 9, 78)], (240, 236, 220), 2)
        p.middle.polygon([(x - 4, 74), (x, 67), (x + 4, 74)], mix(*mood.sky, 0.5))
    seat = mix((188, 56, 70), mood.sky[0], 0.25)
    p.middle.box(LEFT, 222, RIGHT - LEFT, 58, seat, 2)
    p.middle.box(LEFT, 276, RIGHT - LEFT, 26, mix(seat, BLACK, 0.22), 2)
    for x in range(LEFT, RIGHT, 70):
        p.middle.line([(x, 224), (x, 300)], mix(seat, BLACK, 0.4), 1.5)
    p.middle.box(LEFT, 302, RIGHT - LEFT, 100, mix((120, 122, 132), mood.sky[0], 0.2))
