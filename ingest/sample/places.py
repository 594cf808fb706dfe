"""Outdoor places of the sample show, and their parts. Every place is painted in a mood: hour, weather, season."""

from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from ingest.sample.drawing import HEIGHT, MARGIN_X, MARGIN_Y, WIDTH, Colour, Painting, Pen, Point, mix

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (20, 16, 30)
LAMP: Colour = (255, 214, 120)
LEFT, RIGHT, BOTTOM = -MARGIN_X, WIDTH + MARGIN_X, HEIGHT + MARGIN_Y


@dataclass(frozen=True, slots=True)
class Mood:
    """The colours of an hour and weather, and the share (0..1) by which characters are tinted with those of the sky."""

    sky: tuple[Colour, Colour]
    cloud: Colour
    leaf: Colour
    ground: Colour
    stone: Colour
    water: Colour
    light: Colour
    tint_amount: float = 0.0
    lit: bool = False


MOODS = {
    "morning": Mood(((116, 190, 232), (255, 236, 206)), (255, 250, 240), (122, 190, 96), (206, 190, 140),
                    (196, 190, 188), (96, 180, 200), (255, 240, 190)),
    "noon": Mood(((42, 134, 224), (168, 222, 246)), WHITE, (70, 166, 76), (222, 204, 150), (214, 212, 216),
                 (30, 128, 190), (255, 252, 210)),
    "sunset": Mood(((98, 62, 132), (255, 158, 84)), (255, 190, 140), (126, 98, 62), (164, 104, 84), (166, 112, 116),
                   (176, 92, 104), (255, 206, 110), 0.16, True),
    "night": Mood(((14, 18, 54), (52, 60, 122)), (64, 70, 128), (26, 62, 70), (48, 46, 82), (62, 64, 104),
                  (22, 36, 88), (236, 236, 200), 0.28, True),
    "rain": Mood(((104, 118, 134), (168, 180, 188)), (138, 150, 162), (74, 112, 92), (118, 116, 112), (136, 142, 152),
                 (86, 112, 128), (220, 226, 230), 0.14),
    "snow": Mood(((150, 172, 204), (228, 236, 246)), (240, 244, 250), (212, 226, 236), (242, 246, 252), (186, 196, 214),
                 (120, 156, 190), (255, 255, 255), 0.05),
    "autumn": Mood(((126, 178, 214), (250, 230, 196)), (255, 244, 226), (222, 118, 46), (196, 150, 92), (190, 168, 150),
                   (94, 146, 168), (255, 226, 160), 0.04),
    "aurora": Mood(((10, 26, 58), (30, 122, 122)), (58, 190, 160), (196, 214, 236), (206, 220, 242), (96, 110, 160),
                   (20, 66, 104), (150, 255, 214), 0.24, True),
}  # fmt: skip


def sky(pen: Pen, mood: Mood, rng: Random, horizon: float = 260, *, clouds: int = 5) -> None:
    """Sky down to the horizon, with stars, moon or sun, and clouds."""
    pen.fade(-MARGIN_Y, horizon + MARGIN_Y, *mood.sky)
    pen.fade(horizon, BOTTOM - horizon, mood.sky[1], mood.sky[1])
    dark = sum(mood.sky[0]) < 200
    if dark:
        for _ in range(90):
            size = rng.uniform(0.5, 1.4)
            pen.oval(rng.uniform(LEFT, RIGHT), rng.uniform(-MARGIN_Y, horizon - 40), size, size, WHITE)
    x, y = rng.uniform(80, 560), rng.uniform(30, horizon * 0.4)
    pen.glow(x, y, 150, mood.light, 0.55)
    pen.oval(x, y, 22, 22, mix(mood.light, WHITE, 0.5))
    if dark:
        for dx, dy, size in ((-7, -5, 5), (6, 4, 6), (3, -10, 3)):
            pen.oval(x + dx, y + dy, size, size, mix(mood.light, mood.sky[1], 0.3))
    for _ in range(clouds):
        cloud(pen.moved(rng.uniform(LEFT, RIGHT), rng.uniform(20, horizon * 0.7), rng.uniform(0.6, 1.5)), mood, rng)


def cloud(pen: Pen, mood: Mood, rng: Random) -> None:
    """A cloud: discs on a flat base."""
    for shade, rise in ((mix(mood.cloud, mood.sky[0], 0.28), 6), (mood.cloud, 0)):
        for k in range(5):
            reach = 16 - 4 * abs(k - 2) + rng.uniform(-2, 4)
            pen.oval((k - 2) * 19, rise - reach * 0.45, reach * 1.25, reach, shade)


