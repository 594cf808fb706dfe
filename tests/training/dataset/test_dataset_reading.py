"""A data set of frames: read, damaged, measured and distorted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import EncoderError, InputError
from tests.training.drawn_dataset import SPEC
from training.dataset.channel_stats import measure_channel_stats, record_channel_stats
from training.dataset.distorted_validation import distort_validation, distorted_frame, distorted_jpeg
from training.dataset.frame_dataset import Dataset, FrameRow
from training.dataset.spec import Split
from training.distortion.benchmark_distortion import DistortionSpec

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
    ("damage", "message"),
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
def test_damage_is_named(dataset: Dataset, damage: Damage, message: str) -> None:
    damage(dataset.folder)
    with pytest.raises(EncoderError, match=message):
        Dataset.open(dataset.folder)


def test_names_with_commas_quotes_and_lines_come_back(tmp_path: Path) -> None:
    row = FrameRow(Split.TRAIN, 1, 'A, "B"\nC', "夜の雨", 0, 5, tmp_path / "train/00001/0000000005.jpg")
    written = Dataset(tmp_path, SPEC, (row,), mean=(0.1, 0.2, 0.3), std=(0.3, 0.2, 0.1))
    written.write()
    assert Dataset.open(tmp_path) == written


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
    stats = measure_channel_stats(dataset, batch=5, threads=2, step=counts.append)
    assert np.allclose(stats.mean, pixels.mean(0), atol=1e-12)
    assert np.allclose(stats.std, pixels.std(0), atol=1e-12)
    assert (stats.frames, stats.pixels, counts[-1]) == (len(frames), len(pixels), len(frames))
    assert measure_channel_stats(dataset, batch=3, limit=4, step=counts.append).frames == 4
    record_channel_stats(dataset, stats)
    again = Dataset.open(dataset.folder)
    assert (again.mean, again.std, again.rows) == (stats.mean, stats.std, dataset.rows)


def test_distorted_frames_do_not_depend_on_order_and_runs_go_on(dataset: Dataset) -> None:
    rows = dataset.split("validation")
    distorted = distort_validation(dataset, seed=3, step=lambda _count: None)
    assert distorted == Dataset.open(dataset.folder)
    assert distorted.distorted is not None
    assert (distorted.distorted.seed, distorted.distorted.area, distorted.distorted.frames) == (3, 0.25, len(rows))
    pictures = {row: distorted.read_distorted(row) for row in rows}
    for row, picture in pictures.items():
        exact = distorted_frame(dataset, row, 3, DistortionSpec())
        assert picture.shape == exact.shape == dataset.read(row).shape
        assert distorted.distorted_path(row).read_bytes() == distorted_jpeg(dataset, row, 3, DistortionSpec())
        assert np.abs(picture.astype(int) - exact).mean() < 1.5
        assert np.abs(picture.astype(int) - dataset.read(row)).mean() > 5
        assert distorted.distorted_path(row).relative_to(dataset.folder / "distorted") == row.path.relative_to(
            dataset.folder
        )
    stamps = {row: distorted.distorted_path(row).stat().st_mtime_ns for row in rows}
    distorted.distorted_path(rows[-1]).unlink()
    again = distort_validation(
        replace(distorted, rows=tuple(reversed(distorted.rows))), seed=3, step=lambda _count: None
    )
    assert np.array_equal(again.read_distorted(rows[-1]), pictures[rows[-1]])
    assert all(again.distorted_path(row).stat().st_mtime_ns == stamps[row] for row in rows[:-1])
    with pytest.raises(InputError, match="drawn with seed 3, not 4"):
        distort_validation(dataset, seed=4, step=lambda _count: None)


def test_without_frames_of_a_side_it_is_said(dataset: Dataset) -> None:
    with pytest.raises(EncoderError, match="no validation frames"):
        distort_validation(replace(dataset, rows=dataset.split("train")), step=lambda _count: None)
    with pytest.raises(EncoderError, match="no training frames"):
        measure_channel_stats(replace(dataset, rows=dataset.split("validation")), step=lambda _count: None)
