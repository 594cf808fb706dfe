"""Choice of an episode's encoding and chapters."""

from fractions import Fraction
from typing import Final

import numpy as np

from benchmarks.theme_seasons.season_plan import ChapterStyle, Encoding

_RATES: Final = (Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001))
_LOW_RATES: Final = (Fraction(12000, 1001), Fraction(12), Fraction(25, 2), Fraction(15), Fraction(15000, 1001))
_VIDEO: Final = (("libx264", 0.6), ("libx265", 0.12), ("libvpx-vp9", 0.1), ("mpeg4", 0.18))
_AUDIO: Final = (("aac", 128_000), ("aac", 64_000), ("libmp3lame", 96_000), ("libopus", 64_000))
_HZ: Final = {"aac": (44_100, 48_000, 32_000, 24_000), "libmp3lame": (44_100, 48_000, 24_000), "libopus": (48_000,)}


def encoding(rng: np.random.Generator, *, wild: bool, wide: bool, silent: bool, pal: bool) -> Encoding:
    """An encoding; `wild` ones have other codecs, rates and sound that begins late in most episodes of a season."""
    width, height = (256, 144) if wide else (128, 72)
    sound = _AUDIO[int(rng.integers(len(_AUDIO)))] if wild or rng.random() < 0.4 else _AUDIO[0]
    rates = _RATES if wide else _LOW_RATES
    hz = _HZ[sound[0]]
    video = str(rng.choice([name for name, _ in _VIDEO], p=[share for _, share in _VIDEO])) if wild else "libx264"
    vfr = wild and video == "libx264" and rng.random() < 0.4
    return Encoding(
        suffix=".mp4" if video != "libvpx-vp9" and rng.random() < 0.35 else ".mkv",
        video_codec=video,
        width=width,
        height=height,
        rate=rates[2] if pal else rates[int(rng.integers(len(rates)))] if wild else rates[0],
        vfr=vfr,
        gop=int(rng.integers(24, 250)),
        crf=int(rng.integers(22, 34)),
        audio_codec=None if silent else sound[0],
        audio_bits_per_s=sound[1],
        audio_hz=hz[int(rng.integers(len(hz)))] if wild else hz[-1],
        stereo=bool(rng.random() < 0.3),
        sound_start_s=float(rng.uniform(0.1, 1.2)) if wild and rng.random() < 0.4 else 0.0,
    )


def chapter_style(rng: np.random.Generator, share: float, *, themes: bool) -> ChapterStyle:
    """Chapters of an episode; names of openings only where there is one."""
    if rng.random() >= share:
        return ChapterStyle.NONE
    styles = (ChapterStyle.RIGHT, ChapterStyle.UNNAMED, ChapterStyle.LATE, ChapterStyle.EVEN)
    style = styles[int(rng.choice(4, p=(0.5, 0.15, 0.15, 0.2)))]
    return style if themes or style is not ChapterStyle.LATE else ChapterStyle.EVEN