def hills(pen: Pen, y: float, rise: float, colour: Colour, rng: Random) -> None:
    """A rolling line across the picture, filled down to the bottom."""
    start = rng.uniform(0, 9)
    ridge: list[Point] = [
        (x, y - rise * (0.5 + 0.5 * sin(start + x / 87) * cos(start * 2 + x / 151))) for x in range(LEFT, RIGHT + 1, 20)
    ]
    pen.polygon([*ridge, (RIGHT, BOTTOM), (LEFT, BOTTOM)], colour)


def tree(pen: Pen, mood: Mood, rng: Random, *, pine: bool = False) -> None:
    """A tree with its foot at the pen's origin, about 150 high."""
    bark = mix((110, 76, 60), mood.sky[0], 0.25)
    pen.polygon([(-8, 0), (-5, -80), (5, -80), (9, 0)], bark)
    shades = (mix(mood.leaf, BLACK, 0.3), mood.leaf, mix(mood.leaf, mood.light, 0.3))
    if pine:
        for level, shade in enumerate(shades):
            top, wide = -70 - 34 * level, 46 - 11 * level
            pen.polygon([(-wide, top + 40), (0, top - 26), (wide, top + 40)], shade)
        return
    for size, shade in zip((1.0, 0.78, 0.45), shades, strict=True):
        for _ in range(7):
            angle, away = rng.uniform(0, 2 * pi), rng.uniform(10, 34) * size
            shift = (1 - size) * 26
            pen.oval(away * 1.2 * cos(angle) - shift, -104 - shift + away * sin(angle), 25 * size, 22 * size, shade)


def house(pen: Pen, mood: Mood, rng: Random, wall: Colour, roof: Colour) -> None:
    """A small house with its foot at the origin, 80 wide."""
    wall, roof = mix(wall, mood.sky[0], 0.3), mix(roof, mood.sky[0], 0.25)
    pen.box(-36, -52, 72, 52, wall)
    pen.box(-36, -52, 72, 9, mix(wall, BLACK, 0.25))
    pen.polygon([(-46, -50), (-30, -84), (30, -84), (46, -50)], roof)
    pane = LAMP if mood.lit and rng.random() < 0.8 else mix((130, 170, 200), mood.sky[0], 0.4)
    for x in (-24, 6):
        pen.box(x, -38, 18, 16, pane, 1.2)
    if sum(mood.ground) > 700:
        pen.polygon([(-46, -50), (-30, -88), (30, -88), (46, -50), (30, -58), (0, -52), (-26, -60)], WHITE)


def waves(pen: Pen, mood: Mood, rng: Random, y: float) -> None:
    """Water from `y` down, with the light of the sky on it."""
    pen.fade(y, BOTTOM - y, mix(mood.water, mood.sky[1], 0.5), mix(mood.water, BLACK, 0.15), bands=7)
    for _ in range(70):
        depth = rng.random() ** 0.7
        x, wide = rng.uniform(LEFT, RIGHT), 8 + 40 * depth * rng.random()
        at = y + 4 + (BOTTOM - y) * depth
        pen.curve([(x, at), (x + wide / 2, at - 2), (x + wide, at)], mix(mood.water, mood.light, 0.45), 1.2)


def ferry(p: Painting, mood: Mood, rng: Random) -> None:
    """The deck of a ferry, islands behind."""
    sky(p.far, mood, rng, 190)
    hills(p.far, 190, 60, mix(mood.leaf, mood.sky[1], 0.6), rng)
    waves(p.middle, mood, rng, 190)
    deck = mix((206, 150, 104), mood.sky[0], 0.2)
    p.middle.polygon([(LEFT, 286), (RIGHT, 286), (RIGHT, BOTTOM), (LEFT, BOTTOM)], deck)
    for k in range(-6, 20):
        p.middle.line([(k * 60 - 40, 288), (k * 84 - 180, BOTTOM)], mix(deck, BLACK, 0.3), 1.4)
    for x in range(LEFT, RIGHT, 46):
        p.middle.box(x, 226, 5, 62, WHITE)
    for y in (222, 248):
        p.middle.box(LEFT, y, RIGHT - LEFT, 5, mix(WHITE, mood.sky[0], 0.15))
    x = rng.choice((90, 520))
    p.middle.oval(x, 262, 25, 25, (236, 84, 60))
    p.middle.oval(x, 262, 12, 12, WHITE)


