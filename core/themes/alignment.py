"""Alignment of fingerprints: where two episodes, or an episode and a theme, have the same sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.themes.sound_words import Floats, Words, signs_of

_STRIDE: Final = 4
"""Every so many words of the first fingerprint are compared, with every second one of the other."""
_STEP: Final = 2
_BLOCK: Final = 96
"""Words in a block, 4.5 s: the shortest span that is looked for."""
_SCALES: Final = ((1, 0.3), (3, 0.175), (9, 0.108))
"""Blocks in a row, and the mean agreement with three words each from which they are worth a closer look: about six
deviations of chance."""
_CHUNK: Final = 16_384
_SHIFT_TOLERANCE: Final = 4
_THRESHOLD: Final = 0.15
"""Agreement of words above which a span grows: half of that of music under speech twice as loud."""
_CEILING: Final = 0.45
_DROP: Final = 20.0
"""A span ends where its sum has fallen by this much: 6 s in which nothing agrees."""
_TRIM: Final = 172
_EDGE: Final = 22
_MIN_SUM: Final = 18.0
_OWN_DISTANCE: Final = 2160
"""Words, 100 s, from which on a fingerprint is compared with itself: music repeats itself within a song."""


@dataclass(frozen=True, slots=True)
class Match:
    """Words `start` to `end` of one fingerprint have the sound of words `start + shift` to `end + shift` of another.

    `agreement` is the mean over its words: 1 of equal bits, 0 of chance.
    """

    start: int
    end: int
    shift: int
    agreement: float

    @property
    def weight(self) -> float:
        """Length in words times agreement."""
        return (self.end - self.start) * self.agreement


class AlignmentTarget:
    """One fingerprint made ready for others to be aligned with."""

    def __init__(self, words: Words) -> None:
        self.words = words
        signs = signs_of(words)
        # a word agrees little with its neighbours: their mean is more alike between them than every second one is
        signs[1:-1] = (signs[:-2] + signs[1:-1] + signs[2:]) / 3
        padding = np.zeros((_BLOCK, 32), np.float32)
        self._signs = np.concatenate([padding, signs, padding])

    def windows(self) -> Iterator[tuple[int, Floats]]:
        """Offsets in words of first windows, and all windows that begin there and later: (offsets, bits)."""
        last = len(self._signs) - _BLOCK
        width = _STEP * _CHUNK
        for first in range(0, last + 1, width):
            span = self._signs[first : min(last, first + width + 8 * _BLOCK) + _BLOCK]
            views = np.lib.stride_tricks.sliding_window_view(span, _BLOCK, axis=0)[::_STEP, :, ::_STRIDE]
            yield first - _BLOCK, np.ascontiguousarray(views).reshape(len(views), -1)


def align(words: Words, target: AlignmentTarget, *, itself: bool = False) -> list[Match]:
    """All spans of a fingerprint (n,) that the target has too, each at its shift, the strongest first.

    Of spans that overlap in both, as where music repeats itself, only the strongest is a match. `itself`: both are the
    same fingerprint; spans are matched with later ones, 100 s away or more.
    """
    matches: list[Match] = []
    for seed, shift in _seeds(words, target):
        if itself and shift < _OWN_DISTANCE:
            continue
        if any(abs(match.shift - shift) <= 2 and match.start <= seed < match.end for match in matches):
            continue
        match = _grow(words, target.words, seed, _exact_shift(words, target.words, seed, shift))
        if match:
            matches.append(match)
    strongest: list[Match] = []
    for match in sorted(matches, key=lambda match: (-match.weight, match.start, match.shift)):
        if not any(_is_shadow(match, stronger) for stronger in strongest):
            strongest.append(match)
    return strongest


def agreement(words: Words, others: Words) -> Floats:
    """Agreement of words with others one by one (n,): 1 of equal bits, 0 of chance and where either is silent."""
    differing = np.bitwise_count(words ^ others).astype(np.float32)
    return np.where((words == 0) | (others == 0), np.float32(0), 1 - differing / 16).astype(np.float32)


def shifted(words: Words, start: int, end: int) -> Words:
    """Words `start` to `end`, silent outside of the fingerprint."""
    part = np.zeros(max(0, end - start), np.uint32)
    low, high = max(0, start), min(len(words), end)
    if high > low:
        part[low - start : high - start] = words[low:high]
    return part


def _seeds(words: Words, target: AlignmentTarget) -> list[tuple[int, int]]:
    """Where to look closer: word and shift, the most promising first."""
    count = len(words) // _BLOCK
    if not count:
        return []
    blocks = signs_of(words[: count * _BLOCK])[::_STRIDE].reshape(count, -1)
    # windows have axes (bits, words) and blocks (words, bits)
    blocks = blocks.reshape(count, -1, 32).transpose(0, 2, 1).reshape(count, -1) / np.float32(blocks.shape[1])
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for first, windows in target.windows():
        scores = blocks @ windows.T
        for scale, least in _SCALES:
            for score, block, offset in _peaks(scores, scale, least):
                shift = first + offset * _STEP - block * _BLOCK
                seed = block * _BLOCK + scale * _BLOCK // 2
                key = (shift // _SHIFT_TOLERANCE, seed // (3 * _BLOCK))
                if score / least > best.get(key, (0.0, 0, 0))[0]:
                    best[key] = (score / least, seed, shift)
    return [(seed, shift) for _, seed, shift in sorted(best.values(), reverse=True)]


def _peaks(scores: Floats, scale: int, least: float) -> Iterator[tuple[float, int, int]]:
    """Mean score, block and offset of rows of `scale` blocks that agree at one shift."""
    step = _BLOCK // _STEP
    rows, columns = scores.shape[0] - scale + 1, scores.shape[1] - (scale - 1) * step
    if rows <= 0 or columns <= 0:
        return
    total = scores[:rows, :columns].copy()
    for number in range(1, scale):
        total += scores[number : number + rows, number * step : number * step + columns]
    for block, offset in np.argwhere(total > least * scale):
        yield float(total[block, offset]) / scale, int(block), int(offset)


def _exact_shift(words: Words, others: Words, seed: int, shift: int) -> int:
    """The shift near `shift` at which most agrees around a word."""
    start, end = max(0, seed - 2 * _BLOCK), min(len(words), seed + 2 * _BLOCK)
    part = words[start:end]
    shifts = range(shift - _SHIFT_TOLERANCE, shift + _SHIFT_TOLERANCE + 1)
    return max(shifts, key=lambda at: float(agreement(part, shifted(others, start + at, end + at)).sum()))


def _grow(words: Words, others: Words, seed: int, shift: int) -> Match | None:
    """The span around a word that agrees at a shift; `None` where that is too little."""
    low, high = max(0, -shift), min(len(words), len(others) - shift)
    if not low <= seed < high:
        return None
    values = agreement(words[low:high], others[low + shift : high + shift])
    scores = (np.minimum(_smooth(values), _CEILING) - _THRESHOLD).astype(np.float32)
    end, right = _reach(scores[seed - low :])
    start, left = _reach(scores[: seed - low][::-1])
    span = slice(seed - low - start, seed - low + end)
    if left + right < _MIN_SUM or span.stop <= span.start:
        return None
    mean = float(values[span].mean())
    scores = _smooth(values)[span] - np.float32(np.clip(0.35 * mean, _THRESHOLD, 2 * _THRESHOLD))
    first, last = span.start + len(scores) - _trimmed(scores[::-1]), span.start + _trimmed(scores)
    if last - first < _BLOCK / 2:
        return None
    first, last = len(values) - _step(values[::-1], len(values) - first), _step(values, last)
    return Match(low + first, low + last, shift, float(values[first:last].mean()))


def _step(values: Floats, end: int) -> int:
    """Where values fall to half of what they were before, within a second of a span's end."""
    first = max(0, end - _EDGE)
    half = float(values[max(0, end - 3 * _EDGE) : first].mean()) / 2 if first else 0.0
    sums = np.cumsum(values[first : end + _EDGE] - half)
    return first + int(sums.argmax()) + 1 if half > 0 and len(sums) else end


