"""Sound of the sample show: plucked notes over a bass, a tune for each scene and one for each opening."""

from random import Random

import numpy as np
from numpy.typing import NDArray

SOUND_RATE_HZ = 32_000

_SCALES = ((0, 2, 4, 7, 9), (0, 3, 5, 7, 10), (0, 2, 5, 7, 9), (0, 2, 3, 7, 8))
"""Pentatonic scales in semitones: all of their notes are consonant."""


def scene_sound(seed: int, samples: int, *, rain: bool = False) -> NDArray[np.float32]:
    """A quiet tune by the seed, (1, samples) in -1..1, faded at both ends; with noise if it rains."""
    rng = Random(seed)
    beat_s = rng.choice((0.3, 0.375, 0.45, 0.6))
    tune = _tune(rng, samples, beat_s, loudness=0.16, bright=rng.uniform(0.1, 0.5))
    if rain:
        noise = np.random.default_rng(seed).standard_normal(samples).astype(np.float32)
        tune += 0.02 * np.convolve(noise, np.ones(4, np.float32) / 2, mode="same")
    return _faded(tune)[None]


def opening_sound(seed: int, samples: int) -> NDArray[np.float32]:
    """A faster tune with a beat, by the seed, (1, samples) in -1..1."""
    rng = Random(seed)
    beat_s = 0.23
    tune = _tune(rng, samples, beat_s, loudness=0.22, bright=0.6)
    noise = np.random.default_rng(seed).standard_normal(SOUND_RATE_HZ // 12).astype(np.float32)
    hit = noise * np.exp(-np.linspace(0, 9, noise.size, dtype=np.float32)) * 0.12
    for beat in range(int(samples / SOUND_RATE_HZ / beat_s)):
        start = int(beat * beat_s * SOUND_RATE_HZ)
        part = tune[start : start + hit.size]
        part += hit[: part.size] * (1.0 if beat % 2 else 0.4)
    return _faded(tune)[None]


def _tune(rng: Random, samples: int, beat_s: float, *, loudness: float, bright: float) -> NDArray[np.float32]:
    sound = np.zeros(samples, np.float32)
    scale, root = rng.choice(_SCALES), rng.randint(48, 59)
    degree = rng.randint(3, 7)
    for beat in range(int(samples / SOUND_RATE_HZ / beat_s) + 1):
        start = beat * beat_s
        if beat % 4 == 0:
            _pluck(sound, start, root - 12 + rng.choice((0, 0, 5, 7)), beat_s * 4, loudness * 0.9, 0.1)
        if rng.random() < 0.8:
            degree = min(11, max(0, degree + rng.choice((-2, -1, -1, 1, 1, 2, 3))))
            octave, step = divmod(degree, len(scale))
            _pluck(sound, start, root + 12 * octave + scale[step], beat_s * 2.5, loudness, bright)
    return np.clip(sound, -1, 1)


def _pluck(
    sound: NDArray[np.float32], start_s: float, note: int, length_s: float, loudness: float, bright: float
) -> None:
    """Add a note (by MIDI number: 69 is 440 Hz) of three decaying partials."""
    first = int(start_s * SOUND_RATE_HZ)
    part = sound[first : first + int(length_s * SOUND_RATE_HZ)]
    time = np.arange(part.size, dtype=np.float32) / SOUND_RATE_HZ
    pitch = 2 * np.pi * 440 * 2 ** ((note - 69) / 12) * time
    partials = np.sin(pitch) + bright * np.sin(2 * pitch) + 0.5 * bright * np.sin(3 * pitch)
    attack = np.minimum(1, time / 0.008)
    part += (loudness * attack * np.exp(-3.2 * time / length_s) * partials).astype(np.float32)


def _faded(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    edge = min(SOUND_RATE_HZ // 50, sound.size // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    sound[:edge] *= ramp
    sound[sound.size - edge :] *= ramp[::-1]
    return sound
