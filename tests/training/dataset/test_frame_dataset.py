"""Data sets of frames: made from drawn videos and pictures, and continued."""

import csv
import errno
import itertools
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import InputError, LibraryBusyError, StorageError
from core.video.reading import VideoReader
from core.video.shot_detection import ShotDetector
from tests.clips import drawing
from tests.episodes import CUT, EPISODES, RATE, draw_episode, scene_frame
from tests.training.drawn_dataset import SPEC, Reporter, extracted
from training.dataset.channel_stats import measure_channel_stats, record_channel_stats
from training.dataset.distorted_validation import distort_validation
from training.dataset.extraction import extract
from training.dataset.frame_dataset import Dataset
from training.dataset.sources import sources_below
from training.dataset.spec import DatasetSpec, Split

LIBRARY = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "library"


def test_every_shot_gives_frames_of_the_moments_they_are_named_after(dataset_folder: Path) -> None:
    opened = Dataset.open(dataset_folder)
    assert opened.spec == SPEC
    firsts = {
        Path(name).with_suffix("").as_posix().removeprefix("Paper Boats/"): shot for name, shot in EPISODES.items()
    }
    assert {(row.file, row.shot) for row in opened.rows} == {(file, shot) for file in (1, 2, 3) for shot in (0, 1)}
    for row in opened.rows:
        number = round(row.time_ms / 1000 * RATE)
        expected = cv2.resize(
            scene_frame(number, firsts[row.episode] + (number >= CUT)), (160, 90), interpolation=cv2.INTER_AREA
        )
        frame = opened.read(row)
        assert frame.shape == (90, 160, 3)
        assert frame.dtype == np.uint8
        assert np.abs(frame.astype(int) - expected).mean() < 8
        assert (row.show, row.shot) == ("Paper Boats", int(number >= CUT))
        assert row.path == dataset_folder / row.split / f"{row.file:05d}" / f"{row.time_ms:010d}.jpg"
    for file, shot in {(row.file, row.shot) for row in opened.rows}:
        times = [row.time_ms for row in opened.rows if (row.file, row.shot) == (file, shot)]
        assert len(times) > 2
        assert min(np.diff(times)) >= 500
        assert min(times) == (2500 if shot else 0)


