"""Videos that are not what they seem: stamps that start anew, stills stored as videos, next to nothing to see."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from PIL import Image

from config.opening import open_engine
from config.settings import Settings
from core.catalogue.records import FileRecord, FileState
from core.pictures.pixels import Rgb, mean_difference
from core.previews.spec import PreviewFormat
from core.video.reading import VideoReader
from ingest.library.add import add_videos
from ingest.library.add_run import RunSummary
from ingest.library.opening import open_library
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.clips import ClipSpec, write_clip
from tests.episodes import CUT, FRAMES, RATE, draw_episode, scene_frame


def _added(settings: Settings, *places: Path) -> tuple[RunSummary, list[FileRecord]]:
    summary = add_videos(settings, list(places), PlanOptions(), lambda *_: SilentReporter()).summary
    with open_library(settings) as library:
        return summary, library.reader.all()


def _joined_recordings(folder: Path) -> tuple[Path, list[Rgb]]:
    """Two transport streams one after the other, and their pictures."""
    pictures = [scene_frame(number % CUT, number // CUT) for number in range(4 * CUT)]
    half = len(pictures) // 2
    parts = [
        write_clip(folder / f"part-{index}.ts", part, ClipSpec(rate=RATE)).read_bytes()
        for index, part in enumerate((pictures[:half], pictures[half:]))
    ]
    path = folder / "01-joined.ts"
    path.write_bytes(b"".join(parts))
    for part in folder.glob("part-*"):
        part.unlink()
    return path, pictures


def test_the_preview_of_two_joined_recordings_plays_the_scene_that_was_found(
    settings: Settings, tmp_path: Path
) -> None:
    path, pictures = _joined_recordings(tmp_path)
    summary, (record,) = _added(settings, path)
    assert not summary.problems
    assert (record.outcome.seekable, record.outcome.duration_ms) == (False, 10_000 - round(1000 / RATE))
    with open_engine(settings) as engine:
        for number in (20, 50, 75, 100):
            result = engine.search(pictures[number])
            scene = result.scenes[0]
            assert abs(scene.at_ms / 1000 - number / RATE) <= 0.1
            preview = Image.open(io.BytesIO(engine.preview(scene, PreviewFormat.GIF).data))
            frames = []
            for index in range(getattr(preview, "n_frames", 1)):
                preview.seek(index)
                frames.append(np.asarray(preview.convert("RGB").resize((320, 180))))
            assert min(mean_difference(frame, pictures[number]) for frame in frames) < 8


def test_a_video_whose_seeking_is_right_is_sought_in(settings: Settings, tmp_path: Path) -> None:
    _, (record,) = _added(settings, draw_episode(tmp_path / "01-a.mp4", 3))
    assert record.outcome.seekable


def _with_still_first(path: Path, still: Rgb, pictures: list[Rgb], codec: str) -> Path:
    """A file whose first stream is one picture that is said to be its default."""
    with av.open(path, "w") as container:
        tracks = []
        for name, flags in ((codec, Disposition.default), ("libx264", Disposition(0))):
            track = container.add_stream(name, rate=12)
            assert isinstance(track, av.video.stream.VideoStream)
            track.width, track.height, track.disposition = 320, 180, flags
            track.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
            tracks.append(track)
        for track, shown in zip(tracks, ([still], pictures), strict=True):
            for index, picture in enumerate(shown):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=track.pix_fmt)
                frame.pts, frame.time_base = index, Fraction(1, 12)
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return path


def test_a_still_that_is_stored_as_the_default_video_does_not_hide_the_one_that_moves(
    settings: Settings, tmp_path: Path
) -> None:
    pictures = [scene_frame(number, number >= CUT) for number in range(FRAMES)]
    for name, codec in (("01-jpeg.mkv", "mjpeg"), ("02-h264.mkv", "libx264"), ("03-h264.mp4", "libx264")):
        path = _with_still_first(tmp_path / name, scene_frame(0, 9), pictures, codec)
        with VideoReader(path) as video:
            assert len(list(video.frames())) == FRAMES, name
    summary, records = _added(settings, tmp_path)
    assert (summary.problems, summary.notes) == ([], [])
    assert all(record.outcome.frames > 10 for record in records)


def test_a_video_of_which_next_to_nothing_is_kept_is_told(settings: Settings, tmp_path: Path) -> None:
    times = [Fraction(index, 4) for index in range(4)] + [Fraction(60)]
    pictures = [scene_frame(7 * index, 0) for index in range(5)]
    path = write_clip(tmp_path / "01-slides.mp4", pictures, ClipSpec(times=times))
    summary, (record,) = _added(settings, path)
    assert record.outcome.state is FileState.READY
    assert record.outcome.problem == "only 5 frames kept of 00:01:00"
    assert summary.notes == [(str(path), record.outcome.problem)]
    assert not summary.problems


def test_a_video_of_one_colour_is_no_failure(settings: Settings, tmp_path: Path) -> None:
    blue = np.full((180, 320, 3), (20, 30, 90), np.uint8)
    path = write_clip(tmp_path / "01-blue.mp4", [blue] * 48)
    summary, (record,) = _added(settings, path)
    assert (record.outcome.state, record.outcome.frames) == (FileState.READY, 0)
    assert "one plain colour" in record.outcome.problem
    assert not summary.problems
    assert [note for _, note in summary.notes] == [record.outcome.problem]
    draw_episode(tmp_path / "02-a.mp4", 3)
    summary, records = _added(settings, tmp_path)
    assert [record.outcome.state for record in records] == [FileState.READY] * 2
    with open_engine(settings) as engine:
        assert engine.search(scene_frame(10, 3)).scenes[0].path.endswith("02-a.mp4")
