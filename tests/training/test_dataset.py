"""A data set of frames: made from drawn videos, gone on with, read, damaged, measured and distorted."""

import csv
import errno
import itertools
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from config.settings import Settings
from core.errors import EncoderError, InputError, LibraryBusyError, StorageError
from core.shots import ShotDetector
from core.video.reading import VideoReader
from tests.clips import drawing
from tests.episodes import CUT, EPISODES, RATE, draw_episode, scene_frame
from training import dataset_cli
from training.dataset import Dataset, FrameRow
from training.dataset_spec import DatasetSpec, Split
from training.distortions import DistortionSpec
from training.extracting import ExtractionSummary, extract
from training.frame_sources import sources_below
from training.moments import find_moments, record_moments
from training.twins import draw_twins, twin_jpeg, twin_of

SPEC = DatasetSpec(validation=0.34, head=0, tail=0, gap_s=0.5, width=160)
LIBRARY = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "library"


class _Reporter:
    """Notes what it is told, and stops the run when the source numbered `stop_at` begins."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.lines: list[str] = []
        self.started_names: list[str] = []
        self._stop_at = stop_at

    def passed_over(self, size_bytes: int) -> None:
        assert size_bytes > 0

    def started(self, name: str, size_bytes: int) -> None:
        assert size_bytes > 0
        self.started_names.append(name)

    def advanced(self, share: float) -> None:
        assert 0 <= share <= 1
        if len(self.started_names) == self._stop_at:
            raise KeyboardInterrupt

    def ended(self, line: str) -> None:
        self.lines.append(line)


def _extract(places: list[Path], out: Path, spec: DatasetSpec = SPEC) -> tuple[Dataset, ExtractionSummary]:
    return extract(sources_below(places, leave_out=out), spec, out, _Reporter(), threads=1)


@pytest.fixture(scope="module")
def made(drawn_videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of the drawn videos that tests only read."""
    out = tmp_path_factory.mktemp("made") / "dataset"
    _extract([drawn_videos], out)
    return out


@pytest.fixture
def dataset(made: Path, tmp_path: Path) -> Dataset:
    """One that a test may change."""
    return Dataset.open(Path(shutil.copytree(made, tmp_path / "dataset")))


def test_every_shot_gives_frames_of_the_moments_they_are_named_after(made: Path) -> None:
    opened = Dataset.open(made)
    assert opened.spec == SPEC
    firsts = {
        Path(name).with_suffix("").as_posix().removeprefix("Paper Boats/"): shot for name, shot in EPISODES.items()
    }
    assert {(row.file, row.shot) for row in opened.rows} == {(file, shot) for file in (1, 2, 3) for shot in (0, 1)}
    for row in opened.rows:
        number = round(row.time_ms / 1000 * RATE)
        wanted = cv2.resize(
            scene_frame(number, firsts[row.episode] + (number >= CUT)), (160, 90), interpolation=cv2.INTER_AREA
        )
        found = opened.read(row)
        assert found.shape == (90, 160, 3)
        assert found.dtype == np.uint8
        assert np.abs(found.astype(int) - wanted).mean() < 8
        assert (row.show, row.shot) == ("Paper Boats", int(number >= CUT))
        assert row.path == made / row.split / f"{row.file:05d}" / f"{row.time_ms:010d}.jpg"
    for file, shot in {(row.file, row.shot) for row in opened.rows}:
        times = [row.time_ms for row in opened.rows if (row.file, row.shot) == (file, shot)]
        assert len(times) > 2
        assert min(np.diff(times)) >= 500
        assert min(times) == (2500 if shot else 0)


