"""Collecting frames to index and query frames, from drawn videos with known frames."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.encoders.base import Fit, PreprocessSpec
from core.errors import InputError, MediaError
from core.video.reading import VideoReader
from ingest.indexing.frame_sampling import IndexFrameSampler, SamplingSpec
from tests.clips import drawing, write_clip
from tests.episodes import CUT, EPISODES, RATE, draw_episode, scene_frame
from training.evaluation.collecting import collect_frames
from training.evaluation.collection import Collection, LabelledFrame
from training.evaluation.out_of_library import collect_outside
from training.evaluation.sampling import sample_frames

REAL = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "library" / "Yuru-Yuri/1-Clips/01-Clips.mp4"


def _number(moment: LabelledFrame) -> int:
    return round(moment.time_ms / 1000 * RATE)


def _listing(video: Path, starts: list[object]) -> None:
    video.with_suffix(".json").write_text(json.dumps({"shots": [{"start": start} for start in starts]}))


@pytest.fixture(scope="module")
def collected(drawn_videos: Path) -> Collection:
    return collect_frames(drawn_videos, queries=12, seed=4, threads=1)


def test_moments_are_what_they_say(collected: Collection, drawn_videos: Path) -> None:
    assert [str(Path(file).relative_to(drawn_videos)) for file in collected.files] == sorted(EPISODES)
    for frame in (*collected.frames, *collected.queries):
        name = str(Path(collected.files[frame.file]).relative_to(drawn_videos))
        expected = scene_frame(_number(frame), EPISODES[name] + (_number(frame) >= CUT))
        assert np.abs(frame.rgb().astype(int) - expected).mean() < 8
        assert (frame.show, frame.shot) == ("Paper Boats", int(_number(frame) >= CUT))


def test_the_index_has_four_frames_a_second_and_no_query_is_one_of_them(collected: Collection) -> None:
    assert Counter(frame.file for frame in collected.frames) == {0: 20, 1: 20, 2: 20}
    assert len(collected.queries) == 12
    assert {query.file for query in collected.queries} == {0, 1, 2}
    indexed = {(labelled.file, labelled.time_ms) for labelled in collected.frames}
    queries = [(labelled.file, labelled.time_ms) for labelled in collected.queries]
    assert not indexed & set(queries)
    assert queries == sorted(set(queries))


def test_the_seed_decides(collected: Collection, drawn_videos: Path) -> None:
    assert collect_frames(drawn_videos, queries=12, seed=4, threads=2) == collected
    other_seed = collect_frames(drawn_videos, queries=12, seed=5, threads=1)
    assert other_seed.frames == collected.frames
    assert other_seed.queries != collected.queries


def test_more_videos_than_queries_are_drawn_from_and_distractors_are_not_asked_for(videos: Path) -> None:
    draw_episode(videos / "Other/1.mp4", 40, frames=CUT)
    steps: list[tuple[int, int]] = []
    collection = collect_frames(
        videos / "Paper Boats",
        [videos, videos / "Other"],
        queries=2,
        threads=1,
        step=lambda done, total: steps.append((done, total)),
    )
    assert len(collection.files) == 4
    assert {collection.files[query.file] for query in collection.queries} <= set(collection.files[:3])
    assert len({query.file for query in collection.queries}) == 2
    assert {frame.show for frame in collection.frames if frame.file == 3} == {"Other"}
    assert steps == sorted(steps)
    assert len(steps) > len(collection.frames)
    assert steps[-1][0] == steps[-1][1] == sum(path.stat().st_size for path in videos.rglob("*.mp4"))


def test_a_list_beside_a_video_says_its_shots(videos: Path) -> None:
    first, second, third = sorted(videos.rglob("*.mp4"))
    _listing(first, [0, 1.0, 3.0833])  # the last of frame 37
    second.with_suffix(".json").write_text('{"about": "something else"}')
    third.with_suffix(".json").write_text("no JSON")
    collection = collect_frames(videos, queries=9, threads=1)
    assert collection.listed == 1
    for frame in (*collection.frames, *collection.queries):
        number = _number(frame)
        by_list = 0 if number < 12 else 1 if number < 37 else 2
        assert frame.shot == (by_list if frame.file == 0 else int(number >= CUT))
    assert 37 in {
        _number(frame) for frame in collection.frames if frame.file == 0
    }  # a shot's first frame is always kept


@pytest.mark.parametrize(
    ("starts", "message"), [([0, "1"], "start. of shot 2"), ([0, float("nan")], "shot 2"), ([2, 1], "order")]
)
def test_a_list_of_shots_that_is_wrong_is_named(starts: list[object], message: str, videos: Path) -> None:
    video = min(videos.rglob("*.mp4"))
    _listing(video, starts)
    with pytest.raises(InputError, match=rf"\.json.*{message}"):
        collect_frames(videos, queries=3, threads=1)


def test_what_cannot_be_read_is_left_out_and_told(videos: Path, tmp_path: Path) -> None:
    (videos / "Paper Boats/broken.mp4").write_bytes(b"no video")
    collection = collect_frames(videos, queries=4, threads=1)
    assert [Path(source).name for source, _ in collection.left_out] == ["broken.mp4"]
    assert len(collection.files) == 3
    only = tmp_path / "only"
    only.mkdir()
    with pytest.raises(InputError, match=r"only: it holds no video and no picture"):
        collect_frames(only)
    cv2.imwrite(str(only / "a.png"), drawing(0, 320, 180))
    with pytest.raises(InputError, match=r"only: it holds no video\."):
        collect_frames(only)
    (only / "a.mp4").write_bytes(b"no video")
    with pytest.raises(MediaError, match=r"only: no frame to ask for .*a\.mp4"):
        collect_frames(only)


def test_plain_frames_are_not_asked_for_and_wide_ones_are_indexed_smaller(tmp_path: Path) -> None:
    black = np.zeros((360, 640, 3), np.uint8)
    pictures = [drawing(at, 640, 360) if at >= 48 else black for at in range(60)]
    write_clip(tmp_path / "a.mp4", pictures)
    collection = collect_frames(tmp_path, queries=3, threads=1)
    assert {frame.rgb().shape for frame in collection.frames} == {(288, 512, 3)}
    assert {query.rgb().shape for query in collection.queries} == {(360, 640, 3)}
    assert min(labelled.time_ms for labelled in (*collection.frames, *collection.queries)) >= 2000


@pytest.mark.parametrize("path", [None, REAL])
def test_the_index_keeps_what_the_library_would(path: Path | None, drawn_videos: Path) -> None:
    if path is not None and not path.exists():
        pytest.skip("the library of real animation is not beside the project")
    source = path or min(drawn_videos.rglob("*.mp4"))
    with VideoReader(source, threads=1) as video:
        sampler = IndexFrameSampler(
            video, SamplingSpec(), PreprocessSpec(288, 160, Fit.STRETCH, (0, 0, 0), (1, 1, 1)), first_episode=True
        )
        expected_ms = [frame.time_ms for frame in sampler]
    with VideoReader(source, threads=1) as video:
        samples = list(sample_frames(video, None))
    assert [round(sample.frame.time * 1000) for sample in samples if sample.index_rgb is not None] == expected_ms
    assert samples[-1].shot == len(sampler.cuts_ms)


def test_pictures_from_outside_are_half_from_videos_and_never_plain(drawn_videos: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "plain.png"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for number in range(8):
        cv2.imwrite(str(tmp_path / f"{number}.png"), drawing(number, 96, 64, shot=number))
    frames = collect_outside([drawn_videos, tmp_path], number=10, seed=1, threads=1)
    assert Counter(frame.rgb().shape for frame in frames) == {(180, 320, 3): 5, (64, 96, 3): 5}
    assert {frame.file for frame in frames} == {-1}
    assert frames == collect_outside([drawn_videos, tmp_path], number=10, seed=1, threads=1)
    assert len(collect_outside([tmp_path], number=100, threads=1)) == 8
    with pytest.raises(InputError, match="no such file or folder"):
        collect_outside([tmp_path / "nowhere"], number=1)
    with pytest.raises(MediaError, match="no picture to ask by"):
        collect_outside([tmp_path / "plain.png"], number=1)


def test_frames_of_a_listed_start_may_come_a_little_before_it(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", [drawing(at, 64, 64) for at in range(24)])
    with VideoReader(tmp_path / "a.mp4", threads=1) as video:
        samples = list(sample_frames(video, (Fraction(0), Fraction("0.667"))))  # of frame 16, at 0.66666…
    assert [sample.shot for sample in samples] == [0] * 16 + [1] * 8
