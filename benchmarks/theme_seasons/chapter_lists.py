"""Chapters of rendered episodes, with names as releases have them."""

from typing import Final

import numpy as np

from benchmarks.theme_seasons.season_plan import ChapterStyle, EpisodePlan
from core.catalogue.segments import SegmentKind
from core.themes.episode_track import Chapter
from core.timecode import Millis

_NAMES: Final = (
    ("Opening", "Ending", "Prologue", "Part A", "Part B", "Preview", "Eyecatch", "Recap", "Sponsor"),
    ("OP", "ED", "Avant", "A", "B", "PV", "Eyecatch", "Recap", "Sponsors"),
    ("オープニング", "エンディング", "アバン", "Aパート", "Bパート", "次回予告", "アイキャッチ", "あらすじ", "提供"),
    ("片头曲", "片尾曲", "序章", "正片 A", "正片 B", "下集预告", "中场", "前情提要", "赞助"),
    ("Intro", "Outro", "Cold Open", "Episode", "Episode", "Next Episode", "Break", "Previously", "Sponsor"),
)
_ORDER: Final = (
    SegmentKind.OPENING,
    SegmentKind.ENDING,
    SegmentKind.COLD_OPEN,
    None,
    None,
    SegmentKind.PREVIEW,
    SegmentKind.EYECATCH,
    SegmentKind.RECAP,
    SegmentKind.SPONSOR,
)
_EVERY_S: Final = (120.0, 330.0)
_LATE_S: Final = (5.0, 45.0)


def chapters(plan: EpisodePlan) -> list[Chapter]:
    """The chapters of an episode in its own style; none in most."""
    rng = np.random.default_rng(plan.chapter_seed)
    if plan.chapters is ChapterStyle.NONE:
        return []
    if plan.chapters is ChapterStyle.EVEN:
        every = float(rng.uniform(*_EVERY_S))
        starts = list(np.arange(0.0, plan.length_s - 1, every))
        return _listed(starts, [f"Chapter {number + 1:02d}" for number in range(len(starts))], plan.length_s)
    starts = list(plan.starts_s[:-1])
    if plan.chapters is ChapterStyle.UNNAMED:
        return _listed(starts, [f"Chapter {number + 1:02d}" for number in range(len(starts))], plan.length_s)
    names = _NAMES[int(rng.integers(len(_NAMES)))]
    titles = []
    for part in plan.parts:
        index = _ORDER.index(part.kind) if part.kind else 4 if names[3] in titles else 3
        titles.append(names[index])
    if plan.chapters is ChapterStyle.LATE:
        late = float(rng.uniform(*_LATE_S))
        starts = [min(start + late, plan.length_s - 0.1 * (len(starts) - n)) for n, start in enumerate(starts)]
        starts[0] = 0.0
    return _listed(starts, titles, plan.length_s)


def _listed(starts: list[float], titles: list[str], length_s: float) -> list[Chapter]:
    ends = [*starts[1:], length_s]
    return [
        Chapter(title, Millis(round(start * 1000)), Millis(round(end * 1000)))
        for title, start, end in zip(titles, starts, ends, strict=True)
    ]
