"""Another encoder for a whole library: beside the old one, swapped when whole, stopped and gone on with at any time."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner
from typing_extensions import override

from config.opening import encoder_of, open_engine
from config.settings import Settings
from core.catalogue.records import FileRecord
from core.encoders.base import ConfidenceSpec
from core.encoders.loading import BUNDLED, read_fingerprint
from core.encoders.spec import read_spec, write_spec
from core.errors import EncoderError, EncoderMismatchError, LibraryBusyError, LibraryEmptyError, LibraryError
from core.files import library_lock
from core.stores.generation import GenerationInfo, current_generation
from ingest.commands import index_cli
from ingest.commands import library_cli as cli
from ingest.indexing.features import load_features, save_features
from ingest.library.add import add_videos
from ingest.library.opening import open_library, publisher
from ingest.library.reindex import ReindexResult, ReindexState, reindex_library
from ingest.planning.plan import Action, PlanOptions
from ingest.publishing.library_check import check_library
from ingest.reporting import SilentReporter
from tests.episodes import CUT, EPISODES, draw_episode, scene_frame
from tests.small_encoder import rename, write_small_encoder

ROOT = Path(__file__).parents[3]
OLD = read_fingerprint(BUNDLED)


class _Watching(SilentReporter):
    """Notes the files that are read; `stop_in` is the one in which Ctrl-C is pressed."""

    def __init__(self, stop_in: int = 0) -> None:
        self.names: list[str] = []
        self._stop_in = stop_in

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        self.names.append(name)

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        if len(self.names) == self._stop_in:
            raise KeyboardInterrupt


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small_encoder(tmp_path / "small")


@pytest.fixture
def own_settings(settings: Settings, library_settings: Settings, videos: Path) -> Settings:
    """A library whose videos a test may take away: its rows point into `videos`."""
    with open_library(library_settings) as library:
        for record in library.reader.all():
            path = str(videos / record.stamp.relative)
            library.writer.move(record.id, replace(record.stamp, path=path), record.name)
    return settings


def _reindex(
    settings: Settings, folder: Path | None, *, reporter: SilentReporter | None = None, leave_out: bool = False
) -> ReindexResult:
    return reindex_library(settings, folder, lambda *_: reporter or SilentReporter(), leave_out_missing=leave_out)


def _current(settings: Settings) -> GenerationInfo:
    return current_generation(settings.data_dir / "index")[1]


def _records(settings: Settings) -> list[FileRecord]:
    with open_library(settings) as library:
        return library.reader.all()


def _encoders(settings: Settings) -> set[str]:
    return {record.outcome.encoder for record in _records(settings)}


def _problems(settings: Settings) -> tuple[str, ...]:
    with open_library(settings) as library:
        return check_library(library.layout, library.reader).problems


def _answers(settings: Settings) -> list[tuple[str, int, int, float]]:
    """By the index and the stored pictures alone: videos may be gone."""
    answers: list[tuple[str, int, int, float]] = []
    search = settings.search.model_copy(update={"exact": False})
    with open_engine(settings.model_copy(update={"search": search})) as engine:
        for shot in EPISODES.values():
            for number in (5, 40):
                best = engine.search(scene_frame(number, shot + (number >= CUT))).scenes[0]
                answers.append((Path(best.path).name, best.from_ms, best.at_ms, round(best.similarity, 3)))
    return answers


def _features(settings: Settings, fingerprint: str) -> dict[str, bytes]:
    with open_library(settings) as library:
        return {
            record.stamp.relative: load_features(library.layout.features(fingerprint, record.id)).vectors.tobytes()
            for record in library.reader.all()
        }


def _right(answers: list[tuple[str, int, int, float]]) -> bool:
    names = [Path(name).name for name in EPISODES for _ in range(2)]
    near = all(
        abs(at_ms - number / 12 * 1000) <= 500 for (_, _, at_ms, _), number in zip(answers, [5, 40] * 3, strict=True)
    )
    return [name for name, *_ in answers] == names and near and [answer[1] for answer in answers] == [0, 2500] * 3


def test_the_new_encoder_answers_without_being_named_and_without_its_folder(
    library_settings: Settings, small: Path
) -> None:
    before = _answers(library_settings)
    fingerprint = read_fingerprint(small)
    done = _reindex(library_settings, small)
    assert (done.state, done.read_count, len(done.embedded)) == (ReindexState.SWAPPED, 3, 3)
    assert (done.encoder_name, done.fingerprint) == ("small", fingerprint)
    assert not done.settings_differ
    shutil.rmtree(small)
    assert library_settings.encoder is None
    assert encoder_of(library_settings).spec.name == "small"
    assert _current(library_settings).encoder == fingerprint
    assert _encoders(library_settings) == {fingerprint}
    after = _answers(library_settings)
    assert _right(after)
    assert after != before
    assert _problems(library_settings) == ()


def test_videos_are_added_and_removed_with_the_new_encoder(own_settings: Settings, small: Path, videos: Path) -> None:
    _reindex(own_settings, small)
    draw_episode(videos / "Paper Boats/2-Autumn/02-New.mp4", 30)
    added = add_videos(own_settings, [videos], PlanOptions(), lambda *_: SilentReporter())
    assert added.summary.actions == {Action.UNCHANGED: 3, Action.NEW: 1}
    assert _encoders(own_settings) == {read_fingerprint(small)}
    with open_library(own_settings) as library:
        library.writer.remove([library.reader.all()[0].id])
        info = publisher(own_settings, library, encoder_of(own_settings)).publish(anew=True).info
    assert info is not None
    assert len(info.files) == 3
    assert _problems(own_settings) == ()


def test_a_second_run_has_nothing_to_do(library_settings: Settings, small: Path) -> None:
    _reindex(library_settings, small)
    name = _current(library_settings).name
    rename(small, "better calibrated")
    again = _reindex(library_settings, small)
    assert (again.state, again.read_count) == (ReindexState.UNCHANGED, 0)
    assert _current(library_settings).name == name
    assert encoder_of(library_settings).spec.name == "better calibrated"
    copy = library_settings.data_dir / "encoders" / again.fingerprint
    calibrated = ConfidenceSpec(-3.0, 5.0, 1.0)
    write_spec(replace(read_spec(copy), confidence=calibrated), copy)
    _reindex(library_settings, small)
    assert encoder_of(library_settings).spec.confidence == calibrated, "the encoder brings none that could replace it"
    assert _reindex(library_settings, library_settings.data_dir / "encoders" / again.fingerprint).read_count == 0


def test_going_back_reads_nothing_and_gives_the_old_answers(own_settings: Settings, small: Path, videos: Path) -> None:
    before, rows = _answers(own_settings), _records(own_settings)
    _reindex(own_settings, small)
    shutil.rmtree(videos)
    back = _reindex(own_settings, None)
    assert (back.state, back.read_count, back.fingerprint) == (ReindexState.SWAPPED, 0, OLD)
    assert _answers(own_settings) == before
    assert _records(own_settings) == rows
    assert not (own_settings.data_dir / "encoders" / OLD).exists()


def test_after_ctrl_c_the_old_one_answers_and_the_next_run_goes_on(
    library_settings: Settings, small: Path, tmp_path: Path
) -> None:
    whole = library_settings.model_copy(update={"data_dir": tmp_path / "whole"})
    shutil.copytree(library_settings.data_dir, whole.data_dir)
    _reindex(whole, small)
    before, generation = _answers(library_settings), _current(library_settings)

    stopped = _reindex(library_settings, small, reporter=_Watching(stop_in=2))
    assert (stopped.state, stopped.read_count, stopped.index) == (ReindexState.STOPPED, 1, None)
    assert (_answers(library_settings), _current(library_settings)) == (before, generation)
    assert _encoders(library_settings) == {OLD}
    assert _problems(library_settings) == ()

    watching = _Watching()
    done = _reindex(library_settings, small, reporter=watching)
    assert watching.names == [Path(name).name for name in list(EPISODES)[1:]]
    assert (done.state, done.read_count, len(done.embedded)) == (ReindexState.SWAPPED, 2, 3)
    assert _features(library_settings, done.fingerprint) == _features(whole, done.fingerprint)
    assert _answers(library_settings) == _answers(whole)


_KILLED = """
import os, signal, sys
from pathlib import Path
from config.settings import load_settings
from core.catalogue.writer import CatalogueWriter
from ingest.reporting import SilentReporter
from ingest.library.reindex import reindex_library

