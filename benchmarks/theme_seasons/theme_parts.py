"""Openings and endings of a season as parts of its episodes: whole, shortened, longer, changed, or under speech."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from benchmarks.theme_seasons.material import Material
from benchmarks.theme_seasons.scenarios import Scenario
from benchmarks.theme_seasons.season_plan import Part, Reel, Track
from core.catalogue.segments import SegmentKind

_FULL_S: Final = 89.9
_LENGTH_S: Final = (60.0, 95.0)
_EXTENSION_S: Final = 18.0
_FADE_FRAMES: Final = 13
"""Fades are shorter than this many frames."""
_SNR_DB: Final = (-6.0, 6.0)


@dataclass(frozen=True, slots=True)
class ThemeContent:
    """Pictures and sound of a theme; both go on for 18 s after its usual end, which longer versions show."""

    name: str
    kind: SegmentKind
    length_s: float
    reel: Reel
    track: Track


class ThemeParts:
    """The themes of one season, and the part of an episode that each becomes."""

    def __init__(self, scenario: Scenario, material: Material, rng: np.random.Generator) -> None:
        self._scenario = scenario
        self._material = material
        self._rng = rng
        each = scenario.episodes if scenario.alone else 1
        self._openings = [self._theme(SegmentKind.OPENING, n) for n in range(scenario.openings * each)]
        self._endings = [self._theme(SegmentKind.ENDING, n) for n in range(scenario.endings * each)]

    def opening(self, number: int) -> Part | None:
        """The opening of episode `number`, counted from 0; `None` where it has none."""
        first = number == 0 and self._scenario.first_without_opening
        if not self._openings or first or self._is_missing():
            return None
        return self._varied(self._of(self._openings, number), number)

    def ending(self, number: int) -> Part | None:
        """The ending of episode `number`; at a finale it may be the opening, under dialogue."""
        if number == self._scenario.episodes - 1 and self._scenario.finale_ends_with_opening and self._openings:
            part = replace(self.part(self._openings[0]), kind=SegmentKind.ENDING)
            return self._under_speech(part, 0.0, part.length_s, "finale under dialogue")
        if not self._endings or self._is_missing():
            return None
        return self._varied(self._of(self._endings, number), number)

    def jingle(self, kind: SegmentKind, length_s: float) -> ThemeContent:
        """A short part of the season's own, such as a sponsor card; its kind is its name."""
        track = Track((self._material.song(length_s),))
        return ThemeContent(kind.value, kind, length_s, self._material.reel(length_s, theme=True), track)

    def part(self, content: ThemeContent) -> Part:
        """The whole theme, with credits of this episode where it is an opening or an ending."""
        titled = content.kind in {SegmentKind.OPENING, SegmentKind.ENDING}
        part = Part(content.kind, content.length_s, content.reel, 0.0, content.track, 0.0, content.name)
        return replace(
            part,
            credits_seed=int(self._rng.integers(1 << 30)) if titled else None,
            fade_in_frames=int(self._rng.integers(_FADE_FRAMES)),
            fade_out_frames=int(self._rng.integers(_FADE_FRAMES)),
        )

    def _theme(self, kind: SegmentKind, number: int) -> ThemeContent:
        length = _FULL_S if self._rng.random() < 0.6 else float(self._rng.uniform(*_LENGTH_S))
        track = Track((self._material.song(length + _EXTENSION_S),))
        reel = self._material.reel(length + _EXTENSION_S, theme=True)
        return ThemeContent(f"{kind.value} {number + 1}", kind, length, reel, track)

    def _of(self, themes: list[ThemeContent], number: int) -> ThemeContent:
        return themes[number * len(themes) // self._scenario.episodes]

    def _is_missing(self) -> bool:
        return self._rng.random() < self._scenario.missing

    def _varied(self, content: ThemeContent, number: int) -> Part:
        """The theme as the scenario has it in this episode."""
        part = self.part(content)
        if number and self._rng.random() < self._scenario.variants:
            part = self._variant(content, part)
        if self._rng.random() < self._scenario.overlays:
            length = part.length_s * float(self._rng.uniform(0.2, 0.6))
            start = float(self._rng.uniform(0, part.length_s - length))
            at_edge = self._rng.random()
            start = 0.0 if at_edge < 0.25 else part.length_s - length if at_edge < 0.5 else start
            part = self._under_speech(part, start, start + length, "speech over it")
        return part

    def _variant(self, content: ThemeContent, part: Part) -> Part:
        """Without its end, without its head, longer, under other pictures, or with another song."""
        rng = self._rng
        shortened = float(rng.uniform(0.55, 0.85)) * part.length_s
        changes = rng.integers(5)
        if changes == 0:
            return replace(part, length_s=shortened, tags=frozenset({"end cut off"}))
        if changes == 1:
            cut = part.length_s - shortened
            return replace(part, length_s=shortened, reel_s=cut, track_s=cut, tags=frozenset({"head cut off"}))
        if changes == 2:
            longer = part.length_s + float(rng.uniform(0.5, 1.0)) * _EXTENSION_S
            return replace(part, length_s=longer, tags=frozenset({"longer"}))
        if changes == 3:
            reel = self._material.reel(content.reel.length_s, theme=True)
            return replace(part, reel=reel, tags=frozenset({"other pictures"}))
        track = Track((self._material.song(content.reel.length_s),))
        return replace(part, track=track, tags=frozenset({"other song"}))

    def _under_speech(self, part: Part, from_s: float, to_s: float, tag: str) -> Part:
        level = float(self._rng.uniform(*_SNR_DB))
        speech = tuple(self._material.speech(from_s, to_s, share=0.85, level_db=level))
        return replace(part, speech=speech, tags=part.tags | {tag})
