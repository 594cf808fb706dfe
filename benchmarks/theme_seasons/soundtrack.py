"""Soundtracks of episodes, mixed from their plan: mono at 22.05 kHz."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from benchmarks.theme_seasons.decoded_cache import own_part
from benchmarks.theme_seasons.season_plan import EpisodePlan, Part, Stretch, Track
from benchmarks.theme_seasons.sources import SONG_MIN_S
from core.errors import MediaError

RATE_HZ: Final = 22_050
NOMINAL: Final = 0.1
"""Mean level (root of the mean square) of music in front."""
_SHELF_BYTES: Final = 600_000_000
_TAPS: Final = 63
_NOISE_S: Final = 7

Samples = NDArray[np.float32]


class SoundShelf:
    """Decoded files of sound, the last ones kept in memory; `folder` keeps songs from run to run."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._samples: OrderedDict[Path, NDArray[np.int16]] = OrderedDict()
        self._levels: dict[tuple[Path, float, float, float], float] = {}

    def stretch(self, stretch: Stretch, from_s: float, to_s: float) -> Samples:
        """Samples of a stretch between two of its own times, at the level that its plan says."""
        source = self._source(stretch.path)
        times = np.arange(round(from_s * RATE_HZ), round(to_s * RATE_HZ)) / RATE_HZ
        positions = (stretch.source_s + times * stretch.speed) * RATE_HZ
        values = _between(source, positions)
        fade = np.minimum(times / stretch.fade_s, (stretch.length_s - times) / stretch.fade_s)
        gain = NOMINAL * 10 ** (stretch.level_db / 20) / self._level(stretch, source)
        return np.asarray(values * np.clip(fade, 0, 1) * gain, dtype=np.float32)

    def _level(self, stretch: Stretch, source: NDArray[np.int16]) -> float:
        """Mean level of the whole stretch, whichever part of it is heard."""
        key = (stretch.path, stretch.source_s, stretch.length_s, stretch.speed)
        if key not in self._levels:
            first = int(stretch.source_s * RATE_HZ)
            part = source[first : first + int(stretch.length_s * stretch.speed * RATE_HZ)].astype(np.float32) / 32768
            self._levels[key] = max(float(np.sqrt(np.mean(part**2))) if len(part) else 0.0, 0.003)
        return self._levels[key]

    def _source(self, path: Path) -> NDArray[np.int16]:
        samples = self._samples.pop(path, None)
        if samples is None:
            samples = self._load(path)
        self._samples[path] = samples
        while sum(held.nbytes for held in self._samples.values()) > _SHELF_BYTES and len(self._samples) > 1:
            self._samples.popitem(last=False)
        return samples

    def _load(self, path: Path) -> NDArray[np.int16]:
        if self._folder is None:
            return _decode(path)
        stored = self._folder / f"{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:24]}.npy"
        if stored.exists():
            return np.asarray(np.load(stored), dtype=np.int16)
        samples = _decode(path)
        if len(samples) > SONG_MIN_S * RATE_HZ:
            with own_part(stored) as part, part.open("wb") as file:
                np.save(file, samples)
        return samples


def mix(plan: EpisodePlan, shelf: SoundShelf) -> Samples:
    """The sound of a whole episode: (n,), on the clock of its pictures."""
    length_s = sum(part.length_s for part in plan.parts)
    sound = np.zeros(round(length_s * RATE_HZ), np.float32)
    starts = accumulate((part.length_s for part in plan.parts), initial=0.0)
    for part, start in zip(plan.parts, starts, strict=False):
        _add(sound, _part(part, shelf), start)
    if plan.speed != 1.0:
        positions = np.arange(int(len(sound) / plan.speed)) * plan.speed
        sound = np.interp(positions, np.arange(len(sound)), sound).astype(np.float32)
    sound = _tilted(sound, plan.tilt_db) * np.float32(10 ** (plan.level_db / 20))
    return np.clip(sound, -1.0, 1.0)


