"""Landscapes of the sample show and two abstract backgrounds; more outdoor places beside `places`."""

from math import cos, pi, sin
from random import Random

from ingest.sample.drawing import MARGIN_Y, Colour, Painting, Pen, mix
from ingest.sample.places import BLACK, BOTTOM, LAMP, LEFT, RIGHT, WHITE, Mood, hills, house, sky, tree, waves

_FRUIT: tuple[Colour, ...] = ((236, 96, 60), (250, 200, 70), (120, 180, 80), (240, 220, 200))


def lantern(pen: Pen, colour: Colour) -> None:
    """A paper lantern hanging from the origin, about 40 high."""
    pen.line([(0, -8), (0, 0)], BLACK, 1.2)
    pen.box(-7, 0, 14, 4, BLACK)
    pen.oval(0, 18, 15, 16, colour)
    for x in (-8, 0, 8):
        pen.curve([(x * 0.4, 3), (x, 18), (x * 0.4, 33)], mix(colour, BLACK, 0.3), 1.0)
    pen.oval(0, 18, 6, 9, mix(colour, WHITE, 0.55))
    pen.box(-7, 32, 14, 4, BLACK)


def river(p: Painting, mood: Mood, rng: Random) -> None:
    """A red arched bridge over a river, willows, lanterns on the water."""
    sky(p.far, mood, rng, 190, clouds=3)
    hills(p.far, 200, 80, mix(mood.leaf, mood.sky[1], 0.5), rng)
    waves(p.middle, mood, rng, 232)
    hills(p.middle, 240, 8, mix(mood.leaf, BLACK, 0.15), rng)
    p.middle.polygon([(LEFT, 254), (RIGHT, 254), (RIGHT, BOTTOM), (LEFT, BOTTOM)], mix(mood.water, BLACK, 0.05))
    for _ in range(60):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(258, BOTTOM)
        p.middle.line([(x, y), (x + rng.uniform(10, 40), y)], mix(mood.water, mood.light, 0.4), 1.2)
    red = mix((212, 60, 48), mood.sky[0], 0.15)
    arch = [(x, 250 - 62 * cos((x - 320) / 330 * pi / 2)) for x in range(-10, 651, 20)]
    p.middle.line(arch, mix(red, BLACK, 0.35), 15)
    p.middle.line([(x, y - 6) for x, y in arch], red, 6)
    p.middle.line([(x, y - 34) for x, y in arch], red, 5)
    for x, y in arch[::2]:
        p.middle.box(x - 3, y - 40, 6, 36, red)
    for _ in range(11):
        x, y = rng.uniform(-40, 680), rng.uniform(270, 340)
        p.middle.glow(x, y, 46, LAMP, 0.75)
        p.middle.box(x - 8, y - 14, 16, 15, mix(LAMP, (255, 120, 60), rng.uniform(0, 0.6)), 1)
    for side in (14, 640):
        p.near.blob(
            [(side - 60, -40), (side + 60, -40), (side + 40, 40), (side, 64), (side - 44, 36)],
            mix(mood.leaf, BLACK, 0.35),
        )
        for k in range(-5, 6):
            drop = rng.uniform(60, 170)
            p.near.curve(
                [(side + k * 11, 0), (side + k * 13, drop * 0.6), (side + k * 12, drop)], mix(mood.leaf, BLACK, 0.25), 4
            )


