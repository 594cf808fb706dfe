"""Chromaprint points of a file: one word for each .1238 s, by the FFmpeg command, as Intro Skipper has them made."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.themes.episode_track import SoundFingerprint

POINT_S: Final = 4096 / 11025 / 3
_TIMEOUT_S: Final = 300

Points = NDArray[np.uint32]


@cache
def has_chromaprint() -> bool:
    """Whether an `ffmpeg` with the muxer `chromaprint` is installed."""
    command = shutil.which("ffmpeg")
    if command is None:
        return False
    muxers = subprocess.run([command, "-hide_banner", "-muxers"], capture_output=True, text=True, check=False)
    return "chromaprint" in muxers.stdout


def chromaprint_points(path: Path) -> Points:
    """(n,) words of the whole file; none without sound."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-ac", "2", "-f", "chromaprint"]
    result = subprocess.run(  # the command is looked for where `has_chromaprint` found it
        [*command, "-fp_format", "raw", "-"], capture_output=True, check=False, timeout=_TIMEOUT_S
    )
    data = result.stdout
    return np.frombuffer(data[: len(data) // 4 * 4], "<u4")


def points_of(sound: SoundFingerprint) -> Points:
    """Our own bits at the same rate, for machines without Chromaprint."""
    count = int(len(sound.bits) * sound.hop_s / POINT_S)
    places = np.round(np.arange(count) * POINT_S / sound.hop_s).astype(np.int64)
    return np.asarray(sound.bits[np.minimum(places, len(sound.bits) - 1)], dtype=np.uint32)
