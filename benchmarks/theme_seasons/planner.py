"""Planning of seasons from scenarios, sources and a seed."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from benchmarks.theme_seasons.encoding_choice import chapter_style, encoding
from benchmarks.theme_seasons.material import Material
from benchmarks.theme_seasons.scenarios import Scenario
from benchmarks.theme_seasons.season_plan import EpisodePlan, Part, Reel, SeasonPlan, Track
from benchmarks.theme_seasons.sources import Source, Sources, Split
from benchmarks.theme_seasons.theme_parts import ThemeContent, ThemeParts
from core.catalogue.segments import SegmentKind

PAL_SPEED: Final = 25 / 24
_PREVIEW_S: Final = (14.0, 30.0)
_RECAP_S: Final = (20.0, 60.0)


@dataclass(frozen=True, slots=True)
class _Story:
    """Pictures and sound of an episode's body, from which recaps and previews are cut."""

    reel: Reel
    track: Track

    @property
    def length_s(self) -> float:
        return self.reel.length_s

    def part(self, from_s: float, to_s: float, kind: SegmentKind | None = None, **more: object) -> Part:
        part = Part(kind, to_s - from_s, self.reel, from_s, self.track, from_s)
        return replace(part, **more)  # type: ignore[arg-type]  # fields of Part


def plan_season(
    scenario: Scenario, sources: Sources, split: Split, seed: int, number: int, *, minutes: float | None = None
) -> SeasonPlan:
    """The plan of the run's season `number`. `minutes` overrules the scenario's length of a body."""
    if minutes is not None:
        scenario = replace(scenario, body_s=(minutes * 54.0, minutes * 66.0))
    planner = _SeasonPlanner(scenario, sources, np.random.default_rng([seed, number]))
    name = f"Season {number + 1:02d} {scenario.name.title()}"
    return SeasonPlan(name, scenario.name, split, seed, planner.episodes())


class _SeasonPlanner:
    """Plans the episodes of one season."""

    def __init__(self, scenario: Scenario, sources: Sources, rng: np.random.Generator) -> None:
        self._scenario = scenario
        self._rng = rng
        self._material = Material(sources, rng)
        self._returning: list[Source] = self._material.returning_songs(scenario.returning_music)
        self._themes = ThemeParts(scenario, self._material, rng)
        lengths = rng.uniform(*scenario.body_s, scenario.episodes)
        self._stories = [
            _Story(self._material.reel(length), self._material.story(length, self._returning)) for length in lengths
        ]
        self._preview = self._themes.jingle(SegmentKind.PREVIEW, 1 + _PREVIEW_S[1])
        self._eyecatches = [self._themes.jingle(SegmentKind.EYECATCH, length) for length in rng.uniform(3, 6, 2)]
        self._sponsor = self._themes.jingle(SegmentKind.SPONSOR, float(rng.uniform(5, 10)))
        self._pal = self._some(scenario.pal_episodes)
        self._silent = self._some(scenario.silent_episodes)

    def episodes(self) -> tuple[EpisodePlan, ...]:
        """All episodes in order."""
        return tuple(self._episode(number) for number in range(self._scenario.episodes))

    def _some(self, count: int) -> frozenset[int]:
        """Episodes that have a trait: neither the first nor the last one."""
        if not count:
            return frozenset()
        return frozenset(map(int, self._rng.choice(np.arange(1, self._scenario.episodes - 1), count, replace=False)))

    def _episode(self, number: int) -> EpisodePlan:
        rng, scenario = self._rng, self._scenario
        parts = tuple(part for part in self._parts(number) if part.length_s > 0.05)
        silent, pal = number in self._silent, number in self._pal
        choice = encoding(rng, wild=scenario.wild, wide=scenario.wide, silent=silent, pal=pal)
        plays_themes = any(part.kind is SegmentKind.OPENING for part in parts)
        return EpisodePlan(
            number=number + 1,
            parts=parts,
            encoding=choice,
            chapters=chapter_style(rng, scenario.chapters, themes=plays_themes),
            chapter_seed=int(rng.integers(1 << 30)),
            level_db=float(rng.uniform(-8, 6)),
            tilt_db=float(rng.uniform(-5, 5)),
            speed=PAL_SPEED if pal else 1.0,
            seed=int(rng.integers(1 << 30)),
        )

    def _parts(self, number: int) -> list[Part]:
        """Recap, cold open, opening, sponsors, story with an eyecatch, ending, preview."""
        rng, scenario, story = self._rng, self._scenario, self._stories[number]
        parts: list[Part] = []
        if number and rng.random() < scenario.recaps:
            parts.append(self._recap(number))
        opening = self._themes.opening(number)
        split = 0.0
        if opening:
            if rng.random() < scenario.cold_opens:
                split = min(float(rng.uniform(*scenario.cold_open_s)), story.length_s / 3)
                parts.append(story.part(0.0, split, SegmentKind.COLD_OPEN))
            parts.append(opening)
        if scenario.sponsors:
            parts.append(self._jingle(self._sponsor))
        ending = self._themes.ending(number)
        epilogue = float(rng.uniform(10, 50)) if ending and rng.random() < 0.3 else 0.0
        middle = float(rng.uniform(0.45, 0.6)) * story.length_s
        end = story.length_s - epilogue
        if scenario.eyecatches:
            parts += [story.part(split, middle), self._jingle(self._eyecatches[0])]
            parts += [self._jingle(self._eyecatches[1])] if rng.random() < 0.5 else []
            split = middle
        parts.append(story.part(split, end))
        if ending:
            parts.append(ending)
        parts.append(story.part(end, story.length_s))
        if scenario.previews and number + 1 < scenario.episodes:
            parts.append(self._preview_part(number + 1))
        if scenario.sponsors and rng.random() < 0.5:
            parts.append(self._jingle(self._sponsor))
        return parts

    def _recap(self, number: int) -> Part:
        """A stretch of an earlier episode's story, as it was there."""
        earlier = self._stories[max(0, number - int(self._rng.integers(1, 3)))]
        length = min(float(self._rng.uniform(*_RECAP_S)), earlier.length_s / 3)
        start = float(self._rng.uniform(0, earlier.length_s - length))
        return earlier.part(start, start + length, SegmentKind.RECAP, theme="recap")

    def _preview_part(self, following: int) -> Part:
        """Pictures of the next story in the order of time, under the season's preview music with narration."""
        rng, story = self._rng, self._stories[following]
        length = float(rng.uniform(*_PREVIEW_S))
        speech = self._material.speech(0.0, length, share=0.8, level_db=float(rng.uniform(0, 6)))
        return replace(
            story.part(60.0, 60.0 + length, SegmentKind.PREVIEW, theme="preview", speech=tuple(speech)),
            track=self._preview.track,
            track_s=0.0,
        )

    def _jingle(self, content: ThemeContent) -> Part:
        return self._themes.part(content)
