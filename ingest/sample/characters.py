"""Characters of the sample show and a cat, drawn in any pose at any time."""

from dataclasses import dataclass
from math import pi, sin

import numpy as np

from ingest.sample.drawing import INK, Colour, Pen, Point, Points, mix, smooth

_WHITE: Colour = (255, 252, 248)
_MOUTH: Colour = (178, 62, 76)


@dataclass(frozen=True, slots=True)
class Character:
    """A character. The unit of drawing is half the width of the head; the feet are 6.6 below the middle of the head."""

    name: str
    hair: Colour
    style: str
    eyes: Colour
    top: Colour
    bottom: Colour
    ribbon: Colour
    skin: Colour = (255, 226, 206)
    skirt: bool = True
    glasses: bool = False
    scarf: Colour | None = None


@dataclass(frozen=True, slots=True)
class Pose:
    """A pose: `action` is one of stand, talk, walk, run, wave; `turn` -1..1 is the direction of the face."""

    action: str
    time_s: float
    turn: float = 0.0
    phase: float = 0.0

    @property
    def step(self) -> float:
        """Swing of arms and legs, -1..1."""
        pace = {"walk": 1.7, "run": 3.0}.get(self.action, 0.0)
        return sin(2 * pi * pace * self.time_s + self.phase) if pace else 0.0

    @property
    def mouth(self) -> float:
        """Opening of the mouth, 0..1."""
        if self.action not in ("talk", "wave"):
            return 0.0
        t = self.time_s * 9 + self.phase * 3
        return max(0.0, 0.55 * sin(t) + 0.45 * sin(t * 1.7 + 1)) if sin(self.time_s * 1.6 + self.phase) > -0.6 else 0.0

    @property
    def blinks(self) -> bool:
        """Whether the eyes are shut."""
        return (self.time_s + self.phase) % 2.3 < 0.12


def draw_character(pen: Pen, character: Character, pose: Pose) -> None:
    """Draw a character with the middle of the head at the pen's origin."""
    bob = 0.1 * abs(pose.step) if pose.step else 0.04 * sin(pose.time_s * 2 + pose.phase)
    sway = 0.16 * sin(pose.time_s * 2.4 + pose.phase) + 0.22 * pose.step
    body = pen.moved(0.12 * (pose.action == "run"), -bob)
    _back_hair(body, character, sway)
    _legs(body, character, pose, bob)
    _torso(body, character, pose)
    _head(body.moved(0.05 * sin(pose.time_s * 1.3 + pose.phase), 0), character, pose, sway)


def _legs(pen: Pen, character: Character, pose: Pose, bob: float) -> None:
    stride = (1.25 if pose.action == "run" else 0.8) * pose.step
    shoe = mix(character.bottom, INK, 0.55)
    for side in (-1, 1):
        reach = stride * side
        lift = max(0.0, reach) * 0.35
        hip, knee = (0.34 * side, 3.5), (0.36 * side + reach * 0.55, 4.9 - lift * 0.4)
        foot = (0.36 * side + reach, 6.25 + bob - lift)
        pen.limb([hip, knee, foot], character.skin if character.skirt else character.bottom, 0.42, 0.05)
        pen.oval(foot[0] + 0.14 * (pose.turn or 0.5), foot[1] + 0.14, 0.4, 0.2, shoe, 0.05)


