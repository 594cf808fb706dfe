"""Fingerprints of sound: 32 bits for each 46 ms, which survive encoding, level and equalization.

Each bit is the sign of an energy difference between neighbouring bands, itself differenced over time: Haitsma and
Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002. Other than theirs are the band limits (200 to
4500 Hz), the window (186 ms), and the time between the frames that are compared (93 ms instead of one hop), which
makes the bits of a sound alike under other sound, as of speech over music.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.themes.episode_track import SoundFingerprint
from core.themes.sound_words import Words, packed_words
from core.video.sound_reading import stream_sound

RATE_HZ: Final = 11_025
HOP: Final = 512
HOP_S: Final = HOP / RATE_HZ
PAL_SPEED: Final = 25 * 1001 / 24000
"""How much faster films play where they are broadcast at 25 frames a second."""
_WINDOW: Final = 2048
_LAG: Final = 2
"""Hops between the two frames of a difference."""
_LOWEST_HZ: Final = 200.0
_HIGHEST_HZ: Final = 4500.0
_BANDS: Final = 33
_BLOCK_FRAMES: Final = 256
_SILENCE: Final = 10 ** (-75 / 10)
"""Mean power of a window, of full scale 1, below which there is nothing to compare."""
_START_S: Final = (_WINDOW + _LAG * HOP) / 2 / RATE_HZ

Samples = NDArray[np.float32]


def fingerprint_sound(source: Path | str) -> SoundFingerprint | None:
    """The fingerprint of all sound of a video; of damaged sound as much as can be read, `None` without any.

    `MediaError` when the file cannot be opened. Memory does not grow with the length of the sound, but for the 172
    bytes a second that are returned.
    """
    return fingerprint_samples(stream_sound(source, rate_hz=RATE_HZ))


def fingerprint_samples(blocks: Iterable[Samples]) -> SoundFingerprint | None:
    """The fingerprint of mono sound at `RATE_HZ` in blocks (n,) float32; `None` without a window of sound."""
    words: list[Words] = []
    shifted: list[Words] = []
    plain_bands, shifted_bands = _band_weights(1.0), _band_weights(PAL_SPEED)
    before: NDArray[np.float32] | None = None
    for spectra in _powers(blocks):
        power = spectra if before is None else np.concatenate([before, spectra])
        before = power[-_LAG:]
        if len(power) > _LAG:
            silent = power.mean(axis=1) < _SILENCE
            words.append(_words(power @ plain_bands, silent))
            shifted.append(_words(power @ shifted_bands, silent))
    if not words:
        return None
    bits = np.concatenate(words)
    return SoundFingerprint(bits, HOP_S, _START_S, np.concatenate(shifted)) if bits.any() else None


def _powers(blocks: Iterable[Samples]) -> Iterator[NDArray[np.float32]]:
    """Power spectra (frames, bins) of windows a hop apart; their sum over bins is the mean power of the window."""
    taper = np.hanning(_WINDOW + 2)[1:-1].astype(np.float32)
    scale = np.float32(2 * (_WINDOW // 2 + 1) / (_WINDOW * np.square(taper).sum()))
    for samples in _windows(blocks):
        frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::HOP] * taper
        spectra = np.fft.rfft(frames)
        yield np.asarray((np.square(spectra.real) + np.square(spectra.imag)) * scale, dtype=np.float32)


def _windows(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Regroup samples into blocks of whole windows; each begins where the windows of the one before end."""
    wanted = _WINDOW + (_BLOCK_FRAMES - 1) * HOP
    pending: list[Samples] = []
    length = 0
    for block in blocks:
        pending.append(block)
        length += len(block)
        while length >= wanted:
            samples = np.concatenate(pending)
            yield samples[:wanted]
            pending = [samples[_BLOCK_FRAMES * HOP :]]
            length = len(pending[0])
    if length >= _WINDOW:
        yield np.concatenate(pending)


def _band_weights(speed: float) -> NDArray[np.float32]:
    """Weights (bins, bands) that add bins up to bands, equal in the logarithm of frequency, all `speed` times higher.

    A bin on a limit counts for both of its bands by share, so that the lowest bands, a few bins wide, are equal too.
    """
    limits = _LOWEST_HZ * (_HIGHEST_HZ / _LOWEST_HZ) ** (np.arange(_BANDS + 1) / _BANDS) * speed / RATE_HZ * _WINDOW
    bins = np.arange(_WINDOW // 2 + 1)[:, None]
    shares = np.minimum(bins + 0.5, limits[1:]) - np.maximum(bins - 0.5, limits[:-1])
    return np.asarray(np.clip(shares, 0, 1), dtype=np.float32)


def _words(bands: NDArray[np.float32], silent: NDArray[np.bool_]) -> Words:
    """Words of all frames but the first `_LAG`: 0 where either frame of the difference is silent, else not 0."""
    steps = bands[:, :-1] - bands[:, 1:]
    signs = steps[_LAG:] > steps[:-_LAG]
    return packed_words(signs, silent[_LAG:] | silent[:-_LAG])
