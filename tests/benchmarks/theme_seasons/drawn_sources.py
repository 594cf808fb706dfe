"""Sources of seasons, drawn and synthesised: clips of blocks that move, chords and sweeps."""

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.theme_seasons.sources import Source, Sources
from core.video.writing import VideoQuality, write_mp4
from tests.clips import drawings

_HZ = 8000


def write_wave(path: Path, length_s: float, seed: int) -> None:
    """Notes of a third of a second, each a chord of its own."""
    rng = np.random.default_rng(seed)
    times = np.arange(_HZ // 3) / _HZ
    notes = [
        sum(np.sin(2 * np.pi * pitch * times) for pitch in rng.uniform(200, 2500, 3))
        for _ in range(int(length_s * 3) + 1)
    ]
    samples = np.concatenate(notes)[: int(length_s * _HZ)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_HZ)
        file.writeframes((samples * 8000).astype("<i2").tobytes())


def write_clip(path: Path, seed: int, frames: int = 60) -> None:
    """A clip of 12 drawings a second in three shots."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shots = [seed * 10 + frames * n // 3 for n in range(3)]
    pictures = drawings(seed * 10 + frames, 64, 36, shots=[0, *shots])[seed * 10 :]
    write_mp4(path, pictures, rate=Fraction(12), quality=VideoQuality(preset="ultrafast", threads=1))


def planned_sources() -> Sources:
    """Sources for plans alone: no file is read."""
    return Sources(
        theme_footage=_named("theme footage", 6, 40.0),
        body_footage=_named("body footage", 8, 120.0),
        theme_songs=_named("theme song", 12, 170.0),
        body_songs=_named("body song", 20, 150.0),
        speech=_named("speech", 200, 6.0),
    )


def written_sources(folder: Path) -> Sources:
    """Sources with files: three clips and six songs, and speech of a second and a half."""
    clips = [Source(folder / f"clip{n}.mp4", 5.0) for n in range(3)]
    songs = [Source(folder / f"song{n}.wav", 42.0) for n in range(6)]
    speech = [Source(folder / f"speech{n}.wav", 1.5) for n in range(8)]
    for number, clip in enumerate(clips):
        write_clip(clip.path, number)
    for number, sound in enumerate([*songs, *speech]):
        write_wave(sound.path, sound.duration_s, number)
    return Sources(clips[:1], clips[1:], songs[:4], songs[4:], speech)


def _named(kind: str, count: int, length_s: float) -> list[Source]:
    return [Source(Path(kind, f"{number}.mkv"), length_s) for number in range(count)]