def _reach(scores: Floats) -> tuple[int, float]:
    """How far the sum of scores grows before it falls too far, and that sum."""
    if not len(scores):
        return 0, 0.0
    sums = np.cumsum(scores)
    fallen = np.flatnonzero(np.maximum.accumulate(np.maximum(sums, 0)) - sums > _DROP)
    reach = sums[: int(fallen[0])] if len(fallen) else sums
    if not len(reach) or reach.max() <= 0:
        return 0, 0.0
    end = int(reach.argmax())
    return end + 1, float(reach[end])


def _trimmed(scores: Floats) -> int:
    """The length of a span without an end that agrees by chance: of its last 8 s, what adds to a stricter sum."""
    first = max(0, len(scores) - _TRIM)
    sums = np.concatenate([[0.0], np.cumsum(scores[first:])])
    return first + int(sums.argmax())


def _smooth(values: Floats) -> Floats:
    kernel = np.full(9, 1 / 9, np.float32)
    return np.convolve(values, kernel, mode="same").astype(np.float32) if len(values) >= len(kernel) else values


def _is_shadow(match: Match, stronger: Match) -> bool:
    """Whether most of a span lies in a stronger one, in both fingerprints."""
    half = (match.end - match.start) / 2
    here = min(match.end, stronger.end) - max(match.start, stronger.start)
    ends = min(match.end + match.shift, stronger.end + stronger.shift)
    there = ends - max(match.start + match.shift, stronger.start + stronger.shift)
    return here > half and there > half


def stretched(words: Words, speed: float) -> Words:
    """Words of the same sound played `speed` times slower: (n * speed,)."""
    positions = np.arange(int(len(words) * speed)) / speed
    return words[np.minimum(np.round(positions).astype(np.int64), len(words) - 1)]
