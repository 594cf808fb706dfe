"""Stored signals of videos and slices of themes: what is written comes back, and damage is made anew."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.catalogue.segments import SegmentKind, Theme, ThemeId
from core.domain import FileId
from core.errors import MediaError
from core.library.layout import DataLayout
from core.themes.episode_track import FrameTrack
from core.themes.stored_theme import StoredTheme
from core.timecode import Millis
from core.video.chapters import Chapter, ChapterList
from ingest.themes.episode_signals import EpisodeSignals, load_signals, read_signals, save_signals
from ingest.themes.sound_arrays import delete_other_files
from ingest.themes.theme_store import ThemeStore
from tests.clips import ClipSpec, drawings, write_clip
from tests.ingest.themes.fake_mining import fake_fingerprint

CHAPTERS = ChapterList((Chapter("片头 “OP”", Millis(0), Millis(90_000)),), ("オープニング",))


def test_signals_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "fingerprints/00000007.npz"
    save_signals(path, EpisodeSignals(fake_fingerprint(path), CHAPTERS))
    loaded = load_signals(path)
    assert loaded
    assert loaded.sound
    assert loaded.sound.shifted_bits is not None
    assert (loaded.sound.hop_s, loaded.sound.start_s) == (0.046, 0.1)
    assert loaded.sound.bits.tolist() == list(range(1, 101))
    assert loaded.sound.shifted_bits.tolist() == list(range(101, 201))
    assert loaded.chapters == CHAPTERS
    save_signals(path, EpisodeSignals(None, ChapterList()))
    assert load_signals(path) == EpisodeSignals(None, ChapterList())


def test_signals_that_are_missing_or_damaged_are_none(tmp_path: Path) -> None:
    path = tmp_path / "00000007.npz"
    assert load_signals(path) is None
    save_signals(path, EpisodeSignals(fake_fingerprint(path), CHAPTERS))
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        assert load_signals(path) is None


def test_the_signals_of_a_video(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv", drawings(12, 64, 64), ClipSpec(rate=Fraction(12)))
    signals = read_signals(clip, fake_fingerprint)
    assert signals.sound
    assert signals.chapters == ChapterList()
    with pytest.raises(MediaError, match="no such file"):
        read_signals(tmp_path / "gone.mkv", fake_fingerprint)


def _stored(theme_id: int) -> StoredTheme:
    theme = Theme(ThemeId(theme_id), SegmentKind.OPENING, 1, FileId(1), Millis(0), Millis(4000))
    vectors = np.eye(4, dtype=np.float32)
    frames = FrameTrack(np.arange(4, dtype=np.uint32) * 1000, vectors)
    return StoredTheme(theme, fake_fingerprint(""), frames)


def test_a_stored_theme_comes_back_and_has_frames_of_its_encoder_only(tmp_path: Path) -> None:
    store = ThemeStore(DataLayout(tmp_path), "f00d")
    store.save(_stored(3))
    loaded = store.load(_stored(3).theme)
    assert loaded
    assert loaded.sound
    assert loaded.frames
    assert loaded.theme == _stored(3).theme
    assert loaded.frames.times_ms.tolist() == [0, 1000, 2000, 3000]
    assert np.array_equal(loaded.frames.vectors, np.eye(4))
    assert loaded.frames.vectors.dtype == np.float32
    foreign = ThemeStore(DataLayout(tmp_path), "beef").load(_stored(3).theme)
    assert foreign
    assert foreign.sound
    assert foreign.frames is None


def test_a_stored_theme_that_is_missing_or_damaged_is_none(tmp_path: Path) -> None:
    layout = DataLayout(tmp_path)
    store = ThemeStore(layout, "f00d")
    assert store.load(_stored(3).theme) is None
    store.save(_stored(3))
    layout.theme(ThemeId(3)).write_bytes(layout.theme(ThemeId(3)).read_bytes()[:200])
    assert store.load(_stored(3).theme) is None


def test_themes_that_nothing_names_are_deleted_with_what_a_crash_left(tmp_path: Path) -> None:
    layout = DataLayout(tmp_path)
    delete_other_files(layout.themes_folder, set())
    store = ThemeStore(layout, "f00d")
    for number in (3, 4):
        store.save(_stored(number))
    (layout.themes_folder / "00000005.npz.part").write_bytes(b"half")
    delete_other_files(layout.themes_folder, {ThemeId(4)})
    assert [path.name for path in layout.themes_folder.iterdir()] == ["00000004.npz"]
