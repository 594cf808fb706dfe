"""The storyboard of the sample show: place, mood, characters and camera of each scene. All of it is original."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ingest.sample import interiors, landscapes, places
from ingest.sample.characters import Character
from ingest.sample.drawing import Camera, Painting
from ingest.sample.places import MOODS, Mood

SHOW = "Paper Lanterns"
SEASONS = ("Spring", "Winter")
EPISODES = (("The Ferry", "Rain on the Roof", "Night Market"), ("First Snow", "The Lighthouse", "Letters Home"))

_SCARF = {"Mio": (240, 190, 70), "Ren": (200, 60, 60), "Suzu": (150, 200, 240), "Hana": (250, 250, 250)}
_CAST = {
    character.name: character
    for character in (
        Character("Mio", (214, 84, 52), "long", (52, 140, 110), (56, 74, 132), (46, 58, 104), (250, 214, 92)),
        Character(
            "Ren", (52, 66, 120), "spiky", (70, 110, 190), (196, 200, 206), (70, 74, 92), (214, 84, 52), skirt=False
        ),
        Character(
            "Suzu", (70, 150, 104), "bob", (160, 110, 50), (246, 204, 92), (120, 86, 70), (240, 120, 140), glasses=True
        ),
        Character("Hana", (246, 154, 182), "tails", (150, 80, 170), (252, 250, 250), (178, 214, 240), (120, 190, 230)),
        Character(
            "Tomo", (120, 78, 52), "pony", (90, 60, 40), (200, 70, 80), (60, 60, 70), (250, 250, 250), skirt=False
        ),
        Character("Aki", (236, 206, 120), "bun", (60, 120, 200), (140, 100, 170), (90, 60, 120), (200, 60, 90)),
    )
}
CAT = "cat"


@dataclass(frozen=True, slots=True)
class Role:
    """A character in a scene: its action, its way from `x` to `to_x`, its head's `y`, and half its head's width in
    pixels.
    """

    name: str
    action: str
    x: float
    to_x: float
    y: float
    size: float
    turn: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A shot: a place in a mood, its characters, the effect in the `air`, and the camera's start and end."""

    name: str
    place: Callable[[Painting, Mood, Random], None]
    mood: str
    roles: tuple[Role, ...]
    air: str = ""
    camera: tuple[Camera, Camera] = (Camera(), Camera())
    title: str = ""