def _torso(pen: Pen, character: Character, pose: Pose) -> None:
    swing, top = 0.75 * pose.step, character.top
    far, near = (-1, 1) if pose.turn >= 0 else (1, -1)
    _arm(pen, character, far, -swing * far, raised=None)
    shadow = mix(top, INK, 0.18)
    if character.skirt:
        hem = [(-0.66, 2.9), (0.66, 2.9), (1.12, 4.15), (0.4, 4.3), (-0.4, 4.3), (-1.12, 4.15)]
        pen.polygon(hem, character.bottom, 0.055)
        for x in (-0.45, 0.0, 0.45):
            pen.line([(x * 0.7, 3.1), (x * 1.3, 4.2)], mix(character.bottom, INK, 0.35), 0.05)
    else:
        pen.polygon([(-0.66, 2.9), (0.66, 2.9), (0.72, 3.9), (-0.72, 3.9)], character.bottom, 0.055)
    pen.box(-0.24, 0.75, 0.48, 0.75, mix(character.skin, (206, 130, 120), 0.45))
    pen.blob([(-0.3, 1.22), (-0.98, 1.5), (-0.82, 2.4), (-0.74, 3.2), (0.74, 3.2), (0.82, 2.4), (0.98, 1.5),
              (0.3, 1.22)], top, 0.055)  # fmt: skip
    pen.polygon([(0.35, 1.5), (0.86, 1.55), (0.7, 3.15), (0.3, 3.15)], shadow)
    if character.scarf:
        pen.blob(
            [(-0.8, 1.15), (0.0, 1.42), (0.8, 1.15), (0.86, 1.6), (0.0, 1.86), (-0.86, 1.6)], character.scarf, 0.055
        )
        pen.polygon([(0.25, 1.7), (0.68, 1.6), (0.78, 2.9), (0.36, 2.95)], character.scarf, 0.055)
    else:
        pen.polygon([(-0.52, 1.22), (0.0, 1.95), (-0.22, 2.1), (-0.75, 1.4)], _WHITE, 0.05)
        pen.polygon([(0.52, 1.22), (0.0, 1.95), (0.22, 2.1), (0.75, 1.4)], _WHITE, 0.05)
        pen.polygon([(0, 1.9), (0.3, 2.35), (0.0, 2.2), (-0.3, 2.35)], character.ribbon, 0.05)
    raised = sin(pose.time_s * 9) if pose.action == "wave" else None
    _arm(pen, character, near, -swing * near, raised)


def _arm(pen: Pen, character: Character, side: int, swing: float, raised: float | None) -> None:
    shoulder = (0.86 * side, 1.72)
    if raised is None:
        elbow, hand = (1.12 * side + swing * 0.4, 2.6), (1.02 * side + swing, 3.4)
    else:
        elbow, hand = (1.62 * side, 1.9), (1.75 * side + 0.3 * raised, 0.65)
    wrist = (hand[0] * 0.72 + elbow[0] * 0.28, hand[1] * 0.72 + elbow[1] * 0.28)
    pen.oval(*hand, 0.26, 0.28, character.skin, 0.05)
    pen.limb([shoulder, elbow, wrist], mix(character.top, INK, 0.06), 0.44, 0.05)


def _back_hair(pen: Pen, character: Character, sway: float) -> None:
    shade = mix(character.hair, INK, 0.28)
    if character.style == "long":
        pen.blob([(-0.9, -0.7), (-1.18, 0.6), (-1.2 + sway, 2.3), (-0.9 + sway, 3.1), (-0.4 + sway, 2.75),
                  (0.4 + sway, 2.75), (0.9 + sway, 3.1), (1.2 + sway, 2.3), (1.18, 0.6), (0.9, -0.7)],
                 shade, 0.055)  # fmt: skip
    elif character.style == "tails":
        for side in (-1, 1):
            pen.blob([(0.85 * side, -0.75), (1.5 * side, -0.85), (2.0 * side + sway, 0.2), (1.95 * side + sway, 1.9),
                      (1.55 * side + sway, 2.4), (1.35 * side, 0.9)], character.hair, 0.055)  # fmt: skip
            pen.oval(0.98 * side, -0.72, 0.24, 0.24, character.ribbon, 0.05)
    elif character.style == "pony":
        pen.blob([(-0.5, -1.1), (-1.4, -1.2), (-2.0 + sway, -0.2), (-1.9 + sway, 1.5), (-1.5 + sway, 2.0),
                  (-1.25, 0.4)], shade, 0.055)  # fmt: skip
        pen.oval(-0.82, -0.98, 0.27, 0.27, character.ribbon, 0.05)
    elif character.style == "bob":
        pen.blob([(-0.95, -0.6), (-1.2, 0.5), (-1.08 + sway * 0.3, 1.2), (0, 1.3), (1.08 + sway * 0.3, 1.2), (1.2, 0.5),
                  (0.95, -0.6)], shade, 0.055)  # fmt: skip
    elif character.style == "bun":
        pen.oval(0.1, -1.35, 0.5, 0.46, character.hair, 0.055)
        pen.oval(0.1, -1.02, 0.36, 0.16, character.ribbon, 0.05)


