"""Alignment of fingerprints: every span that two have in common, at its shift."""

import numpy as np
import pytest

from core.themes.alignment import AlignmentTarget, align, stretched
from core.themes.fingerprint import HOP_S, PAL_SPEED
from tests.core.themes.drawn_sound import Samples, fingerprint, song, speech

THEME = song(6, 20)


def _words(*parts: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    return fingerprint(np.concatenate(parts)).bits


def test_a_span_is_found_at_its_shift_however_far_apart() -> None:
    first = _words(THEME, speech(1, 40))
    second = _words(speech(2, 60), THEME)
    (match,) = align(first, AlignmentTarget(second))
    assert match.shift * HOP_S == pytest.approx(60, abs=0.1)
    assert (match.start * HOP_S, match.end * HOP_S) == pytest.approx((0, 20), abs=0.4)
    assert match.agreement > 0.7


def test_every_occurrence_is_found() -> None:
    second = _words(THEME, speech(2, 30), THEME)
    matches = align(_words(speech(1, 10), THEME), AlignmentTarget(second))
    assert sorted(round(match.shift * HOP_S) for match in matches) == [-10, 40]


def test_a_span_goes_on_under_speech() -> None:
    loudness = float(np.sqrt(np.mean(THEME**2)))
    covered = THEME.copy()
    covered[len(THEME) // 2 :] += speech(5, 10, loudness)[: len(THEME) - len(THEME) // 2]
    (match,) = align(_words(THEME, speech(1, 15)), AlignmentTarget(_words(speech(2, 15), covered, speech(3, 15))))
    assert match.end * HOP_S == pytest.approx(20, abs=1)


def test_speech_matches_nothing() -> None:
    assert align(_words(speech(1, 60)), AlignmentTarget(_words(speech(2, 60)))) == []


def test_silence_matches_nothing() -> None:
    silence = np.zeros(len(THEME), np.float32)
    assert align(_words(silence, speech(1, 9)), AlignmentTarget(_words(speech(2, 9), silence))) == []


def test_sound_that_is_shorter_than_a_block_matches_nothing() -> None:
    assert align(_words(THEME)[:40], AlignmentTarget(_words(THEME))) == []


def test_words_are_stretched_to_another_speed() -> None:
    words = _words(THEME)
    assert len(stretched(words, PAL_SPEED)) == int(len(words) * PAL_SPEED)
    assert np.array_equal(stretched(words, 1.0), words)