def test_the_files_on_disk_are_as_documented(made: Path) -> None:
    values = json.loads((made / "dataset.json").read_text("utf-8"))
    opened = Dataset.open(made)
    assert values["version"] == 1
    assert values["made_from"] == json.loads(json.dumps(asdict(SPEC)))
    assert values["frames"] == {"train": len(opened.split("train")), "validation": len(opened.split("validation"))}
    assert values["mean"] is values["std"] is values["distorted"] is None
    with (made / "frames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["split", "file", "show", "episode", "shot", "time_ms", "path"]
    assert {path.relative_to(made).as_posix() for path in made.rglob("*.jpg")} == {row["path"] for row in rows}


def test_no_video_is_on_both_sides(made: Path) -> None:
    sides = {(row.file, row.split) for row in Dataset.open(made).rows}
    assert len(sides) == 3
    assert sorted(side for _, side in sides) == [Split.TRAIN, Split.TRAIN, Split.VALIDATION]


def test_a_stopped_run_goes_on_and_comes_to_the_same(drawn_videos: Path, made: Path, tmp_path: Path) -> None:
    sources = sources_below([drawn_videos], leave_out=tmp_path)
    stopped, summary = extract(sources, SPEC, tmp_path / "out", _Reporter(stop_at=2), threads=1)
    assert summary.interrupted
    assert {row.file for row in stopped.rows} == {1}
    assert Dataset.open(tmp_path / "out").rows == stopped.rows
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == len(stopped.rows)
    reporter = _Reporter()
    _, summary = extract(sources, SPEC, tmp_path / "out", reporter, threads=1)
    assert (summary.kept, summary.taken, len(reporter.started_names)) == (1, 2, 2)
    assert (tmp_path / "out/frames.csv").read_bytes() == (made / "frames.csv").read_bytes()
    for path in made.rglob("*.jpg"):
        assert (tmp_path / "out" / path.relative_to(made)).read_bytes() == path.read_bytes()


def test_a_killed_run_goes_on_from_its_parts(dataset: Dataset, drawn_videos: Path) -> None:
    wanted = (dataset.folder / "frames.csv").read_bytes()
    (dataset.folder / "frames.csv").unlink()
    (dataset.folder / "parts/00003.json").unlink()
    made, summary = _extract([drawn_videos], dataset.folder)
    assert (summary.kept, summary.taken) == (2, 1)
    assert (made.folder / "frames.csv").read_bytes() == wanted


def test_a_changed_video_is_taken_anew_and_a_new_one_added(videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before, _ = _extract([videos], out)
    record_moments(before, find_moments(before, step=lambda _count: None))
    draw_twins(Dataset.open(out), step=lambda _count: None)
    held_back = before.split("validation")[0]
    changed = videos / held_back.show / f"{held_back.episode}.mp4"
    draw_episode(changed, 40, frames=30)
    draw_episode(videos / "Harbour/1/01.mp4", 50)
    after, summary = _extract([videos], out)
    assert (summary.kept, summary.taken) == (2, 2)
    assert {row.split for row in after.rows if row.file == held_back.file} == {Split.VALIDATION}
    assert {row.shot for row in after.rows if row.file == held_back.file} == {0}
    assert {row.show for row in after.rows if row.file == 4} == {"Harbour"}
    assert after == Dataset.open(out)
    assert (after.mean, after.std, after.twins) == (None, None, None)
    assert not list((out / "distorted").rglob("*.jpg"))
    kept = [row for row in before.rows if row.file != held_back.file]
    assert [row for row in after.rows if row.file not in {held_back.file, 4}] == kept


def test_other_settings_in_the_same_folder_are_named(dataset: Dataset, drawn_videos: Path) -> None:
    with pytest.raises(InputError, match=r"--gap 0\.5, not 0\.7; --quality 92, not 50\."):
        _extract([drawn_videos], dataset.folder, replace(SPEC, gap_s=0.7, quality=50))


def test_nothing_is_written_among_other_things(drawn_videos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/letter.txt").write_text("dear", "utf-8")
    with pytest.raises(InputError, match="something else"):
        _extract([drawn_videos], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]
    with pytest.raises(StorageError, match="cannot be written"):
        _extract([drawn_videos], tmp_path / "out/letter.txt/dataset")


def test_two_runs_do_not_write_the_same(drawn_videos: Path, tmp_path: Path) -> None:
    class Meddler(_Reporter):
        def started(self, name: str, size_bytes: int) -> None:
            with pytest.raises(LibraryBusyError):
                _extract([drawn_videos], tmp_path / "out")
            super().started(name, size_bytes)

    _, summary = extract(
        sources_below([drawn_videos], leave_out=tmp_path), SPEC, tmp_path / "out", Meddler(), threads=1
    )
    assert summary.taken == 3


def test_a_full_disk_is_said(drawn_videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("training.whole_files.os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        _extract([drawn_videos], tmp_path / "out")


def test_broken_videos_are_named_and_left_out(videos: Path, tmp_path: Path) -> None:
    (videos / "Paper Boats/broken.mkv").write_bytes(b"no video")
    made, summary = _extract([videos], tmp_path / "out")
    assert [(Path(source).name, reason) for source, reason in summary.problems] == [
        ("broken.mkv", "not a video that can be read")
    ]
    assert {row.file for row in made.rows} == {1, 2, 3}


def test_pictures_become_frames_of_their_folder(tmp_path: Path) -> None:
    walls = tmp_path / "media/walls/sea"
    walls.mkdir(parents=True)
    for number in range(3):
        cv2.imwrite(str(walls / f"{number}.png"), drawing(number, 400, 200, shot=number)[..., ::-1])
    cv2.imwrite(str(walls / "3-again.png"), drawing(2, 200, 100, shot=2)[..., ::-1])
    cv2.imwrite(str(walls / "4-plain.png"), np.full((100, 200, 3), 40, np.uint8))
    (walls / "5-broken.jpg").write_bytes(b"\xff\xd8\xff no")
    draw_episode(tmp_path / "media/Harbour/1.mp4", 3)
    cv2.imwrite(str(tmp_path / "media/Harbour/poster.png"), drawing(9, 300, 400, shot=9)[..., ::-1])
    made, summary = _extract([tmp_path / "media"], tmp_path / "media/out")
    pictures = [row for row in made.rows if not row.episode]
    assert [(row.show, row.shot, row.time_ms, made.read(row).shape) for row in pictures] == [
        ("Harbour", 0, 0, (213, 160, 3)),
        *(("walls/sea", number, 0, (80, 160, 3)) for number in range(3)),
    ]
    assert [row.path.name for row in pictures[1:]] == [f"{number:010d}.jpg" for number in range(3)]
    assert len({row.file for row in pictures}) == 2
    assert [note for _, note in summary.notes] == [
        f"1 of 6 pictures left out; the first: {walls / '5-broken.jpg'}: is damaged or cut off"
    ]
    again, summary = _extract([tmp_path / "media"], tmp_path / "media/out")
    assert (summary.taken, again.rows) == (0, made.rows)


Damage = Callable[[Path], None]


def _edit(name: str, old: str, new: str) -> Damage:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return edit


def _second_line(line: str) -> Damage:
    return _edit("frames.csv", "time_ms,path\n", f"time_ms,path\n{line}\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "dataset.json").unlink(), "there is no data set here"),
        (lambda folder: (folder / "dataset.json").write_text("{", "utf-8"), "dataset.json: is damaged: it is not JSON"),
        (lambda folder: (folder / "dataset.json").write_text("[]", "utf-8"), "dataset.json: is damaged"),
        (_edit("dataset.json", '"version": 1', '"version": 2'), "`version` must be 1, not 2"),
        (_edit("dataset.json", '"train": ', '"train": 1'), "`frames` is not what frames.csv holds"),
        (_edit("dataset.json", '"quality": 92', '"quality": "good"'), "`made_from` is damaged: quality"),
        (_edit("dataset.json", '"quality": 92', '"quality": 920'), "`made_from` is damaged: quality must be from 1"),
        (_edit("dataset.json", '"quality"', '"virtue"'), "`made_from` is damaged: virtue"),
        (_edit("dataset.json", '"made_from": {', '"made_from": 3, "x": {'), "`made_from` is damaged"),
        (_edit("dataset.json", '"mean": null', '"mean": [1, 2]'), "`mean` must be three numbers"),
        (_edit("dataset.json", '"distorted": null', '"distorted": {"seed": 1}'), "`distorted` is damaged"),
        (lambda folder: (folder / "frames.csv").unlink(), "frames.csv: cannot be read"),
        (lambda folder: (folder / "frames.csv").write_bytes(b"\xff\xfe"), "frames.csv: is not text in UTF-8"),
        (_edit("frames.csv", "split,", "part,"), "frames.csv: line 1 must be"),
        (_second_line("train,one,S,E,0,0,train/1.jpg"), "frames.csv: line 2 is damaged: .*one"),
        (_second_line("test,1,S,E,0,0,train/1.jpg"), "frames.csv: line 2 is damaged: .*test"),
        (_second_line("train,1,S,E,0,0,../train/1.jpg"), "frames.csv: line 2 is damaged: `path`"),
        (_second_line("train,1,S,E,0,train/1.jpg"), "frames.csv: line 2 is damaged: it has 6 fields"),
    ],
)
def test_damage_is_named(dataset: Dataset, damage: Damage, said: str) -> None:
    damage(dataset.folder)
    with pytest.raises(EncoderError, match=said):
        Dataset.open(dataset.folder)


def test_names_with_commas_quotes_and_lines_come_back(tmp_path: Path) -> None:
    row = FrameRow(Split.TRAIN, 1, 'A, "B"\nC', "夜の雨", 0, 5, tmp_path / "train/00001/0000000005.jpg")
    made = Dataset(tmp_path, SPEC, (row,), mean=(0.1, 0.2, 0.3), std=(0.3, 0.2, 0.1))
    made.write()
    assert Dataset.open(tmp_path) == made


@pytest.mark.parametrize("content", [None, b"", b"\xff\xd8\xff no"])
def test_a_frame_that_is_damaged_is_named(dataset: Dataset, content: bytes | None) -> None:
    row = dataset.rows[0]
    row.path.unlink()
    if content is not None:
        row.path.write_bytes(content)
    with pytest.raises(EncoderError, match=row.path.name):
        dataset.read(row)


def test_moments_are_those_of_all_pixels(dataset: Dataset) -> None:
    frames = dataset.split("train")
    pixels = np.concatenate([dataset.read(row).reshape(-1, 3) for row in frames]) / 255
    counts: list[int] = []
    found = find_moments(dataset, batch=5, threads=2, step=counts.append)
    assert np.allclose(found.mean, pixels.mean(0), atol=1e-12)
    assert np.allclose(found.std, pixels.std(0), atol=1e-12)
    assert (found.frames, found.pixels, counts[-1]) == (len(frames), len(pixels), len(frames))
    assert find_moments(dataset, batch=3, limit=4, step=counts.append).frames == 4
    record_moments(dataset, found)
    again = Dataset.open(dataset.folder)
    assert (again.mean, again.std, again.rows) == (found.mean, found.std, dataset.rows)


def test_twins_do_not_depend_on_order_and_runs_go_on(dataset: Dataset) -> None:
    rows = dataset.split("validation")
    made = draw_twins(dataset, seed=3, step=lambda _count: None)
    assert made == Dataset.open(dataset.folder)
    assert made.twins is not None
    assert (made.twins.seed, made.twins.area, made.twins.frames) == (3, 0.25, len(rows))
    twins = {row: made.read_twin(row) for row in rows}
    for row, twin in twins.items():
        exact = twin_of(dataset, row, 3, DistortionSpec())
        assert twin.shape == exact.shape == dataset.read(row).shape
        assert made.twin_path(row).read_bytes() == twin_jpeg(dataset, row, 3, DistortionSpec())
        assert np.abs(twin.astype(int) - exact).mean() < 1.5
        assert np.abs(twin.astype(int) - dataset.read(row)).mean() > 5
        assert made.twin_path(row).relative_to(dataset.folder / "distorted") == row.path.relative_to(dataset.folder)
    stamps = {row: made.twin_path(row).stat().st_mtime_ns for row in rows}
    made.twin_path(rows[-1]).unlink()
    again = draw_twins(replace(made, rows=tuple(reversed(made.rows))), seed=3, step=lambda _count: None)
    assert np.array_equal(again.read_twin(rows[-1]), twins[rows[-1]])
    assert all(again.twin_path(row).stat().st_mtime_ns == stamps[row] for row in rows[:-1])
    with pytest.raises(InputError, match="drawn with seed 3, not 4"):
        draw_twins(dataset, seed=4, step=lambda _count: None)


def test_without_frames_of_a_side_it_is_said(dataset: Dataset) -> None:
    with pytest.raises(EncoderError, match="no validation frames"):
        draw_twins(replace(dataset, rows=dataset.split("train")), step=lambda _count: None)
    with pytest.raises(EncoderError, match="no training frames"):
        find_moments(replace(dataset, rows=dataset.split("validation")), step=lambda _count: None)


def _run(command: Callable[..., None], *args: object) -> tuple[int, str, BaseException | None]:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    ended = CliRunner().invoke(app, [str(arg) for arg in args])
    return ended.exit_code, ended.stdout, ended.exception


def test_the_commands_make_measure_and_distort(drawn_videos: Path, tmp_path: Path) -> None:
    code, text, _ = _run(
        dataset_cli.dataset, drawn_videos, "--out", "d", "--validation", 0.5, "--per-video", 3, "--json"
    )
    values = json.loads(text)
    assert code == 0
    assert sum(values["frames"].values()) == 9
    assert (values["shots"], values["shots_with_frames"], values["problems"]) == (6, 6, [])
    code, text, _ = _run(dataset_cli.stats, "d", "--json")
    opened = Dataset.open(tmp_path / "d")
    assert (code, opened.mean) == (0, tuple(json.loads(text)["mean"]))
    code, text, _ = _run(dataset_cli.distort, "d")
    assert (code, text) == (0, f"{tmp_path / 'd' / 'distorted'}: {len(opened.split('validation'))} frames\n")


def test_the_command_takes_the_librarys_videos_by_their_names(library_settings: Settings, tmp_path: Path) -> None:
    assert library_settings.data_dir.is_dir()
    code, text, _ = _run(dataset_cli.dataset, "--show", "paper boats", "--out", "d", "--per-video", 2)
    assert code == 0
    assert "to train on" in text
    names = {(row.show, row.episode) for row in Dataset.open(tmp_path / "d").rows}
    assert names == {("Paper Boats", "S1 E1"), ("Paper Boats", "S1 E2"), ("Paper Boats", "S2 E1")}
    code, _, error = _run(dataset_cli.dataset, "--show", "nobody", "--out", "e")
    assert isinstance(error, InputError)
    assert "nobody" in str(error)


def test_the_command_says_what_it_cannot_work_with(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    for arguments, said in (
        ((), "name some, or folders of them"),
        (("nowhere",), "no such file or folder"),
        (("media",), "no video and no picture"),
        (("media", "--show", "x"), "leave it out when you name videos"),
        (("--head", "0.6", "--tail", "0.4"), "head and tail leave nothing"),
    ):
        _, _, error = _run(dataset_cli.dataset, *arguments)
        assert said in str(error)
    (tmp_path / "media/a.mp4").write_bytes(b"no video")
    code, text, error = _run(dataset_cli.dataset, "media", "--out", "d")
    assert (code, getattr(error, "exit_code", None)) == (1, 1)
    assert "not a video that can be read" in text


@pytest.mark.skipif(not LIBRARY.is_dir(), reason="the library of real animation is not beside the project")
def test_every_shot_of_real_animation_gives_frames(tmp_path: Path) -> None:
    clip = LIBRARY / "Yuru-Yuri/1-Clips/01-Clips.mp4"
    made, summary = _extract([clip], tmp_path / "out", DatasetSpec(head=0, tail=0, validation=0))
    detector = ShotDetector()
    with VideoReader(clip) as video:
        cuts = [detector.feed(frame.time, frame.luma()) for frame in video.frames()]
    assert summary.shots == 1 + sum(cut is not None for cut in [*cuts, *detector.finish()])
    assert summary.shots_taken >= 0.9 * summary.shots
    for shot in {row.shot for row in made.rows}:
        frames = [row for row in made.rows if row.shot == shot]
        assert all(after.time_ms - before.time_ms >= 700 for before, after in itertools.pairwise(frames))