def field(p: Painting, mood: Mood, rng: Random) -> None:
    """A path between flowers to a windmill, mountains behind."""
    sky(p.far, mood, rng, 230, clouds=7)
    peaks = mix((96, 110, 160), mood.sky[1], 0.45)
    for x in (60, 260, 520):
        high = rng.uniform(90, 150)
        p.far.polygon([(x - 190, 250), (x, 250 - high), (x + 190, 250)], peaks)
        p.far.polygon(
            [(x - 44, 250 - high * 0.77), (x, 250 - high), (x + 44, 250 - high * 0.77), (x + 12, 262 - high * 0.8)],
            WHITE,
        )
    hills(p.middle, 262, 46, mix(mood.leaf, mood.light, 0.2), rng)
    hills(p.middle, 292, 30, mood.leaf, rng)
    x = rng.choice((130, 500))
    mill = p.middle.moved(x, 258)
    mill.polygon([(-22, 0), (-14, -90), (14, -90), (22, 0)], mix((240, 226, 206), mood.sky[0], 0.15), 1.5)
    mill.polygon([(-18, -88), (0, -112), (18, -88)], (176, 70, 62), 1.5)
    for k in range(4):
        angle = k * pi / 2 + 0.5
        mill.line([(0, -84), (62 * cos(angle), -84 + 62 * sin(angle))], mix((250, 244, 232), mood.sky[0], 0.2), 9)
        mill.line([(0, -84), (62 * cos(angle), -84 + 62 * sin(angle))], BLACK, 1.5)
    path = mix(mood.ground, mood.light, 0.2)
    p.middle.blob([(330, 268), (352, 268), (420, 310), (470, BOTTOM + 20), (200, BOTTOM + 20), (290, 310)], path)
    for _ in range(170):
        px, y = rng.uniform(LEFT, RIGHT), rng.uniform(290, BOTTOM)
        size = 1.5 + (y - 290) / 36
        p.middle.oval(px, y, size, size, rng.choice(((250, 110, 140), WHITE, (250, 214, 80), (186, 120, 220))))


def market(p: Painting, mood: Mood, rng: Random) -> None:
    """Stalls with striped awnings under strings of lanterns."""
    sky(p.far, mood, rng, 240, clouds=2)
    for x in range(LEFT, RIGHT, 150):
        house(p.far.moved(x + 60, 284, rng.uniform(2.0, 2.8)), mood, rng, (196, 160, 130), (92, 76, 96))
    p.middle.box(LEFT, 284, RIGHT - LEFT, BOTTOM - 284, mix(mood.stone, (120, 90, 80), 0.4))
    stripes = [(226, 70, 70), (52, 130, 170), (240, 170, 50), (90, 160, 90)]
    rng.shuffle(stripes)
    for number, x in enumerate(range(LEFT + 10, RIGHT, 196)):
        stall, colour = p.middle.moved(x, 292), mix(stripes[number % 4], mood.sky[0], 0.15)
        stall.box(0, -128, 6, 128, (92, 64, 56))
        stall.box(154, -128, 6, 128, (92, 64, 56))
        stall.box(0, -58, 160, 58, mix((150, 100, 70), mood.sky[0], 0.15), 1.5)
        for k in range(14):
            stall.oval(12 + k * 10.5, -64 + 3 * (k % 2), 7, 7, rng.choice(_FRUIT), 0.8)
        for k in range(8):
            stall.polygon([(-8 + k * 22, -112), (14 + k * 22, -112), (8 + k * 20, -150), (-8 + 8 + k * 20, -150)],
                          WHITE if k % 2 else colour, 1)  # fmt: skip
            stall.oval(3 + k * 22, -112, 11, 7, WHITE if k % 2 else colour)
        if mood.lit:
            stall.glow(80, -80, 130, LAMP, 0.5)
    for k in range(12):
        x, y = LEFT + 20 + k * 72, 34 + 22 * sin(k * 1.3)
        p.near.curve([(x - 76, 34 + 22 * sin((k - 1) * 1.3)), (x - 36, y + 20), (x, y)], BLACK, 1.4)
        lantern(p.near.moved(x, y + 6, 1.15), mix((250, 90, 60), LAMP, 0.4 * (k % 2)))