def harbour(p: Painting, mood: Mood, rng: Random) -> None:
    """A lighthouse on a rock, boats, gulls."""
    sky(p.far, mood, rng, 220, clouds=4)
    waves(p.far, mood, rng, 215)
    x = rng.choice((150, 470))
    rock = mix((92, 88, 100), mood.sky[0], 0.3)
    p.middle.blob([(x - 130, 300), (x - 84, 226), (x - 20, 206), (x + 60, 214), (x + 130, 300)], rock)
    for k in range(5):
        top, bottom = 196 - 30 * k, 226 - 30 * k
        wide = 26 - 3 * k
        p.middle.polygon([(x - wide, bottom), (x - wide + 3, top), (x + wide - 3, top), (x + wide, bottom)],
                         mix((226, 66, 66) if k % 2 else WHITE, mood.sky[0], 0.15))  # fmt: skip
    p.middle.box(x - 16, 48, 32, 24, mix(LAMP, WHITE, 0.4), 2)
    p.middle.polygon([(x - 20, 48), (x, 30), (x + 20, 48)], (190, 52, 56))
    if mood.lit:
        p.middle.glow(x, 60, 150, LAMP, 0.8)
    quay = mix(mood.stone, mood.ground, 0.4)
    p.middle.polygon([(LEFT, 296), (RIGHT, 290), (RIGHT, BOTTOM), (LEFT, BOTTOM)], quay)
    for k in range(-2, 15):
        p.middle.line([(k * 56, 296), (k * 70 - 70, BOTTOM)], mix(quay, BLACK, 0.2), 1.5)


def street(p: Painting, mood: Mood, rng: Random) -> None:
    """A town street: houses on both sides, poles and wires."""
    sky(p.far, mood, rng, 230, clouds=3)
    hills(p.far, 240, 90, mix(mood.leaf, mood.sky[1], 0.5), rng)
    x = LEFT + 30.0
    while x < RIGHT:
        size = rng.uniform(1.5, 2.3)
        wall = rng.choice(((236, 222, 196), (222, 190, 160), (198, 210, 214), (240, 206, 190)))
        house(p.middle.moved(x, 276, size), mood, rng, wall, rng.choice(((96, 110, 150), (170, 84, 70), (84, 92, 100))))
        x += 62 * size + rng.uniform(4, 36)
    p.middle.box(LEFT, 274, RIGHT - LEFT, BOTTOM - 274, mix(mood.stone, BLACK, 0.2))
    p.middle.box(LEFT, 274, RIGHT - LEFT, 9, mix(mood.stone, WHITE, 0.25))
    for k in range(LEFT, RIGHT, 90):
        p.middle.polygon([(k, 330), (k + 44, 330), (k + 40, 337), (k - 6, 337)], mix(mood.stone, WHITE, 0.6))
    for k in range(3):
        at = LEFT + 120 + k * 300
        p.middle.box(at, 30, 8, 248, mix((90, 84, 90), mood.sky[0], 0.2))
        p.middle.box(at - 24, 52, 56, 5, mix((90, 84, 90), mood.sky[0], 0.2))
        for drop in (54, 66):
            p.middle.curve([(at - 296, drop), (at - 146, drop + 26), (at + 4, drop)], BLACK, 1.2)