def character_of(role: Role, season: int) -> Character:
    """The character as dressed in a season; with scarf and darker clothes in winter."""
    character = _CAST[role.name]
    if season % 2:
        return character
    red, green, blue = character.top
    return replace(
        character, scarf=_SCARF.get(role.name, (120, 190, 160)), top=(red * 3 // 4, green * 2 // 3, blue * 4 // 5)
    )


def opening(season: int) -> tuple[Scene, ...]:
    """The three shots of a season's opening."""
    return _OPENINGS[(season - 1) % 2]


def scenes(season: int, episode: int) -> tuple[Scene, ...]:
    """The six shots of an episode; the first one is before the opening."""
    return _EPISODES[(season - 1) % 2][(episode - 1) % 3]


def _close(name: str, action: str, turn: float = 0.4, x: float = 320) -> Role:
    return Role(name, action, x, x, 188, 82, turn)


def _half(name: str, action: str, x: float, turn: float = 0.4, size: float = 44) -> Role:
    return Role(name, action, x, x, 182, size, turn)


def _full(name: str, action: str, x: float, to_x: float | None = None, size: float = 21, ground: float = 326) -> Role:
    to_x = x if to_x is None else to_x
    turn = 0.0 if to_x == x else 0.8 if to_x > x else -0.8
    return Role(name, action, x, to_x, ground - 6.4 * size, size, turn or (0.4 if x < 320 else -0.4))


def _cat(x: float, to_x: float, size: float = 17, ground: float = 334) -> Role:
    return Role(CAT, "walk" if to_x != x else "stand", x, to_x, ground - 2 * size, size, 1 if to_x >= x else -1)


_PAN_RIGHT = (Camera(x=-50), Camera(x=50))
_PAN_LEFT = (Camera(x=50), Camera(x=-50))
_RISE = (Camera(y=24), Camera(y=-20))
_IN = (Camera(), Camera(zoom=1.18))
_OUT = (Camera(zoom=1.2), Camera())

_SPRING = (
    (
        Scene("The ferry leaves", places.ferry, "noon",
              (_full("Mio", "wave", 230, size=24), _full("Ren", "stand", 420, size=25)), camera=_PAN_RIGHT),
        Scene("The cat at the harbour", places.harbour, "morning", (_cat(120, 420, 24),)),
        Scene("Down the street", places.street, "morning",
              (_full("Mio", "walk", 130, 330), _full("Suzu", "walk", 60, 262)), "petals", _PAN_RIGHT),
        Scene("A lesson", interiors.classroom, "morning",
              (_half("Ren", "talk", 250), _half("Tomo", "stand", 470, -0.7, 40))),
        Scene("Hana on the roof", places.rooftop, "sunset", (_close("Hana", "talk", -0.5, 300),), "petals"),
        Scene("Mio cannot sleep", interiors.bedroom, "night", (_half("Mio", "stand", 330, 0.7, 46),), camera=_IN),
    ),
    (
        Scene("The slow train", interiors.train, "rain",
              (_half("Suzu", "talk", 240, 0.8, 40), _half("Aki", "stand", 400, -0.6, 40))),
        Scene("Run for shelter", places.forest, "rain", (_full("Ren", "run", 60, 520, 23),), "rain"),
        Scene("The red gates", places.shrine, "noon", (_full("Aki", "walk", 470, 250, 20),), "petals", _RISE),
        Scene("Among the books", interiors.library, "morning", (_close("Suzu", "talk", 0.5, 350),)),
        Scene("A memory", landscapes.dream, "morning", (_close("Mio", "wave", -0.3, 300),), "fireflies"),
        Scene("The jetty", landscapes.lake, "sunset",
              (_full("Tomo", "wave", 290, size=26), _cat(430, 430, 15)), camera=_OUT),
    ),
    (
        Scene("Over the meadow", landscapes.field, "noon",
              (_full("Mio", "run", 110, 480, 20), _cat(20, 390, 12)), "petals"),
        Scene("Cake for two", interiors.cafe, "sunset",
              (_half("Hana", "talk", 220, 0.7, 42), _half("Suzu", "talk", 430, -0.7, 42))),
        Scene("Tomo objects", landscapes.burst, "noon", (_close("Tomo", "talk", 0.2),)),
        Scene("The night market", landscapes.market, "night",
              (_full("Mio", "walk", 380, 240, 23), _full("Ren", "walk", 460, 320, 24)), "", _PAN_LEFT),
        Scene("Lights on the water", landscapes.river, "sunset",
              (_half("Aki", "stand", 420, -0.8, 36),), "fireflies", _IN),
        Scene("Fireworks", landscapes.hill, "night",
              (_full("Hana", "wave", 250, size=18, ground=340),
               _full("Suzu", "stand", 330, size=18, ground=340)), "fireworks"),
    ),
)  # fmt: skip
_WINTER = (
    (
        Scene("Snow at the window", interiors.train, "snow", (_close("Mio", "stand", 0.8, 260),), "snow"),
        Scene("White street", places.street, "snow", (_full("Tomo", "walk", 480, 260, 24), _cat(420, 190, 15)), "snow"),
        Scene("Cocoa", interiors.cafe, "night", (_half("Ren", "talk", 320, -0.3, 50),)),
        Scene("The frozen lake", landscapes.lake, "aurora",
              (_full("Hana", "run", 160, 420, 17), _full("Aki", "run", 90, 330, 17)), "snow", _PAN_RIGHT),
        Scene("Suzu forgets", landscapes.burst, "sunset", (_close("Suzu", "talk", -0.4),)),
        Scene("Lamps along the river", landscapes.river, "night",
              (_full("Mio", "walk", 500, 330, 18, 344),), "lanterns"),
    ),
    (
        Scene("The last boat", places.ferry, "sunset", (_half("Aki", "stand", 250, 0.8, 48),), camera=_IN),
        Scene("Leaves on the stair", places.shrine, "autumn",
              (_full("Suzu", "walk", 240, 330, 22), _full("Hana", "wave", 440, size=22)), "leaves"),
        Scene("The lighthouse", places.harbour, "night", (_full("Ren", "walk", 230, 380, 24),), "", _RISE),
        Scene("After school", interiors.classroom, "sunset", (_close("Tomo", "talk", -0.6, 300),)),
        Scene("What the fox saw", places.forest, "aurora", (_cat(460, 180, 30, 330),), "fireflies", _PAN_LEFT),
        Scene("Lamplight", interiors.library, "night",
              (_half("Mio", "talk", 250, 0.7, 40), _half("Ren", "stand", 420, -0.7, 40))),
    ),
    (
        Scene("Letters", interiors.bedroom, "snow", (_half("Hana", "talk", 340, -0.5, 54),), camera=_OUT),
        Scene("Winter stalls", landscapes.market, "snow",
              (_full("Aki", "walk", 120, 380, 26), _cat(60, 300, 14)), "snow"),
        Scene("On the roof again", places.rooftop, "night",
              (_full("Ren", "stand", 380, size=27), _full("Suzu", "talk", 250, size=26))),
        Scene("The mill", landscapes.field, "autumn", (_half("Tomo", "wave", 400, -0.3, 38),), "leaves", _PAN_RIGHT),
        Scene("What was said", landscapes.dream, "aurora", (_close("Aki", "talk", 0.3, 350),), "snow"),
        Scene("Paper lanterns", landscapes.hill, "aurora",
              (_full("Mio", "stand", 270, size=20, ground=342), _full("Ren", "stand", 350, size=20, ground=342),
               _cat(430, 430, 11, 344)), "lanterns"),
    ),
)  # fmt: skip
_EPISODES = (_SPRING, _WINTER)
_OPENINGS = (
    (
        Scene("Opening: the title", landscapes.hill, "sunset", (), "lanterns", _RISE, SHOW),
        Scene("Opening: the run", landscapes.field, "morning",
              (_full("Mio", "run", 330, 420, 26), _full("Ren", "run", 200, 300, 26), _full("Hana", "run", 80, 180, 26)),
              "petals", _PAN_RIGHT),
        Scene("Opening: Mio", landscapes.burst, "morning", (_close("Mio", "wave", 0.3),), "petals", _IN),
    ),
    (
        Scene("Opening: the title", landscapes.lake, "night", (), "lanterns", _RISE, SHOW),
        Scene("Opening: everybody", landscapes.dream, "snow",
              tuple(_full(who, "wave", 90 + 92 * k, size=21, ground=322) for k, who in enumerate(_CAST)), "snow", _OUT),
        Scene("Opening: Hana", landscapes.burst, "snow", (_close("Hana", "wave", -0.3),), "snow", _IN),
    ),
)  # fmt: skip


def mood_of(scene: Scene) -> Mood:
    """The colours of a scene."""
    return MOODS[scene.mood]
