"""Render runs: the seasons of a split from a seed, several episodes at a time."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import log_line
from benchmarks.theme_seasons.footage import FootageShelf
from benchmarks.theme_seasons.planner import plan_season
from benchmarks.theme_seasons.rendering import render_episode
from benchmarks.theme_seasons.scenarios import SCENARIOS
from benchmarks.theme_seasons.season_plan import EpisodePlan, SeasonPlan
from benchmarks.theme_seasons.soundtrack import SoundShelf
from benchmarks.theme_seasons.sources import Sources, Split
from benchmarks.theme_seasons.truth import episode_file, true_season, write_truth


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """Where seasons go, their seed, which of the scenarios, and episodes rendered at a time.

    `minutes`: length of a body. `cache`: a folder for decoded sources, which makes a second run faster.
    """

    folder: Path
    split: Split
    seed: int
    numbers: Sequence[int]
    jobs: int = 1
    minutes: float | None = None
    cache: Path | None = None


def render_seasons(spec: RenderSpec, sources: Sources) -> None:
    """Render the seasons; those whose truth is there already are passed over."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(spec.jobs, _start, (spec.cache,)) as pool:
        for number in spec.numbers:
            plan = plan_season(SCENARIOS[number], sources, spec.split, spec.seed, number, minutes=spec.minutes)
            folder = spec.folder / plan.name
            season = true_season(plan, folder)
            if (folder / "truth.json").exists():
                continue
            folder.mkdir(parents=True, exist_ok=True)
            jobs = [(episode, folder / episode_file(plan, episode)) for episode in plan.episodes]
            for done, _ in enumerate(pool.imap_unordered(_render, jobs), 1):
                log_line(f"{plan.name}: {done} of {len(jobs)}")
            write_truth(season, folder)


def planned(sources: Sources, split: Split, seed: int, numbers: Sequence[int]) -> list[SeasonPlan]:
    """The plans of seasons, without rendering them."""
    return [plan_season(SCENARIOS[number], sources, split, seed, number) for number in numbers]


_shelves: list[tuple[FootageShelf, SoundShelf]] = []
"""What a process of the pool has loaded."""


def _start(cache: Path | None) -> None:
    _shelves.append((FootageShelf(cache), SoundShelf(cache)))


def _render(job: tuple[EpisodePlan, Path]) -> None:
    plan, target = job
    if target.exists():  # of a run that was stopped
        return
    render_episode(plan, target, *_shelves[0])