def forest(p: Painting, mood: Mood, rng: Random) -> None:
    """Trunks behind trunks, light falling in."""
    p.far.fade(-MARGIN_Y, BOTTOM + MARGIN_Y, mix(mood.leaf, mood.sky[0], 0.35), mix(mood.leaf, mood.light, 0.55))
    for row, pen in enumerate((p.far, p.far, p.middle)):
        shade = mix(mix((86, 60, 56), mood.sky[0], 0.3), mix(mood.leaf, mood.light, 0.5), 0.6 - 0.3 * row)
        for _ in range(13 - 3 * row):
            x, wide = rng.uniform(LEFT, RIGHT), 7 + 7 * row
            pen.polygon([(x - wide, 320), (x - wide * 0.6, -40), (x + wide * 0.6, -40), (x + wide, 320)], shade)
        for _ in range(40):
            leaf = mix(mood.leaf, mood.light if rng.random() < 0.4 else BLACK, rng.uniform(0.05, 0.35))
            pen.oval(
                rng.uniform(LEFT, RIGHT),
                rng.uniform(-40, 96 - 22 * row),
                rng.uniform(18, 44),
                rng.uniform(14, 28),
                leaf,
            )
    for x in (80, 250, 430):
        p.far.polygon([(x, -40), (x + 44, -40), (x + 170, 330), (x + 70, 330)], mix(mood.leaf, mood.light, 0.75))
    hills(p.middle, 292, 18, mix(mood.leaf, BLACK, 0.22), rng)
    for _ in range(46):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(300, BOTTOM)
        p.middle.line([(x, y), (x + rng.uniform(-5, 5), y - 12)], mix(mood.leaf, mood.light, 0.35), 2)
    for x in range(LEFT, RIGHT, 70):
        p.near.oval(x + rng.uniform(-20, 20), BOTTOM - 8, 56, rng.uniform(16, 30), mix(mood.leaf, BLACK, 0.5))


def shrine(p: Painting, mood: Mood, rng: Random) -> None:
    """Red gates up a stair."""
    sky(p.far, mood, rng, 250, clouds=3)
    for x in range(LEFT, RIGHT, 54):
        tree(p.far.moved(x + rng.uniform(-14, 14), 286, rng.uniform(1.0, 1.6)), mood, rng, pine=rng.random() < 0.5)
    steps = mix(mood.stone, mood.ground, 0.3)
    p.middle.box(LEFT, 270, RIGHT - LEFT, BOTTOM - 270, mix(mood.ground, mood.leaf, 0.4))
    centre = rng.choice((250, 390))
    for k in range(9):
        wide = 60 + 20 * k
        p.middle.box(centre - wide, 200 + 18 * k, 2 * wide, 20, mix(steps, WHITE if k % 2 else BLACK, 0.14))
    for size in (0.62, 1.0, 1.5):
        gate, red = p.middle.moved(centre, 196 + 76 * size, size), mix((222, 62, 46), mood.sky[0], 0.2)
        for side in (-1, 1):
            gate.polygon([(86 * side, 0), (76 * side, -170), (90 * side, -170), (100 * side, 0)], red, 1.2)
        gate.box(-104, -142, 208, 11, red, 1.2)
        gate.blob(
            [(-124, -186), (0, -174), (124, -186), (120, -168), (0, -158), (-120, -168)], mix(red, BLACK, 0.3), 1.2
        )


def rooftop(p: Painting, mood: Mood, rng: Random) -> None:
    """A school roof above the city: fence, tank, towers."""
    sky(p.far, mood, rng, 270, clouds=6)
    for row in range(2):
        x = float(LEFT)
        while x < RIGHT:
            wide, high = rng.uniform(30, 70), rng.uniform(40, 130 - 40 * row)
            wall = mix(mood.stone, mood.sky[1], 0.6 - 0.35 * row)
            p.far.box(x, 280 - high, wide, high + 40, wall)
            for wx in range(5, int(wide) - 8, 11):
                for wy in range(8, int(high) - 6, 14):
                    if rng.random() < 0.6:
                        p.far.box(x + wx, 280 - high + wy, 5, 7, LAMP if mood.lit else mix(wall, mood.sky[0], 0.4))
            x += wide + rng.uniform(0, 14)
    p.middle.box(LEFT, 282, RIGHT - LEFT, BOTTOM - 282, mix(mood.stone, mood.ground, 0.2))
    p.middle.box(LEFT, 276, RIGHT - LEFT, 10, mix(mood.stone, BLACK, 0.25))
    wire = mix((70, 110, 100), mood.sky[0], 0.3)
    for x in range(LEFT - 120, RIGHT, 16):
        p.middle.line([(x, 170), (x + 110, 280)], wire, 1.1)
        p.middle.line([(x + 110, 170), (x, 280)], wire, 1.1)
    for x in range(LEFT, RIGHT, 92):
        p.middle.box(x, 164, 5, 116, wire)
    p.middle.box(LEFT, 164, RIGHT - LEFT, 5, wire)
    x = rng.choice((70, 520))
    p.middle.oval(x, 190, 46, 26, mix((180, 200, 210), mood.sky[0], 0.2), 2)
    p.middle.box(x - 46, 190, 92, 90, mix((180, 200, 210), mood.sky[0], 0.2), 2)
