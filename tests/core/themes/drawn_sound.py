"""Songs, speech and episodes, synthesized."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain import FileId
from core.themes.episode_track import EpisodeTrack, SoundFingerprint
from core.themes.fingerprint import RATE_HZ, fingerprint_samples
from core.timecode import Millis

Samples = NDArray[np.float32]
_SCALE_HZ = 220 * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)


def song(seed: int, length_s: float) -> Samples:
    """Chords and a melody with overtones, in notes of random length, over hiss of drums."""
    rng = np.random.default_rng([1, seed])
    sound = np.zeros(round(length_s * RATE_HZ), np.float32)
    for voice in range(3):
        at = 0.0
        while at < length_s:
            note = float(rng.uniform(0.12, 0.7))
            first, last = round(at * RATE_HZ), min(len(sound), round((at + note) * RATE_HZ))
            times = np.arange(last - first) / RATE_HZ
            pitch = float(rng.choice(_SCALE_HZ)) * (0.5, 1, 2)[voice]
            tone = sum(np.sin(2 * np.pi * pitch * part * times) / part for part in range(1, 6))
            sound[first:last] += (tone * np.exp(-3 * times / note) * 0.1).astype(np.float32)
            at += note
    beat = np.exp(-np.arange(len(sound)) % (RATE_HZ // 2) / 900)
    return (sound + 0.05 * beat * rng.standard_normal(len(sound))).astype(np.float32)


def speech(seed: int, length_s: float, level: float = 0.1) -> Samples:
    """Noise through formants that move, in syllables with pauses."""
    rng = np.random.default_rng([2, seed])
    count = round(length_s * RATE_HZ)
    pieces, length = [np.zeros(0)], 0
    while length < count:
        syllable = int(rng.uniform(0.08, 0.35) * RATE_HZ)
        spectrum = np.fft.rfft(rng.standard_normal(syllable))
        frequencies = np.fft.rfftfreq(syllable, 1 / RATE_HZ)
        formants = sum(
            np.exp(-(((frequencies - at) / (0.15 * at)) ** 2))
            for at in rng.uniform((250, 800, 1900), (800, 1900, 3800))
        )
        pieces += [
            np.fft.irfft(spectrum * formants, syllable) * np.hanning(syllable),
            np.zeros(int(rng.uniform(0, 900))),
        ]
        length += syllable + len(pieces[-1])
    sound = np.concatenate(pieces)[:count]
    return np.asarray(sound * level / (np.sqrt(np.sum(sound**2) / max(1, count)) + 1e-9), dtype=np.float32)


def fingerprint(sound: Samples) -> SoundFingerprint:
    """The fingerprint of sound that has one."""
    words = fingerprint_samples([sound])
    assert words is not None
    return words


def episode(number: int, parts: Sequence[Samples]) -> EpisodeTrack:
    """An episode of parts one after the other, without pictures."""
    sound = np.concatenate(parts)
    return EpisodeTrack(FileId(number), Millis(round(1000 * len(sound) / RATE_HZ)), fingerprint(sound), None)