class Killed(SilentReporter):
    files = 0
    def file_started(self, name, size_bytes):
        self.files += 1
    def advanced(self, *, share, video_s, frames):
        if sys.argv[2] == "reading" and self.files == 2:
            os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "swapped":
    CatalogueWriter.set_outcomes = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
reindex_library(load_settings(), Path(sys.argv[1]), lambda *_: Killed())
"""


def _kill(small: Path, when: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(small), when], env=environment, check=False, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def test_after_kill_9_while_reading_the_old_one_answers(library_settings: Settings, small: Path) -> None:
    before = _answers(library_settings)
    _kill(small, "reading")
    assert _answers(library_settings) == before
    assert _encoders(library_settings) == {OLD}
    assert _reindex(library_settings, small).read_count == 2
    assert _right(_answers(library_settings))


def _add_nothing(settings: Settings, videos: Path) -> None:
    add_videos(settings, [videos], PlanOptions(), lambda *_: SilentReporter())


def _rebuild(_settings: Settings, _videos: Path) -> None:
    assert CliRunner().invoke(index_cli.app, ["rebuild"]).exit_code == 0


def _reindex_again(settings: Settings, videos: Path) -> None:
    done = _reindex(settings, videos.parent / "small")
    assert (done.state, done.read_count) == (ReindexState.UNCHANGED, 0)


def test_after_kill_9_between_swap_and_catalogue_the_next_run_mends_it(
    own_settings: Settings, small: Path, videos: Path, tmp_path: Path
) -> None:
    _kill(small, "swapped")
    assert _encoders(own_settings) == {OLD}
    assert _right(_answers(own_settings))
    shutil.copytree(own_settings.data_dir, tmp_path / "killed")
    next_runs: list[Callable[[Settings, Path], None]] = [_add_nothing, _rebuild, _reindex_again]
    for next_run in next_runs:
        shutil.rmtree(own_settings.data_dir)
        shutil.copytree(tmp_path / "killed", own_settings.data_dir)
        next_run(own_settings, videos)
        assert _encoders(own_settings) == {read_fingerprint(small)}
        assert len(_current(own_settings).files) == 3
        assert _right(_answers(own_settings))
        assert _problems(own_settings) == ()


@pytest.mark.parametrize("how", ["gone", "another"])
def test_a_missing_video_is_refused_by_name_or_left_out(
    own_settings: Settings, small: Path, videos: Path, how: str
) -> None:
    first = videos / next(iter(EPISODES))
    content = first.read_bytes()
    first.unlink()
    if how == "another":
        draw_episode(first, 60)
    generation, before = _current(own_settings), _answers(own_settings)
    watching = _Watching()
    with pytest.raises(LibraryError, match=r"01-The Ferry\.mp4: (?s:.*)--leave-out-missing"):
        _reindex(own_settings, small, reporter=watching)
    assert watching.names == []
    assert (_current(own_settings), _answers(own_settings)) == (generation, before)

    done = _reindex(own_settings, small, leave_out=True)
    assert list(done.left_out) == [str(first)]
    assert sorted(_current(own_settings).files) == [2, 3]
    assert [record.outcome.encoder == OLD for record in _records(own_settings)] == [True, False, False]
    (problem,) = [problem for problem in _problems(own_settings) if "the video is gone" not in problem]
    assert "library reindex" in problem

    second_season = videos / "Paper Boats" / "2-Autumn"
    added = add_videos(own_settings, [second_season], PlanOptions(), lambda *_: SilentReporter())
    assert [path for path, _ in added.summary.problems] == [str(first)]

    first.write_bytes(content)
    watching = _Watching()
    assert _reindex(own_settings, small, reporter=watching).state is ReindexState.SWAPPED
    assert watching.names == [first.name]
    assert _right(_answers(own_settings))
    assert _problems(own_settings) == ()


def test_a_video_that_cannot_be_read_any_more_is_no_silent_loss(
    own_settings: Settings, small: Path, videos: Path
) -> None:
    first = videos / next(iter(EPISODES))
    status = first.stat()
    first.write_bytes(b"\0" * status.st_size)
    os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns))
    generation = _current(own_settings)
    with pytest.raises(LibraryError, match=r"01-The Ferry\.mp4: "):
        _reindex(own_settings, small)
    assert _current(own_settings) == generation
    done = _reindex(own_settings, small, leave_out=True)
    assert (done.read_count, len(done.embedded), list(done.left_out)) == (0, 2, [str(first)])


def test_no_video_that_can_be_read_is_no_empty_index(own_settings: Settings, small: Path, videos: Path) -> None:
    for path in map(videos.joinpath, EPISODES):
        status = path.stat()
        path.write_bytes(b"\0" * status.st_size)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(LibraryError, match="The index stays as it is"):
        _reindex(own_settings, small, leave_out=True)
    assert len(_answers(own_settings)) == 6


def test_all_videos_gone_is_no_empty_index(own_settings: Settings, small: Path, videos: Path) -> None:
    shutil.rmtree(videos)
    with pytest.raises(LibraryError, match="The index stays as it is"):
        _reindex(own_settings, small, leave_out=True)
    assert _current(own_settings).encoder == OLD


def test_videos_below_a_media_root_are_found(own_settings: Settings, small: Path, videos: Path) -> None:
    moved = videos.rename(videos.parent / "elsewhere")
    rooted = own_settings.model_copy(update={"media_root": str(moved)})
    assert _reindex(rooted, small).read_count == 3


def test_features_that_another_video_left_under_the_id_are_not_taken(library_settings: Settings, small: Path) -> None:
    _reindex(library_settings, small, reporter=_Watching(stop_in=2))
    (path,) = (library_settings.data_dir / "features" / read_fingerprint(small)).iterdir()
    features = load_features(path)
    assert features.origin is not None
    save_features(path, replace(features, origin=replace(features.origin, content="of another video")))
    assert _reindex(library_settings, small).read_count == 3


def test_damaged_new_features_are_made_again(library_settings: Settings, small: Path) -> None:
    _reindex(library_settings, small, reporter=_Watching(stop_in=3))
    paths = sorted((library_settings.data_dir / "features" / read_fingerprint(small)).iterdir())
    paths[0].write_bytes(paths[0].read_bytes()[:-40])
    assert _reindex(library_settings, small).read_count == 2


def test_a_running_engine_takes_up_the_new_encoder(library_settings: Settings, small: Path) -> None:
    with open_engine(library_settings) as engine:
        before = engine.search(scene_frame(5, 0)).scenes[0].similarity
        _reindex(library_settings, small)
        assert engine.search(scene_frame(5, 0)).scenes[0].similarity == before
        assert engine.reload()
        assert engine.generation.encoder == read_fingerprint(small)
        assert engine.search(scene_frame(5, 0)).scenes[0].similarity != before


def test_an_encoder_that_the_settings_name_wins(library_settings: Settings, small: Path, drawn_videos: Path) -> None:
    named = library_settings.model_copy(update={"encoder": small})
    with pytest.raises(EncoderMismatchError, match=r"WHENANIME_ENCODER back.*`whenanime library reindex`"):
        open_engine(named)
    with pytest.raises(EncoderMismatchError, match="library reindex"):
        _add_nothing(named, drawn_videos)
    with open_library(named) as library, pytest.raises(EncoderMismatchError, match="library reindex"):
        publisher(named, library, encoder_of(named)).publish(anew=True)
    assert len(_current(library_settings).files) == 3
    assert _reindex(named, None).fingerprint == read_fingerprint(small)
    assert _reindex(named, BUNDLED).settings_differ
    with pytest.raises(EncoderMismatchError, match="WHENANIME_ENCODER back"):
        open_engine(named)


def test_a_lost_index_is_rebuilt_with_the_encoder_of_the_files(library_settings: Settings, small: Path) -> None:
    _reindex(library_settings, small)
    (library_settings.data_dir / "index" / "CURRENT").unlink()
    assert encoder_of(library_settings).fingerprint == read_fingerprint(small)


def test_what_is_no_encoder_changes_nothing(library_settings: Settings, small: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="There is no encoder at"):
        _reindex(library_settings, tmp_path / "nowhere")
    (small / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        _reindex(library_settings, small)
    assert not (library_settings.data_dir / "encoders").exists()


def test_it_holds_the_lock_and_wants_a_library(settings: Settings, small: Path) -> None:
    with pytest.raises(LibraryEmptyError, match="library add DIR"):
        _reindex(settings, small)
    with (
        open_library(settings, missing="create") as library,
        library_lock(library.layout.lock),
        pytest.raises(LibraryBusyError, match="Another whenanime run"),
    ):
        _reindex(settings, small)
    with pytest.raises(LibraryEmptyError, match="no searchable video"):
        _reindex(settings, small)


def test_the_command(own_settings: Settings, small: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "whenanime", "library", "reindex", "--encoder", str(small), "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[3/3] read" in done.stderr
    values = json.loads(done.stdout)
    frames = values.pop("frames")
    assert frames == _current(own_settings).frames > 0
    assert values == {
        "state": "swapped",
        "encoder": "small",
        "fingerprint": read_fingerprint(small),
        "generation": _current(own_settings).name,
        "files": 3,
        "files_read": 3,
        "video_s": 15.0,
        "left_out": {},
    }
    again = CliRunner().invoke(cli.app, ["reindex", "--encoder", str(small)])
    assert again.exit_code == 0
    assert again.stdout.startswith(f"Nothing to do: the library is searched with small ({read_fingerprint(small)})")
    assert f"3 videos, {frames} frames, 0.2 minutes" in again.stdout


def test_the_command_ends_with_130_when_stopped(
    library_settings: Settings, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.commands.reindex_cli.open_reporter", lambda *_: _Watching(stop_in=2))
    stopped = CliRunner().invoke(cli.app, ["reindex", "--encoder", str(small)])
    assert stopped.exit_code == 130
    assert stopped.stdout.startswith("Stopped; the old index answers as before.")
    monkeypatch.setenv("WHENANIME_ENCODER", str(small))
    back = CliRunner().invoke(cli.app, ["reindex", "--encoder", str(BUNDLED)])
    assert back.exit_code == 0
    assert "WHENANIME_ENCODER names another encoder" in back.stderr
    assert _current(library_settings).encoder == OLD
