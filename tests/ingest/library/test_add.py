"""The main job on drawn videos: add, search, change, add again."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typing_extensions import override

from config.opening import open_engine
from config.settings import Settings
from core.catalogue.records import FileRecord, FileState
from core.domain import SearchFilter, Verdict
from core.errors import EncoderMismatchError, InputError, LibraryBusyError, StorageError
from core.files import library_lock
from core.stores.generation import current_generation
from ingest.indexing.features import load_features, save_features
from ingest.library.add import AddResult, add_videos
from ingest.library.opening import open_library
from ingest.planning.plan import Action, PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import CUT, EPISODES, FRAMES, RATE, draw_episode, scene_frame
from tests.small_encoder import write_small_encoder


def _add(settings: Settings, *places: Path, again: bool = False, show: str | None = None) -> AddResult:
    return add_videos(settings, list(places), PlanOptions(show=show, again=again), lambda *_: SilentReporter())


def _records(settings: Settings) -> list[FileRecord]:
    with open_library(settings) as library:
        return library.reader.all()


def _answers(settings: Settings) -> list[tuple[str, int, float]]:
    """File, time and similarity of the first scene of some frames of each video."""
    answers: list[tuple[str, int, float]] = []
    with open_engine(settings) as engine:
        for shot in EPISODES.values():
            for number in (5, 25, 40, 55):
                picture = scene_frame(number, shot + (number >= CUT))
                best = engine.search(picture).scenes[0]
                answers.append((Path(best.path).name, best.at_ms, round(best.similarity, 3)))
    return answers


def _features(settings: Settings) -> dict[str, tuple[list[int], bytes]]:
    with open_library(settings) as library:
        return {
            record.stamp.relative: (features.times_ms.tolist(), features.vectors.tobytes())
            for record in library.reader.all()
            if (features := load_features(library.layout.features(record.outcome.encoder, record.id)))
        }


@pytest.mark.parametrize("mirrored", [False, True])
def test_every_moment_is_found_in_its_file_within_half_a_second(library_settings: Settings, mirrored: bool) -> None:
    with open_engine(library_settings) as engine:
        for name, shot in EPISODES.items():
            for number in range(2, FRAMES, 7):
                picture = scene_frame(number, shot + (number >= CUT))
                result = engine.search(np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture)
                best = result.scenes[0]
                assert best.path.endswith(name)
                assert abs(best.at_ms / 1000 - number / RATE) <= 0.5
                assert best.from_ms <= best.at_ms < best.to_ms
                assert (best.from_ms, best.to_ms) == ((0, 2500) if number < CUT else (2500, 5000))
                assert best.mirrored is mirrored
                assert result.verdict is not Verdict.NOT_IN_LIBRARY


def test_names_come_from_folders_and_files(library_settings: Settings) -> None:
    names = [
        (record.name.show, record.name.season, record.name.season_name, record.name.number, record.name.name)
        for record in _records(library_settings)
    ]
    assert names == [
        ("Paper Boats", 1, "Spring", 1, "The Ferry"),
        ("Paper Boats", 1, "Spring", 2, "夜の雨"),
        ("Paper Boats", 2, "Autumn", 1, 'It\'s "late" 🍂'),
    ]


def test_a_filter_is_applied_inside_the_search(library_settings: Settings) -> None:
    picture = scene_frame(10, 0)
    with open_engine(library_settings) as engine:
        scenes = engine.search(picture, where=SearchFilter(seasons=frozenset({2}))).scenes
    assert scenes
    assert {scene.name.season for scene in scenes} == {2}


def test_a_second_run_does_nothing(library_settings: Settings, drawn_videos: Path) -> None:
    before = current_generation(library_settings.data_dir / "index")
    added = _add(library_settings, drawn_videos)
    assert added.summary.actions == {Action.UNCHANGED: 3}
    assert current_generation(library_settings.data_dir / "index") == before


def test_one_new_file_never_reads_the_others_again(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    features = {path: path.stat().st_mtime_ns for path in (settings.data_dir / "features").rglob("*.npz")}
    draw_episode(videos / "Paper Boats/2-Autumn/02-New.mp4", 30)
    added = _add(settings, videos)
    assert added.summary.actions == {Action.UNCHANGED: 3, Action.NEW: 1}
    assert {path: path.stat().st_mtime_ns for path in features} == features
    with open_engine(settings) as engine:
        assert engine.search(scene_frame(20, 30)).scenes[0].name.name == "New"


def test_a_moved_file_is_recognised_and_a_renamed_show_takes_effect(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    before = {record.name.name: record.id for record in _records(settings)}
    (videos / "Paper Boats").rename(videos / "Boats of Paper")
    added = _add(settings, videos)
    assert added.summary.actions == {Action.MOVED: 3}
    notes = dict(added.summary.notes)
    assert notes[str(videos / "Boats of Paper/1-Spring/01-The Ferry.mp4")].endswith(
        "now read as Boats of Paper, season 1 “Spring”, episode 1 “The Ferry” "
        "(was Paper Boats, season 1 “Spring”, episode 1 “The Ferry”)"
    )
    assert len(notes) == 3
    after = _records(settings)
    assert {record.name.name: record.id for record in after} == before
    assert {record.name.show for record in after} == {"Boats of Paper"}
    _add(settings, videos, show="紙の舟")
    assert {record.name.show for record in _records(settings)} == {"紙の舟"}


def test_a_move_that_changes_nothing_in_how_files_are_read_says_nothing(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    (videos / "anime").mkdir()
    (videos / "Paper Boats").rename(videos / "anime/Paper Boats")
    added = _add(settings, videos)
    assert (added.summary.actions, added.summary.notes) == ({Action.MOVED: 3}, [])


def test_a_changed_file_takes_the_place_of_the_old_one(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    changed = videos / "Paper Boats/1-Spring/01-The Ferry.mp4"
    draw_episode(changed, 50)
    added = _add(settings, videos)
    assert added.summary.actions == {Action.UNCHANGED: 2, Action.CHANGED: 1}
    with open_engine(settings) as engine:
        assert engine.search(scene_frame(10, 50)).scenes[0].path == str(changed)
        assert all(scene.similarity < 0.98 for scene in engine.search(scene_frame(10, 0)).scenes)
    assert len(list((settings.data_dir / "features").rglob("*.npz"))) == 3


def test_a_touched_file_is_not_read_again(settings: Settings, videos: Path) -> None:
    _add(settings, videos)
    os.utime(videos / next(iter(EPISODES)))
    assert _add(settings, videos).summary.actions == {Action.UNCHANGED: 2, Action.RENAMED: 1}


def test_a_copy_is_noted_not_indexed_twice(settings: Settings, videos: Path) -> None:
    first = next(iter(EPISODES))
    shutil.copy(videos / first, videos / "copy.mp4")
    summary = _add(settings, videos).summary
    assert summary.actions == {Action.NEW: 3, Action.DUPLICATE: 1}
    assert len(summary.notes) == 1
    assert "same content as" in summary.notes[0][1]


def test_broken_files_are_named_and_the_rest_goes_on(settings: Settings, videos: Path) -> None:
    (videos / "00-empty.mp4").touch()
    (videos / "00-text.mkv").write_text("this is no video", "utf-8")
    whole = videos / next(iter(EPISODES))
    (videos / "00-head.mp4").write_bytes(whole.read_bytes()[:300])
    summary = _add(settings, videos).summary
    assert sorted(Path(path).name for path, _ in summary.problems) == ["00-empty.mp4", "00-head.mp4", "00-text.mkv"]
    assert all(reason for _, reason in summary.problems)
    failed = [record for record in _records(settings) if record.outcome.state is FileState.FAILED]
    assert len(failed) == 3
    assert len(_answers(settings)) == 12
    later = _add(settings, videos).summary
    assert later.actions == {Action.UNCHANGED: 6}
    assert (later.problems, later.failed_before) == ([], 3)
    assert _add(settings, videos / "00-text.mkv", again=True).summary.problems


def test_a_file_that_was_mended_is_read_again(settings: Settings, tmp_path: Path) -> None:
    video = tmp_path / "01-late.mp4"
    video.write_bytes(b"still downloading")
    assert _add(settings, video).summary.problems
    draw_episode(video, 7)
    assert not _add(settings, video).summary.problems
    assert [record.outcome.state for record in _records(settings)] == [FileState.READY]


class _Interrupting(SilentReporter):
    """Ctrl-C in the middle of the second file."""

    def __init__(self) -> None:
        self._files = 0

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        self._files += 1

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        if self._files == 2:
            raise KeyboardInterrupt


def test_after_ctrl_c_what_was_finished_is_searchable_and_the_next_run_goes_on(
    settings: Settings, library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    stopped = settings.model_copy(update={"data_dir": tmp_path / "stopped"})
    first = add_videos(stopped, [drawn_videos], PlanOptions(), lambda *_: _Interrupting())
    assert first.summary.interrupted
    assert first.index is not None
    assert len(first.index.files) == 1
    assert _add(stopped, drawn_videos).summary.actions == {Action.UNCHANGED: 1, Action.NEW: 2}
    assert _features(stopped) == _features(library_settings)
    assert _answers(stopped) == _answers(library_settings)


_KILLED = """
import os, signal, sys
from pathlib import Path
from config.settings import load_settings
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter

