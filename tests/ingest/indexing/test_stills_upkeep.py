"""Stored pictures through the main jobs: made with the features, gone with their file, damage is told."""

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner
from typing_extensions import override

from config.settings import Settings, StillsSettings
from core.catalogue.records import FileRecord, FileState
from core.encoders.base import Fit, PreprocessSpec
from core.errors import StorageError
from core.files import StagedPath
from core.library.stills import StillsReader, StillsSpec, StillsWriter
from core.pictures.pixels import Rgb
from core.timecode import Millis
from core.video.reading import VideoReader
from ingest.commands import index_cli
from ingest.commands import library_cli as cli
from ingest.indexing.features import load_features
from ingest.indexing.frame_sampling import IndexFrameSampler, SampledFrame, SamplingSpec
from ingest.library.add import AddResult, add_videos
from ingest.library.opening import open_library
from ingest.library.reindex import ReindexState, reindex_library
from ingest.planning.plan import Action, PlanOptions
from ingest.publishing.library_check import check_library
from ingest.reporting import SilentReporter
from tests.clips import ClipSpec, circle_ratio, drawings, number_in, write_clip
from tests.episodes import CUT, RATE, draw_episode, scene_frame
from tests.small_encoder import write_small_encoder

WIDE = PreprocessSpec(192, 108, Fit.PAD, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
EVERY = SamplingSpec(repeat_threshold=0)
NO_STILLS = StillsSettings(width=0)
UNLIKE = 8
"""Grey levels by which a drawn picture and what a codec makes of it differ at most; two drawings differ by some 50."""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """An empty library with an encoder that costs next to nothing."""
    return settings.model_copy(update={"encoder": write_small_encoder(tmp_path / "quick", gain=2.0)})


def _add(settings: Settings, *places: Path, again: bool = False) -> AddResult:
    return add_videos(settings, list(places), PlanOptions(again=again), lambda *_: SilentReporter())


def _records(settings: Settings) -> dict[str, FileRecord]:
    with open_library(settings) as library:
        return {Path(record.stamp.path).name: record for record in library.reader.all()}


def _packs(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.data_dir / "stills").glob("*"))


def _wanted_packs(settings: Settings) -> list[str]:
    return sorted(f"{record.id:08d}.pack" for record in _records(settings).values() if record.searchable)


def _pack_of(settings: Settings, name: str) -> Path:
    return settings.data_dir / "stills" / f"{_records(settings)[name].id:08d}.pack"


def _problems(settings: Settings, *, stills_kept: bool = True) -> tuple[str, ...]:
    with open_library(settings) as library:
        return check_library(library.layout, library.reader, stills_kept=stills_kept).problems


def _sampled(
    path: Path, stills: StillsSpec | None, preprocess: PreprocessSpec = WIDE
) -> tuple[list[SampledFrame], VideoReader]:
    with VideoReader(path) as video:
        return list(IndexFrameSampler(video, EVERY, preprocess, first_episode=False, stills=stills)), video


def _picture_of(frame: SampledFrame) -> Rgb:
    assert frame.still is not None
    return frame.still


def test_a_pack_holds_the_indexed_frames_of_its_video(library_settings: Settings) -> None:
    assert _packs(library_settings) == _wanted_packs(library_settings)
    with open_library(library_settings) as library:
        record = next(record for record in library.reader.all() if record.stamp.path.endswith("夜の雨.mp4"))
        times = load_features(library.layout.features(record.outcome.encoder, record.id)).times_ms
        pack = library.layout.stills(record.id)
    with StillsReader(pack) as stills:
        assert stills.times_ms.tolist() == times.tolist()
        for time_ms in times.tolist():
            number = round(time_ms / 1000 * RATE)
            drawn = scene_frame(number, 10 + (number >= CUT))
            assert stills.rgb(time_ms).shape == drawn.shape
            assert np.abs(stills.rgb(time_ms).astype(float) - drawn).mean() < UNLIKE


