"""Fingerprints: alike after encoding, louder, under speech; silence is like nothing; on the clock of the pictures."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import MediaError
from core.themes.alignment import agreement
from core.themes.fingerprint import HOP, RATE_HZ, fingerprint_samples, fingerprint_sound
from core.video.sound_reading import RATE_HZ as FILE_RATE_HZ
from core.video.sound_reading import stream_sound
from core.video.writing import Sound, write_mp4
from tests.clips import drawings, write_clip
from tests.core.themes.drawn_sound import Samples, fingerprint, song, speech

MUSIC = song(3, 20)


def _agreement(sound: Samples) -> float:
    return float(agreement(fingerprint(MUSIC).bits, fingerprint(sound).bits).mean())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds as AAC: 4 s of silence, then the song."""

    def blocks() -> Iterator[NDArray[np.float32]]:
        count = 6 * FILE_RATE_HZ
        values = np.interp(np.arange(count) * RATE_HZ / FILE_RATE_HZ, np.arange(len(MUSIC)), MUSIC)
        sound = np.concatenate([np.zeros(4 * FILE_RATE_HZ), values]).astype(np.float32)
        yield np.stack([sound, sound])

    path = tmp_path_factory.mktemp("sound") / "clip.mp4"
    write_mp4(path, drawings(240), rate=Fraction(24), sound=Sound(blocks()))
    return path


def test_level_and_equalization_change_few_bits() -> None:
    brighter = np.convolve(MUSIC, [1.0, -0.4], mode="same").astype(np.float32)
    assert _agreement(MUSIC * np.float32(0.4)) > 0.95
    assert _agreement(brighter) > 0.6


def test_music_is_known_under_speech_as_loud_and_other_music_is_not() -> None:
    loudness = float(np.sqrt(np.mean(MUSIC**2)))
    assert _agreement(MUSIC + speech(1, 20, loudness)) > 0.25
    assert abs(_agreement(song(4, 20))) < 0.1


def test_silence_has_no_bits() -> None:
    silence = np.zeros(5 * RATE_HZ, np.float32)
    assert fingerprint_samples([silence]) is None
    words = fingerprint(np.concatenate([MUSIC[: 5 * RATE_HZ], silence])).bits
    quiet = words[5 * RATE_HZ // HOP + 2 :]
    assert not quiet.any()
    assert not agreement(quiet, quiet).any()


def test_blocks_of_any_length_give_the_same_fingerprint() -> None:
    whole = fingerprint(MUSIC)
    parts = fingerprint_samples(np.array_split(MUSIC, 37))
    assert parts is not None
    assert np.array_equal(whole.bits, parts.bits)


def test_a_file_is_fingerprinted_on_the_clock_of_its_pictures(clip: Path) -> None:
    encoded, plain = fingerprint_sound(clip), fingerprint(MUSIC[: 6 * RATE_HZ])
    assert encoded is not None
    first = round((4 - encoded.start_s + plain.start_s) / encoded.hop_s)
    alike = [
        float(agreement(plain.bits[:100], encoded.bits[first + late : first + late + 100]).mean())
        for late in range(-4, 5)
    ]
    assert abs(int(np.argmax(alike)) - 4) <= 1
    assert max(alike) > 0.3
    assert not encoded.bits[: round(3.5 / encoded.hop_s)].any()


def test_sound_is_streamed_from_the_start_of_the_file(clip: Path) -> None:
    samples = np.concatenate(list(stream_sound(clip, rate_hz=RATE_HZ)))
    assert len(samples) / RATE_HZ == pytest.approx(10, abs=0.1)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    assert loud[0] / RATE_HZ == pytest.approx(4, abs=0.05)


def test_damaged_sound_is_read_as_far_as_it_goes(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    data = bytearray(clip.read_bytes())
    rng = np.random.default_rng(1)
    for at in rng.integers(len(data) // 3, len(data) * 2 // 3, 300):
        data[at] ^= 0x55
    path.write_bytes(bytes(data))
    assert fingerprint_sound(path) is not None


def test_a_video_without_sound_has_no_fingerprint(tmp_path: Path) -> None:
    assert fingerprint_sound(write_clip(tmp_path / "mute.mp4", drawings(24))) is None


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video", "utf-8")
    with pytest.raises(MediaError, match=r"text\.mp4"):
        fingerprint_sound(path)