def _part(part: Part, shelf: SoundShelf) -> Samples:
    sound = np.zeros(round(part.length_s * RATE_HZ), np.float32)
    _add_stretches(sound, part.track.stretches, part.track_s, shelf)
    _add_noise(sound, part.track, part.track_s)
    sound *= np.float32(10 ** (part.track_db / 20))
    _add_stretches(sound, part.speech, 0.0, shelf)
    return sound


def _add_stretches(sound: Samples, stretches: Iterable[Stretch], from_s: float, shelf: SoundShelf) -> None:
    """Add what of the stretches lies in the window of `sound`, which begins at `from_s` of their track."""
    length_s = len(sound) / RATE_HZ
    for stretch in stretches:
        first = max(from_s, stretch.at_s)
        last = min(from_s + length_s, stretch.at_s + stretch.length_s)
        if last - first > 1 / RATE_HZ:
            _add(sound, shelf.stretch(stretch, first - stretch.at_s, last - stretch.at_s), first - from_s)


def _add_noise(sound: Samples, track: Track, from_s: float) -> None:
    """Add noise that falls with frequency; it goes round after 7 s, from a place that the seed says."""
    if track.noise_db is None:
        return
    rng = np.random.default_rng(track.noise_seed)
    spectrum = np.fft.rfft(rng.standard_normal(_NOISE_S * RATE_HZ))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum).astype(np.float32)
    noise *= np.float32(NOMINAL * 10 ** (track.noise_db / 20) / noise.std())
    first = round(from_s * RATE_HZ) % len(noise)
    sound += np.resize(np.roll(noise, -first), len(sound))


def _add(sound: Samples, more: Samples, at_s: float) -> None:
    first = round(at_s * RATE_HZ)
    length = min(len(more), len(sound) - first)
    if length > 0:
        sound[first : first + length] += more[:length]


def _between(source: NDArray[np.int16], positions: NDArray[np.float64]) -> Samples:
    """Linear interpolation in `source`, -1..1; silence outside of it."""
    if not len(positions):
        return np.zeros(0, np.float32)
    low = max(0, int(positions.min()) - 1)
    part = source[low : int(positions.max()) + 3].astype(np.float32) / 32768
    if not len(part):
        return np.zeros(len(positions), np.float32)
    inside = np.interp(positions - low, np.arange(len(part)), part, left=0.0, right=0.0)
    return inside.astype(np.float32)


def _tilted(sound: Samples, tilt_db: float) -> Samples:
    """Treble raised against bass by `tilt_db` from 100 Hz to 8 kHz, in equal steps an octave."""
    frequencies = np.fft.rfftfreq(_TAPS, 1 / RATE_HZ)
    octaves = np.log2(np.clip(frequencies, 100, 8000) / 100) / np.log2(80)
    taps = np.fft.fftshift(np.fft.irfft(10 ** (tilt_db * (octaves - 0.5) / 20), _TAPS)) * np.hanning(_TAPS + 2)[1:-1]
    return np.convolve(sound, taps.astype(np.float32), mode="same").astype(np.float32)


def _decode(path: Path) -> NDArray[np.int16]:
    """All sound of a file as (n,) int16; what is damaged ends it. `MediaError` where there is none."""
    blocks: list[NDArray[np.int16]] = []
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    try:
        with av.open(path) as container:
            for frame in container.decode(audio=0):
                frame.pts = None
                blocks += [np.asarray(block.to_ndarray()[0], np.int16) for block in resampler.resample(frame)]
            blocks += [np.asarray(block.to_ndarray()[0], np.int16) for block in resampler.resample(None)]
    except (av.error.FFmpegError, OSError, IndexError) as exc:
        if not blocks:
            raise MediaError(path, "it has no sound that can be decoded") from exc
    if not blocks:
        raise MediaError(path, "it has no sound that can be decoded")
    return np.concatenate(blocks)