def _head(pen: Pen, character: Character, pose: Pose, sway: float) -> None:
    turn = pose.turn
    for side in (-1, 1):
        pen.oval(0.86 * side - 0.12 * turn, 0.2, 0.16, 0.24, mix(character.skin, (214, 120, 110), 0.3), 0.05)
    pen.blob([(-0.86, -0.2), (-0.82, 0.38), (-0.5, 0.8), (0.08 * turn, 1.04), (0.5, 0.8), (0.82, 0.38), (0.86, -0.2),
              (0.55, -0.85), (-0.55, -0.85)], character.skin, 0.055)  # fmt: skip
    face = pen.moved(0.24 * turn, 0)
    face.polygon([(-0.95, -0.3), (0.62, -0.3), (0.5, -0.02), (0, 0.05), (-0.6, -0.04)],
                 mix(character.skin, (214, 140, 130), 0.35))  # fmt: skip
    for side in (-1, 1):
        squeeze = 1 - 0.28 * max(0.0, turn * side)
        _eye(face.moved(0.41 * side * (1 - 0.1 * abs(turn)), 0.21, 1.15), character, squeeze, side, shut=pose.blinks)
        face.oval(0.52 * side, 0.56, 0.15, 0.07, mix(character.skin, (244, 110, 110), 0.4))
    face.line([(0.03, 0.5), (0.0, 0.54)], mix(character.skin, INK, 0.5), 0.05)
    if pose.mouth > 0.15:
        face.oval(0, 0.74, 0.15, 0.04 + 0.13 * pose.mouth, _MOUTH, 0.05)
    else:
        face.curve([(-0.16, 0.7), (0, 0.76), (0.16, 0.7)], mix(_MOUTH, INK, 0.5), 0.05)
    if character.glasses:
        for side in (-1, 1):
            face.line(_ring(0.4 * side, 0.22, 0.3), INK, 0.05)
        face.line([(-0.1, 0.18), (0.1, 0.18)], INK, 0.05)
    _front_hair(pen, character, turn, sway)


def _ring(x: float, y: float, radius: float) -> list[Point]:
    return [(x + radius * sin(k * pi / 8), y + radius * sin(k * pi / 8 + pi / 2)) for k in range(17)]


def _eye(pen: Pen, character: Character, squeeze: float, side: int, *, shut: bool) -> None:
    pen.curve(
        [(-0.2, -0.42 + 0.04 * side), (0.0, -0.5), (0.2, -0.42 - 0.04 * side)], mix(character.hair, INK, 0.5), 0.05
    )
    if shut:
        pen.curve([(-0.22, 0.02), (0, 0.1), (0.22, 0.02)], INK, 0.08)
        return
    pen.oval(0, 0, 0.21 * squeeze, 0.27, _WHITE)
    pen.oval(0, 0.02, 0.165 * squeeze, 0.25, mix(character.eyes, INK, 0.45))
    pen.oval(0, 0.09, 0.14 * squeeze, 0.17, character.eyes)
    pen.oval(0, 0.03, 0.07 * squeeze, 0.11, INK)
    pen.oval(-0.06 * squeeze, -0.08, 0.065, 0.08, _WHITE)
    pen.oval(0.07 * squeeze, 0.13, 0.035, 0.04, _WHITE)
    pen.curve([(-0.25 * squeeze, -0.08), (-0.1, -0.27), (0.1, -0.27), (0.25 * squeeze, -0.08)], INK, 0.085)


