"""Scenarios: what is hard about a season."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scenario:
    """Traits of a season. Shares are of its episodes, `*_s` are ranges in seconds, counts are of different themes.

    `alone`: openings and endings are each in one episode only. `wide`: pictures of 256 × 144 at usual
    rates, instead of 128 × 72 at 12 a second: most of what is hard is heard, and rendering takes time.
    """

    name: str
    episodes: int
    body_s: tuple[float, float] = (130.0, 210.0)
    openings: int = 1
    endings: int = 1
    alone: bool = False
    cold_opens: float = 0.6
    cold_open_s: tuple[float, float] = (10.0, 110.0)
    sponsors: bool = False
    recaps: float = 0.0
    previews: bool = False
    eyecatches: bool = False
    returning_music: int = 0
    overlays: float = 0.0
    variants: float = 0.0
    first_without_opening: bool = False
    finale_ends_with_opening: bool = False
    missing: float = 0.0
    wild: bool = False
    pal_episodes: int = 0
    silent_episodes: int = 0
    chapters: float = 0.3
    wide: bool = False

    @property
    def shares_nothing(self) -> bool:
        """Whether no opening or ending is in two episodes."""
        return self.alone or not (self.openings or self.endings)


SCENARIOS: Final = (
    Scenario("clean", 7, previews=True, wide=True),
    Scenario("two themes", 10, openings=2, endings=2, sponsors=True, eyecatches=True, first_without_opening=True),
    Scenario("nothing", 7, openings=0, endings=0, returning_music=3, eyecatches=True, previews=True, recaps=0.4),
    Scenario(
        "overlays", 8, overlays=0.7, returning_music=2, previews=True, finale_ends_with_opening=True, missing=0.1
    ),
    Scenario("single", 1, alone=True),
    Scenario("single", 1, openings=0, endings=0),
    Scenario("variants", 8, variants=0.5, eyecatches=True, wide=True),
    Scenario("unrelated", 2, alone=True),
    Scenario("recaps", 8, recaps=0.7, returning_music=4, previews=True, eyecatches=True, sponsors=True),
    Scenario("nothing", 7, openings=0, endings=0, returning_music=2, wild=True, recaps=0.3, wide=True),
    Scenario("encodings", 8, wild=True, pal_episodes=1, silent_episodes=1, overlays=0.2, eyecatches=True, wide=True),
    Scenario("two episodes", 2, previews=True, overlays=0.3),
    Scenario("unrelated", 2, openings=0, endings=0, wide=True),
    Scenario(
        "hard", 10, openings=2, endings=2, sponsors=True, recaps=0.3, previews=True, eyecatches=True,
        returning_music=3, overlays=0.4, variants=0.2, first_without_opening=True, finale_ends_with_opening=True,
        missing=0.1, wild=True,
    ),
    Scenario("nothing", 6, openings=0, endings=0, returning_music=3, eyecatches=True, sponsors=True, previews=True),
    Scenario(
        "full length", 6, body_s=(1150.0, 1220.0), previews=True, eyecatches=True, returning_music=3, overlays=0.2,
    ),
    Scenario("single", 1, alone=True, wide=True),
    Scenario("nothing", 5, openings=0, endings=0, returning_music=2, previews=True, wide=True),
)  # fmt: skip
"""The seasons of a run, in this order; three in ten of all episodes share nothing."""
