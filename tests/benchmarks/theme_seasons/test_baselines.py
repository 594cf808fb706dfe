"""Baselines: fixed times, and the matcher of pairs on points with a common stretch."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.theme_seasons.baselines.chromaprint_points import POINT_S, points_of
from benchmarks.theme_seasons.baselines.fixed_times import FixedTimes
from benchmarks.theme_seasons.baselines.pair_matcher import match_pair
from benchmarks.theme_seasons.systems import Episode
from benchmarks.theme_seasons.truth import TrueEpisode
from core.catalogue.segments import SegmentKind
from core.domain import FileId
from core.themes.episode_track import EpisodeTrack, SoundFingerprint
from core.timecode import Millis


def _points(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, 1 << 32, count, dtype=np.uint32)


def test_fixed_times_are_the_first_and_the_last_90_s() -> None:
    track = EpisodeTrack(FileId(1), Millis(600_000), None, None)
    (spans,) = FixedTimes().find([Episode(TrueEpisode(Path("a"), 600.0, (), frozenset()), track)])
    assert [(span.kind, span.start_s, span.end_s) for span in spans] == [
        (SegmentKind.OPENING, 0.0, 90.0),
        (SegmentKind.ENDING, 510.0, 600.0),
    ]


def test_the_common_stretch_of_a_pair_is_its_range() -> None:
    rng = np.random.default_rng(0)
    theme = _points(rng, 400)
    first = np.concatenate([_points(rng, 100), theme, _points(rng, 500)])
    second = np.concatenate([_points(rng, 300), theme ^ np.uint32(1 << 7), _points(rng, 300)])
    second[350] = theme[50]  # a word that is equal leads to the shift
    pair = match_pair(first, second)
    assert pair
    assert pair[0] == pytest.approx((100 * POINT_S, 499 * POINT_S))
    assert pair[1] == pytest.approx((300 * POINT_S, 699 * POINT_S))


def test_unrelated_points_have_no_range() -> None:
    rng = np.random.default_rng(1)
    assert match_pair(_points(rng, 900), _points(rng, 900)) is None
    assert match_pair(_points(rng, 0), _points(rng, 900)) is None


def test_a_range_that_is_too_long_for_an_opening_is_none() -> None:
    theme = _points(np.random.default_rng(2), 1200)
    assert match_pair(theme, theme, 120.0) is None
    assert match_pair(theme, theme) is not None


def test_own_bits_are_read_at_the_rate_of_points() -> None:
    bits = np.arange(1000, dtype=np.uint32)
    points = points_of(SoundFingerprint(bits, POINT_S / 2))
    assert points[:4].tolist() == [0, 2, 4, 6]
    assert len(points) == 500