@pytest.mark.parametrize("width", [64, 140, 192, 200, 300, 1000])
@pytest.mark.parametrize("fit", Fit)
def test_the_encoder_is_given_the_same_whatever_is_stored(tmp_path: Path, width: int, fit: Fit) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(12, 320, 240, shots=[6]))
    preprocess = PreprocessSpec(192, 108, fit, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    without, _ = _sampled(path, None, preprocess)
    stored, _ = _sampled(path, StillsSpec(width=width), preprocess)
    assert [frame.time_ms for frame in stored] == [frame.time_ms for frame in without]
    assert all(np.array_equal(frame.rgb, bare.rgb) for frame, bare in zip(stored, without, strict=True))
    assert all(frame.still is None for frame in without)
    longest = min(width, 320)
    assert {_picture_of(frame).shape for frame in stored} == {(round(longest * 3 / 4), longest, 3)}


def test_stored_pictures_are_of_the_shape_that_is_shown(tmp_path: Path) -> None:
    """A narrow stored picture with wide pixels, and one that stands on its side."""
    narrow = ClipSpec(sample_aspect=Fraction(4, 3))
    pictures = drawings(12, 240, 180, shots=[])
    wide = write_clip(tmp_path / "wide.mp4", pictures, narrow)
    turned = write_clip(tmp_path / "turned.mp4", drawings(12, 320, 180, shots=[]), ClipSpec(rotation=90))
    for width in (160, 320):
        stored, video = _sampled(wide, StillsSpec(width=width))
        assert (video.info.width, video.info.height) == (320, 180)
        assert {_picture_of(frame).shape for frame in stored} == {(width * 9 // 16, width, 3)}
        upright, _ = _sampled(turned, StillsSpec(width=width))
        assert {_picture_of(frame).shape for frame in upright} == {(width, width * 9 // 16, 3)}
        assert circle_ratio(_picture_of(stored[0])) == pytest.approx(4 / 3, abs=0.08)
        assert circle_ratio(_picture_of(upright[0])) == pytest.approx(1, abs=0.08)


def test_stored_pictures_are_those_of_their_moment(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(48, shots=[20]))
    for width in (150, 192, 320):
        stored, _ = _sampled(path, StillsSpec(width=width))
        assert [number_in(_picture_of(frame)) for frame in stored] == [
            round(frame.time_ms * 24 / 1000) for frame in stored
        ]


def test_the_settings_say_how_large_and_how_good(settings: Settings, tmp_path: Path) -> None:
    video = draw_episode(tmp_path / "01-a.mp4", 3, frames=12)
    sizes: dict[tuple[int, int], int] = {}
    for width, quality in ((100, 30), (100, 90), (200, 90)):
        chosen = settings.model_copy(
            update={
                "stills": StillsSettings(width=width, quality=quality),
                "data_dir": tmp_path / f"{width}-{quality}",
            }
        )
        _add(chosen, video)
        pack = _pack_of(chosen, "01-a.mp4")
        with StillsReader(pack) as stills:
            assert stills.rgb(int(stills.times_ms[0])).shape[1] == width
        sizes[width, quality] = pack.stat().st_size
    assert sizes[100, 30] < sizes[100, 90] < sizes[200, 90]


def test_none_are_kept_when_the_settings_say_so_and_again_makes_them(settings: Settings, videos: Path) -> None:
    without = settings.model_copy(update={"stills": NO_STILLS})
    _add(without, videos)
    assert _packs(without) == []
    assert _problems(without, stills_kept=False) == ()
    assert [problem.split(",")[0] for problem in _problems(settings)] == ["There are no stored pictures for 3 files"]
    assert _add(settings, videos).summary.actions == {Action.UNCHANGED: 3}
    assert _packs(settings) == []
    assert _add(settings, videos, again=True).summary.actions == {Action.CHANGED: 3}
    assert _packs(settings) == _wanted_packs(settings)
    assert len(_packs(settings)) == 3
    assert _problems(settings) == ()


def test_a_changed_file_takes_its_pictures_along(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    old = _pack_of(settings, "01-The Ferry.mp4")
    draw_episode(videos / "Paper Boats/1-Spring/01-The Ferry.mp4", 50)
    _add(settings, videos)
    assert not old.exists()
    assert _packs(settings) == _wanted_packs(settings)
    with StillsReader(_pack_of(settings, "01-The Ferry.mp4")) as stills:
        assert np.abs(stills.rgb(0).astype(float) - scene_frame(0, 50)).mean() < UNLIKE


def test_a_moved_file_keeps_its_pictures(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    before = {name: (settings.data_dir / "stills" / name).stat().st_mtime_ns for name in _packs(settings)}
    (videos / "Paper Boats").rename(videos / "Boats of Paper")
    _add(settings, videos)
    assert {name: (settings.data_dir / "stills" / name).stat().st_mtime_ns for name in _packs(settings)} == before


def test_a_video_that_breaks_off_has_the_pictures_up_to_there(settings: Settings, tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mkv", drawings(120, shots=[50]))
    torn = tmp_path / "01-torn.mkv"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    _add(settings, torn)
    record = _records(settings)[torn.name]
    assert record.outcome.state is FileState.DAMAGED
    with StillsReader(_pack_of(settings, torn.name)) as stills:
        assert len(stills) == record.outcome.frames
    assert _problems(settings) == ()


def test_a_file_that_is_no_video_has_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "01-a.mp4").write_bytes(b"nothing of the kind")
    black = write_clip(tmp_path / "02-black.mp4", [np.zeros((90, 160, 3), np.uint8)] * 24)
    ((failed, _reason),) = _add(settings, tmp_path / "01-a.mp4", black).summary.problems
    assert failed == str(tmp_path / "01-a.mp4"), "a plain colour is no failure"
    (pack,) = (settings.data_dir / "stills").iterdir()
    with StillsReader(pack) as stills:
        assert len(stills) == 0


class _Interrupting(SilentReporter):
    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_leaves_no_half_pack(settings: Settings, tmp_path: Path) -> None:
    video = draw_episode(tmp_path / "01-a.mp4", 3)
    assert add_videos(settings, [video], PlanOptions(), lambda *_: _Interrupting()).summary.interrupted
    assert _packs(settings) == []


def test_a_disk_that_fills_up_ends_the_run(settings: Settings, videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add, pictures = StillsWriter.add, [0]

    def full(writer: StillsWriter, time_ms: Millis, rgb: Rgb) -> None:
        pictures[0] += 1
        if pictures[0] > 25:
            raise StorageError("stills: cannot be written: No space left on device")
        add(writer, time_ms, rgb)

    with monkeypatch.context() as patch:
        patch.setattr(StillsWriter, "add", full)
        with pytest.raises(StorageError, match="No space left"):
            _add(settings, videos)
    assert len(_records(settings)) == 1
    assert _packs(settings) == _wanted_packs(settings)
    assert _add(settings, videos).summary.actions == {Action.UNCHANGED: 1, Action.NEW: 2}
    assert _problems(settings) == ()


def test_what_a_crash_left_behind_is_deleted_by_the_next_run(library_settings: Settings, drawn_videos: Path) -> None:
    folder = library_settings.data_dir / "stills"
    whole = _packs(library_settings)
    shutil.copy(folder / whole[0], folder / "00000099.pack")  # whole, but its file never got into the catalogue
    StagedPath(folder / "00000100.pack").path.write_bytes(b"half of a pack")
    (folder / "notes.pack").touch()
    _add(library_settings, drawn_videos)
    assert _packs(library_settings) == [*whole, "notes.pack"]


def test_removed_files_take_their_pictures_along(library_settings: Settings, drawn_videos: Path) -> None:
    ran = CliRunner().invoke(cli.app, ["remove", str(drawn_videos / "Paper Boats/1-Spring")])
    assert ran.exit_code == 0
    assert len(_packs(library_settings)) == 1
    assert _packs(library_settings) == _wanted_packs(library_settings)


def test_a_reindex_makes_what_is_missing_or_damaged(library_settings: Settings, tmp_path: Path) -> None:
    whole = {name: (library_settings.data_dir / "stills" / name).read_bytes() for name in _packs(library_settings)}
    first, second, _ = sorted(whole)
    (library_settings.data_dir / "stills" / first).unlink()
    (library_settings.data_dir / "stills" / second).write_bytes(b"damaged")
    done = reindex_library(library_settings, write_small_encoder(tmp_path / "small"), lambda *_: SilentReporter())
    assert done.state is ReindexState.SWAPPED
    assert _packs(library_settings) == sorted(whole)
    assert _problems(library_settings) == ()
    for name in whole:
        with StillsReader(library_settings.data_dir / "stills" / name) as stills:
            assert all(max(stills.rgb(int(time_ms)).shape) == 320 for time_ms in stills.times_ms)


def test_a_reindex_without_pictures_leaves_those_there_are(library_settings: Settings, tmp_path: Path) -> None:
    before = {name: (library_settings.data_dir / "stills" / name).read_bytes() for name in _packs(library_settings)}
    without = library_settings.model_copy(update={"stills": NO_STILLS})
    reindex_library(without, write_small_encoder(tmp_path / "small"), lambda *_: SilentReporter())
    assert {name: (library_settings.data_dir / "stills" / name).read_bytes() for name in before} == before


def _cut(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:-3])


def _scratch(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[60] ^= 0xFF
    pack.write_bytes(data)


def _other_moments(pack: Path) -> None:
    with StillsWriter(pack, quality=80) as writer:
        writer.add(Millis(17), np.zeros((9, 16, 3), np.uint8))
        writer.commit()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (Path.unlink, "There are no stored pictures for 1 file, "),
        (_cut, "{pack}: the stored pictures are damaged; `whenanime library add --again "),
        (_scratch, "{pack}: the stored pictures are damaged; `whenanime library add --again "),
        (_other_moments, "{pack}: the stored pictures are of other moments than the index; `whenanime library add "),
    ],
)
def test_check_tells_missing_and_damaged_ones(
    library_settings: Settings, spoil: Callable[[Path], None], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CliRunner().invoke(index_cli.app, ["check"]).exit_code == 0
    pack = _pack_of(library_settings, "01-The Ferry.mp4")
    spoil(pack)
    (problem,) = _problems(library_settings)
    assert problem.startswith(message.format(pack=pack))
    ran = CliRunner().invoke(index_cli.app, ["check"])
    assert ran.exit_code == 1
    assert "1 problem\n" in ran.output
    monkeypatch.setenv("WHENANIME_STILLS__WIDTH", "0")
    assert CliRunner().invoke(index_cli.app, ["check"]).exit_code == (1 if pack.exists() else 0)


def test_info_counts_files_and_bytes(library_settings: Settings) -> None:
    def info() -> dict[str, float]:
        ran = CliRunner().invoke(index_cli.app, ["info", "--json"])
        assert ran.exit_code == 0
        values: dict[str, float] = json.loads(ran.output)
        return values

    packs = [library_settings.data_dir / "stills" / name for name in _packs(library_settings)]
    values = info()
    assert values["files_with_stills"] == 3
    assert values["stills_bytes"] == sum(pack.stat().st_size for pack in packs)
    assert values["stills_bytes_per_hour"] == pytest.approx(values["stills_bytes"] / (15 / 3600), rel=0.02)
    for pack in packs:
        pack.unlink()
    assert [info()[name] for name in ("files_with_stills", "stills_bytes", "stills_bytes_per_hour")] == [0, 0, 0]


def test_a_large_picture_is_stored_small_and_looks_like_it(tmp_path: Path) -> None:
    pictures = drawings(12, 1280, 720, shots=[])
    path = write_clip(tmp_path / "a.mp4", pictures)
    for preprocess in (WIDE, PreprocessSpec(368, 208, Fit.PAD, (0.5,) * 3, (0.5,) * 3)):
        stored, _ = _sampled(path, StillsSpec(width=368), preprocess)
        small = cv2.resize(pictures[0], (368, 207), interpolation=cv2.INTER_AREA)
        assert np.abs(_picture_of(stored[0]).astype(float) - small).mean() < UNLIKE