def _front_hair(pen: Pen, character: Character, turn: float, sway: float) -> None:
    hair, light, dx = character.hair, mix(character.hair, _WHITE, 0.4), 0.2 * turn
    crown: Points | list[Point] = smooth(
        [(1.0, 0.1), (1.08, -0.45), (0.68, -1.14), (0.0, -1.33), (-0.68, -1.14), (-1.08, -0.45), (-1.0, 0.1)],
        closed=False,
    )
    if character.style == "spiky":
        crown = [(1.0, 0.2), (1.3, -0.3), (1.02, -0.5), (1.15, -1.0), (0.72, -1.0), (0.5, -1.48), (0.14, -1.16),
                 (-0.3, -1.5), (-0.52, -1.06), (-1.02, -1.12), (-0.98, -0.55), (-1.3, -0.35), (-1.0, 0.2)]  # fmt: skip
    fringe = [(-0.84, -0.12), (-0.72 + dx, -0.42), (-0.5 + dx, 0.04), (-0.3 + dx, -0.36), (-0.02 + dx, 0.1),
              (0.2 + dx, -0.36), (0.48 + dx, 0.02), (0.68 + dx, -0.4), (0.84, -0.12)]  # fmt: skip
    pen.polygon(np.concatenate([crown, fringe]), hair, 0.055)
    if character.style != "spiky":
        for side in (-1, 1):
            tip = (0.9 * side + sway * 0.5, 1.25 if character.style in ("long", "bob") else 0.75)
            pen.polygon(
                [(1.0 * side, -0.35), (1.06 * side, 0.3), tip, (0.74 * side, 0.25), (0.76 * side, -0.3)], hair, 0.05
            )
    pen.curve([(-0.62 + dx, -0.68), (-0.3 + dx, -0.86), (0.1 + dx, -0.88), (0.5 + dx, -0.74)], light, 0.13)
    if character.style in ("long", "bob"):
        pen.polygon([(0.6, -1.0), (1.1, -1.35), (1.05, -0.85), (0.75, -0.85), (0.4, -0.62), (0.32, -1.1)],
                    character.ribbon, 0.05)  # fmt: skip


def draw_cat(pen: Pen, colour: Colour, time_s: float, *, walks: bool) -> None:
    """Draw a cat; the unit is the size of its head, its feet are 2 below the origin."""
    step = sin(time_s * 9) * 0.3 if walks else 0.0
    tail = 0.4 * sin(time_s * 2.2)
    pen.limb([(-1.5, 0.7), (-2.3, 0.2), (-2.4 + tail, -0.9)], colour, 0.3, 0.05)
    for x, swing in ((-1.2, step), (-0.8, -step), (0.2, step), (0.6, -step)):
        pen.limb([(x, 1.2), (x + swing, 1.95)], mix(colour, INK, 0.1), 0.34, 0.05)
    pen.blob([(-1.7, 0.7), (-0.9, 0.15), (0.3, 0.2), (0.8, 0.8), (0.3, 1.45), (-1.3, 1.45)], colour, 0.055)
    head = pen.moved(0.75, 0.05 * sin(time_s * 3))
    for side in (-1, 1):
        head.polygon([(0.25 * side, -0.5), (0.72 * side, -1.15), (0.85 * side, -0.2)], colour, 0.055)
    head.oval(0, 0, 0.95, 0.78, colour, 0.055)
    for side in (-1, 1):
        head.oval(0.38 * side, -0.02, 0.2, 0.24 if time_s % 2.1 > 0.15 else 0.03, (250, 214, 92))
        head.oval(0.38 * side, 0.0, 0.07, 0.18 if time_s % 2.1 > 0.15 else 0.03, INK)
    head.polygon([(-0.09, 0.2), (0.09, 0.2), (0, 0.3)], (240, 150, 150))
    head.curve([(-0.25, 0.36), (-0.1, 0.42), (0, 0.3), (0.1, 0.42), (0.25, 0.36)], mix(colour, _WHITE, 0.5), 0.05)
