"""Sound of a span: in step with the pictures, silence where there is none."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import MediaError
from core.previews.rendering import render_preview
from core.previews.spec import PreviewFormat, PreviewSpec
from core.video.sound_reading import RATE_HZ, read_sound
from core.video.writing import Sound, write_mp4
from tests.clips import drawings, write_clip

LOUD = 0.05
"""Root mean square above which a tone is heard; AAC's noise lies far below."""


def _tone_after(silence_s: float, seconds: float) -> Iterator[NDArray[np.float32]]:
    """Silence, then a tone of 440 Hz, both channels."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tone = np.where(times >= silence_s, 0.5 * np.sin(2 * np.pi * 440 * times), 0).astype(np.float32)
    yield np.stack([tone, tone])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds; the tone begins at 3 s."""
    path = tmp_path_factory.mktemp("sound") / "clip.mp4"
    write_mp4(path, drawings(144), rate=Fraction(24), sound=Sound(_tone_after(3, 6)))
    return path


def _loudness(samples: NDArray[np.float32], from_s: float, to_s: float) -> float:
    part = samples[:, int(from_s * RATE_HZ) : int(to_s * RATE_HZ)]
    return float(np.sqrt(np.mean(np.square(part))))


def test_a_span_has_the_sound_of_its_moments(clip: Path) -> None:
    samples = read_sound(clip, Fraction(2), Fraction(4))
    assert samples is not None
    assert samples.shape == (2, 2 * RATE_HZ)
    assert _loudness(samples, 0, 0.95) < LOUD < _loudness(samples, 1.05, 2)


def test_past_the_end_of_the_sound_there_is_silence(clip: Path) -> None:
    samples = read_sound(clip, Fraction(5), Fraction(8))
    assert samples is not None
    assert _loudness(samples, 0, 0.9) > LOUD > _loudness(samples, 1.2, 3)


def test_a_video_without_sound_has_none(tmp_path: Path) -> None:
    assert read_sound(write_clip(tmp_path / "mute.mp4", drawings(24)), Fraction(0), Fraction(1)) is None


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("not a video", "utf-8")
    with pytest.raises(MediaError, match=r"text\.mp4"):
        read_sound(path, Fraction(0), Fraction(1))


def test_a_preview_has_the_sound_of_its_span_when_it_is_wanted(clip: Path, tmp_path: Path) -> None:
    audible, mute = (
        render_preview(
            clip,
            at_ms=3000,
            from_ms=2000,
            to_ms=4000,
            spec=PreviewSpec(),
            preview_format=PreviewFormat.MP4,
            sound=sound,
        )
        for sound in (True, False)
    )
    path = tmp_path / "preview.mp4"
    path.write_bytes(audible.data)
    length_s = Fraction(audible.to_ms - audible.from_ms, 1000)
    samples = read_sound(path, Fraction(0), length_s)
    assert samples is not None
    tone_s = 3 - audible.from_ms / 1000
    assert _loudness(samples, 0, tone_s - 0.1) < LOUD < _loudness(samples, tone_s + 0.1, float(length_s))
    path.write_bytes(mute.data)
    assert read_sound(path, Fraction(0), length_s) is None