class Killed(SilentReporter):
    files = 0
    def file_started(self, name, size_bytes):
        self.files += 1
    def advanced(self, *, share, video_s, frames):
        if self.files == 2:
            os.kill(os.getpid(), signal.SIGKILL)

add_videos(load_settings(), [Path(sys.argv[1])], PlanOptions(), lambda *_: Killed())
"""


def test_after_kill_9_the_next_run_ends_where_an_uninterrupted_one_does(
    settings: Settings, library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    killed = settings.model_copy(update={"data_dir": tmp_path / "killed"})
    environment = {**os.environ, "WHENANIME_DATA_DIR": str(killed.data_dir), "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(drawn_videos)], env=environment, check=False, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert _add(killed, drawn_videos).summary.actions == {Action.UNCHANGED: 1, Action.NEW: 2}
    assert _features(killed) == _features(library_settings)
    assert _answers(killed) == _answers(library_settings)


def test_a_full_disk_ends_the_run_and_loses_nothing_finished(
    settings: Settings, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[object, ...]] = []

    def full(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise StorageError("data: cannot be written: No space left on device")
        save_features(*arguments)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr("ingest.indexing.video_read.save_features", full)
    with pytest.raises(StorageError, match="No space left"):
        _add(settings, videos)
    assert _add(settings, videos).summary.actions == {Action.UNCHANGED: 1, Action.NEW: 2}
    assert len(_answers(settings)) == 12


def test_two_runs_at_once_are_one_too_many(settings: Settings, videos: Path) -> None:
    with (
        open_library(settings, missing="create") as library,
        library_lock(library.layout.lock),
        pytest.raises(LibraryBusyError, match="Another whenanime run"),
    ):
        _add(settings, videos)


def test_another_encoder_is_refused_with_what_to_do(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    mismatched = library_settings.model_copy(update={"encoder": write_small_encoder(tmp_path / "small")})
    with pytest.raises(EncoderMismatchError, match=r"WHENANIME_ENCODER back.*library reindex"):
        _add(mismatched, drawn_videos)
    assert _add(mismatched, drawn_videos, again=True).summary.actions == {Action.CHANGED: 3}
    assert len(_answers(mismatched)) == 12


def test_what_we_wrote_ourselves_is_not_indexed(settings: Settings, videos: Path) -> None:
    draw_episode(settings.data_dir / "previews" / "old.mp4", 40)
    assert _add(settings, settings.data_dir.parent).summary.actions == {Action.NEW: 3}
    assert videos.exists()


def test_a_folder_without_videos_is_a_usage_error(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="There is no video in"):
        _add(settings, tmp_path / "empty")


def test_a_failure_of_the_pass_over_openings_fails_no_run(settings: Settings, videos: Path) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "fingerprints").write_text("a file where the folder should be")
    added = add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    assert not added.summary.problems
    assert len(added.summary.finished) == 3
    assert added.themes
    assert all("openings and endings" in problem for problem in added.themes.problems)
    assert len(added.themes.problems) == 2  # of two seasons


def test_a_season_with_new_videos_is_looked_at_once_its_videos_are_read(settings: Settings, videos: Path) -> None:
    added = add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    assert added.themes
    assert (added.themes.seasons, added.themes.searched, added.themes.problems) == (2, 3, [])
    with open_library(settings) as library:
        assert sorted(library.reader.theme_notes()) == [1, 2, 3]  # the drawn videos have no sound
    again = add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    assert again.themes
    assert again.themes.seasons == 0