def lake(p: Painting, mood: Mood, rng: Random) -> None:
    """A lake that reflects mountains; a jetty with a boat."""
    sky(p.far, mood, rng, 200, clouds=4)
    shades = (mix((84, 100, 150), mood.sky[1], 0.5), mix((70, 90, 120), mood.leaf, 0.4))
    p.far.fade(200, BOTTOM - 200, mix(mood.sky[1], mood.water, 0.35), mix(mood.sky[0], mood.water, 0.6))
    for row, shade in enumerate(shades):
        for foot in range(LEFT, RIGHT + 200, 190):
            at, high = foot + rng.uniform(-50, 50), rng.uniform(70, 150) * (1 - 0.45 * row)
            for way, paint in ((-1, shade), (1, mix(shade, mood.water, 0.5))):
                p.far.polygon(
                    [(at - 150, 200), (at - 20, 200 + way * high), (at + 24, 200 + way * high * 0.86), (at + 160, 200)],
                    paint,
                )
            if not row:
                summit = [(at - 20, 200 - high), (at + 24, 200 - high * 0.86)]
                p.far.polygon([(at - 52, 200 - high * 0.75), *summit, (at + 8, 200 - high * 0.72)], WHITE)
    for foot in range(LEFT, RIGHT, 38):
        tree(p.middle.moved(foot, 214, rng.uniform(0.28, 0.5)), mood, rng, pine=True)
    for _ in range(26):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(222, BOTTOM)
        p.middle.line([(x, y), (x + rng.uniform(30, 90), y)], mix(mood.water, mood.light, 0.6), 1)
    wood = mix((150, 106, 76), mood.sky[0], 0.2)
    p.middle.polygon([(150, 296), (520, 296), (640, BOTTOM), (40, BOTTOM)], wood)
    for k in range(9):
        p.middle.line([(150 - k * 13, 296 + k * 13), (520 + k * 14, 296 + k * 13)], mix(wood, BLACK, 0.35), 1.5)
    p.middle.blob([(540, 270), (690, 266), (668, 298), (566, 298)], mix((70, 120, 150), mood.sky[0], 0.2), 2)
    p.middle.line([(600, 272), (640, 240)], (120, 90, 70), 4)


def hill(p: Painting, mood: Mood, rng: Random) -> None:
    """A grassy hill above the lights of a town."""
    sky(p.far, mood, rng, 290, clouds=1)
    for row in range(3):
        wall = mix(mix(mood.stone, mood.sky[1], 0.7 - 0.15 * row), BLACK, 0.22)
        x = float(LEFT)
        while x < RIGHT:
            wide, high = rng.uniform(9, 26), rng.uniform(8, 40 - 8 * row)
            p.far.box(x, 286 + 9 * row - high, wide, high + 60, wall)
            for _ in range(3):
                at = (x + rng.uniform(2, wide - 4), 288 + 9 * row - high + rng.uniform(1, high))
                p.far.box(*at, 2.6, 3.2, LAMP if mood.lit else mix(wall, WHITE, 0.5))
            x += wide + rng.uniform(0, 3)
    hills(p.middle, 316, 34, mix(mood.leaf, BLACK, 0.2), rng)
    tree(p.middle.moved(rng.choice((60, 590)), 304, 1.9), mood, rng)
    for _ in range(170):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(312, BOTTOM)
        p.middle.line(
            [(x, y), (x + rng.uniform(-4, 4), y - rng.uniform(6, 14))],
            mix(mood.leaf, mood.light, rng.uniform(0.1, 0.4)),
            1.5,
        )


def burst(p: Painting, mood: Mood, rng: Random) -> None:
    """A burst of radial lines, as behind a shout."""
    centre, colours = (
        (320 + rng.uniform(-60, 60), 170),
        (mix(mood.light, WHITE, 0.3), mix(mood.sky[0], mood.light, 0.25)),
    )
    p.far.box(LEFT, -MARGIN_Y, RIGHT - LEFT, BOTTOM + MARGIN_Y, colours[0])
    for k in range(64):
        angle, wide, inner = k * pi / 32 + rng.uniform(-0.03, 0.03), rng.uniform(0.008, 0.04), rng.uniform(90, 210)
        far = [(centre[0] + 700 * cos(angle + w), centre[1] + 700 * sin(angle + w)) for w in (-wide, wide)]
        p.far.polygon([(centre[0] + inner * cos(angle), centre[1] + inner * 0.8 * sin(angle)), *far], colours[1])


def dream(p: Painting, mood: Mood, rng: Random) -> None:
    """Pale discs of light on a gradient, for a memory."""
    p.far.fade(
        -MARGIN_Y, BOTTOM + MARGIN_Y, mix(mood.sky[1], (255, 190, 220), 0.5), mix(mood.sky[0], (190, 230, 255), 0.5)
    )
    for pen, count, amount in ((p.far, 46, 0.3), (p.middle, 16, 0.6)):
        for _ in range(count):
            x, y, size = rng.uniform(LEFT, RIGHT), rng.uniform(-40, BOTTOM), rng.uniform(8, 54)
            pen.glow(x, y, size * 1.4, WHITE, amount) if pen is p.far else pen.oval(x, y, size * 0.3, size * 0.3, WHITE)