def test_the_files_on_disk_are_as_documented(dataset_folder: Path) -> None:
    values = json.loads((dataset_folder / "dataset.json").read_text("utf-8"))
    opened = Dataset.open(dataset_folder)
    assert values["version"] == 1
    assert values["made_from"] == json.loads(json.dumps(asdict(SPEC)))
    assert values["frames"] == {"train": len(opened.split("train")), "validation": len(opened.split("validation"))}
    assert values["mean"] is values["std"] is values["distorted"] is None
    with (dataset_folder / "frames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["split", "file", "show", "episode", "shot", "time_ms", "path"]
    assert {path.relative_to(dataset_folder).as_posix() for path in dataset_folder.rglob("*.jpg")} == {
        row["path"] for row in rows
    }


def test_no_video_is_on_both_sides(dataset_folder: Path) -> None:
    sides = {(row.file, row.split) for row in Dataset.open(dataset_folder).rows}
    assert len(sides) == 3
    assert sorted(side for _, side in sides) == [Split.TRAIN, Split.TRAIN, Split.VALIDATION]


def test_a_stopped_run_goes_on_and_comes_to_the_same(drawn_videos: Path, dataset_folder: Path, tmp_path: Path) -> None:
    sources = sources_below([drawn_videos], leave_out=tmp_path)
    stopped, summary = extract(sources, SPEC, tmp_path / "out", Reporter(stop_at=2), threads=1)
    assert summary.interrupted
    assert {row.file for row in stopped.rows} == {1}
    assert Dataset.open(tmp_path / "out").rows == stopped.rows
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == len(stopped.rows)
    reporter = Reporter()
    _, summary = extract(sources, SPEC, tmp_path / "out", reporter, threads=1)
    assert (summary.sources_unchanged, summary.sources_read, len(reporter.started_names)) == (1, 2, 2)
    assert (tmp_path / "out/frames.csv").read_bytes() == (dataset_folder / "frames.csv").read_bytes()
    for path in dataset_folder.rglob("*.jpg"):
        assert (tmp_path / "out" / path.relative_to(dataset_folder)).read_bytes() == path.read_bytes()


def test_a_killed_run_goes_on_from_its_parts(dataset: Dataset, drawn_videos: Path) -> None:
    rows = (dataset.folder / "frames.csv").read_bytes()
    (dataset.folder / "frames.csv").unlink()
    (dataset.folder / "parts/00003.json").unlink()
    extended, summary = extracted([drawn_videos], dataset.folder)
    assert (summary.sources_unchanged, summary.sources_read) == (2, 1)
    assert (extended.folder / "frames.csv").read_bytes() == rows


def test_a_changed_video_is_taken_anew_and_a_new_one_added(videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before, _ = extracted([videos], out)
    record_channel_stats(before, measure_channel_stats(before, step=lambda _count: None))
    distort_validation(Dataset.open(out), step=lambda _count: None)
    held_back = before.split("validation")[0]
    changed = videos / held_back.show / f"{held_back.episode}.mp4"
    draw_episode(changed, 40, frames=30)
    draw_episode(videos / "Harbour/1/01.mp4", 50)
    after, summary = extracted([videos], out)
    assert (summary.sources_unchanged, summary.sources_read) == (2, 2)
    assert {row.split for row in after.rows if row.file == held_back.file} == {Split.VALIDATION}
    assert {row.shot for row in after.rows if row.file == held_back.file} == {0}
    assert {row.show for row in after.rows if row.file == 4} == {"Harbour"}
    assert after == Dataset.open(out)
    assert (after.mean, after.std, after.distorted) == (None, None, None)
    assert not list((out / "distorted").rglob("*.jpg"))
    unchanged = [row for row in before.rows if row.file != held_back.file]
    assert [row for row in after.rows if row.file not in {held_back.file, 4}] == unchanged


def test_other_settings_in_the_same_folder_are_named(dataset: Dataset, drawn_videos: Path) -> None:
    with pytest.raises(InputError, match=r"--gap 0\.5, not 0\.7; --quality 92, not 50\."):
        extracted([drawn_videos], dataset.folder, replace(SPEC, gap_s=0.7, quality=50))


def test_nothing_is_written_among_other_things(drawn_videos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/letter.txt").write_text("dear", "utf-8")
    with pytest.raises(InputError, match="something else"):
        extracted([drawn_videos], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]
    with pytest.raises(StorageError, match="cannot be written"):
        extracted([drawn_videos], tmp_path / "out/letter.txt/dataset")


def test_two_runs_do_not_write_the_same(drawn_videos: Path, tmp_path: Path) -> None:
    class Meddler(Reporter):
        def source_started(self, name: str, size_bytes: int) -> None:
            with pytest.raises(LibraryBusyError):
                extracted([drawn_videos], tmp_path / "out")
            super().source_started(name, size_bytes)

    _, summary = extract(
        sources_below([drawn_videos], leave_out=tmp_path), SPEC, tmp_path / "out", Meddler(), threads=1
    )
    assert summary.sources_read == 3


def test_a_full_disk_is_said(drawn_videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("core.files.os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        extracted([drawn_videos], tmp_path / "out")


def test_broken_videos_are_named_and_left_out(videos: Path, tmp_path: Path) -> None:
    (videos / "Paper Boats/broken.mkv").write_bytes(b"no video")
    dataset, summary = extracted([videos], tmp_path / "out")
    assert [(Path(source).name, reason) for source, reason in summary.problems] == [
        ("broken.mkv", "not a video that can be read")
    ]
    assert {row.file for row in dataset.rows} == {1, 2, 3}


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
    dataset, summary = extracted([tmp_path / "media"], tmp_path / "media/out")
    pictures = [row for row in dataset.rows if not row.episode]
    assert [(row.show, row.shot, row.time_ms, dataset.read(row).shape) for row in pictures] == [
        ("Harbour", 0, 0, (213, 160, 3)),
        *(("walls/sea", number, 0, (80, 160, 3)) for number in range(3)),
    ]
    assert [row.path.name for row in pictures[1:]] == [f"{number:010d}.jpg" for number in range(3)]
    assert len({row.file for row in pictures}) == 2
    assert [note for _, note in summary.notes] == [
        f"1 of 6 pictures left out; the first: {walls / '5-broken.jpg'}: is damaged or cut off"
    ]
    again, summary = extracted([tmp_path / "media"], tmp_path / "media/out")
    assert (summary.sources_read, again.rows) == (0, dataset.rows)


@pytest.mark.skipif(not LIBRARY.is_dir(), reason="the library of real animation is not beside the project")
def test_every_shot_of_real_animation_gives_frames(tmp_path: Path) -> None:
    clip = LIBRARY / "Yuru-Yuri/1-Clips/01-Clips.mp4"
    dataset, summary = extracted([clip], tmp_path / "out", DatasetSpec(head=0, tail=0, validation=0))
    detector = ShotDetector()
    with VideoReader(clip) as video:
        cuts = [detector.feed(frame.time, frame.luma()) for frame in video.frames()]
    assert summary.shots == 1 + sum(cut is not None for cut in [*cuts, *detector.finish()])
    assert summary.shots_with_frames >= 0.9 * summary.shots
    for shot in {row.shot for row in dataset.rows}:
        frames = [row for row in dataset.rows if row.shot == shot]
        assert all(after.time_ms - before.time_ms >= 700 for before, after in itertools.pairwise(frames))
