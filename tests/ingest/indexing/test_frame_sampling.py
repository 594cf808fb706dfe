"""Which frames are kept, when they are said to be, and that they are not distorted."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from core.encoders.base import Fit, PreprocessSpec
from core.errors import InputError
from core.pictures.pixels import Rgb
from core.timecode import to_millis
from core.video.reading import VideoReader
from ingest.indexing.frame_sampling import IndexFrameSampler, SampledFrame, SamplingCounts, SamplingSpec, Trim
from tests.clips import ClipSpec, circle_ratio, drawing, drawings, number_in, write_clip

RATE = Fraction(24)
WIDE = PreprocessSpec(192, 108, Fit.STRETCH, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
EVERY = SamplingSpec(repeat_threshold=0)
"""Repeats are kept too."""


def _sampled(
    path: Path, spec: SamplingSpec = EVERY, preprocess: PreprocessSpec = WIDE, *, first_episode: bool = False
) -> tuple[list[SampledFrame], IndexFrameSampler]:
    with VideoReader(path) as video:
        sampler = IndexFrameSampler(video, spec, preprocess, first_episode=first_episode)
        frames = list(sampler)
    counts = sampler.counts
    assert counts.selected == len(frames)
    assert counts.samples == counts.selected + counts.repeats + counts.plain
    assert all(frame.time_ms < following.time_ms for frame, following in pairwise(frames))
    assert all(frame.rgb.shape == (preprocess.height, preprocess.width, 3) for frame in frames)
    return frames, sampler


def _numbers(frames: Sequence[SampledFrame]) -> list[int]:
    return [number_in(frame.rgb) for frame in frames]


def _times(frames: Sequence[SampledFrame]) -> list[int]:
    return [frame.time_ms for frame in frames]


def test_samples_are_the_first_frames_at_each_step_and_shot(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(96, shots=[33, 50]))
    frames, sampler = _sampled(path)
    expected = sorted({*range(0, 96, 6), 33, 50})
    assert _numbers(frames) == expected
    assert _times(frames) == [to_millis(number / RATE) for number in expected]
    assert sampler.cuts_ms == [1375, 2083]
    assert sampler.counts == SamplingCounts(decoded=96, samples=18, selected=18)
    assert sampler.time_reached == 95 / RATE


def test_times_at_film_rate_are_exact(tmp_path: Path) -> None:
    rate = Fraction(24000, 1001)
    frames, _ = _sampled(write_clip(tmp_path / "a.mp4", drawings(120), ClipSpec(rate=rate)), SamplingSpec(rate_hz=2))
    numbers = [ceil(step * rate / 2) for step in range(10)]
    assert _numbers(frames) == numbers
    assert _times(frames) == [to_millis(number / rate) for number in numbers]


def test_times_of_uneven_frames_are_their_own(tmp_path: Path) -> None:
    steps = [33, 100, 50, 700, 17]
    times = [Fraction(sum(steps[i % 5] for i in range(number)), 1000) for number in range(40)]
    frames, _ = _sampled(write_clip(tmp_path / "a.mkv", drawings(40), ClipSpec(times=times)))
    assert _times(frames) == [times[number] * 1000 for number in _numbers(frames)]
    for moment in range(int(times[-1] * 4)):
        assert next(time for time in times if time >= Fraction(moment, 4)) * 1000 in _times(frames)


def test_times_begin_where_the_file_begins(tmp_path: Path) -> None:
    times = [Fraction(1, 2) + number / RATE for number in range(48)]
    spec = ClipSpec(times=times, sound_from=Fraction(0))
    frames, _ = _sampled(write_clip(tmp_path / "a.mkv", drawings(48), spec))
    assert _numbers(frames) == list(range(0, 48, 6))
    assert _times(frames) == list(range(500, 2500, 250))
    shifted = ClipSpec(times=times, shift=Fraction(3600))
    frames, _ = _sampled(write_clip(tmp_path / "a.ts", drawings(48), shifted))
    assert _times(frames)[0] == 0
    assert [round(time / 250) for time in _times(frames)] == list(range(8))


def test_every_shot_has_a_frame_however_short(tmp_path: Path) -> None:
    shots = list(range(8, 90, 8))
    frames, sampler = _sampled(write_clip(tmp_path / "a.mp4", drawings(90, shots=shots)), SamplingSpec(rate_hz=1))
    assert sampler.cuts_ms == [to_millis(number / RATE) for number in shots]
    assert set(sampler.cuts_ms) < set(_times(frames))


def test_the_first_frame_of_a_shot_that_shows_something_is_kept(tmp_path: Path) -> None:
    """Frames 0-25 are black, 40-43 a white flash at a cut."""
    pictures = drawings(72, shots=[26, 44])
    for number in [*range(26), *range(40, 44)]:
        pictures[number][:] = 0 if number < 26 else 255
    frames, sampler = _sampled(write_clip(tmp_path / "a.mp4", pictures))
    assert _numbers(frames) == [26, 30, 36, 44, 48, 54, 60, 66]
    assert sampler.counts.plain == 6


def test_of_a_still_one_frame_a_gap_is_kept(tmp_path: Path) -> None:
    still = [drawing(0, 320, 180)] * 24 * 6 + [drawing(0, 320, 180, shot=7)] * 24 * 3
    path = write_clip(tmp_path / "a.mp4", still)
    frames, sampler = _sampled(path, SamplingSpec())
    assert _times(frames) == [*range(0, 6000, 1000), *range(6000, 9000, 1000)]
    assert sampler.counts == SamplingCounts(decoded=216, samples=36, selected=9, repeats=27)
    for gap in (0.6, 2.5):
        times = _times(_sampled(path, SamplingSpec(max_gap_s=gap))[0])
        assert max(following - time for time, following in pairwise(times)) <= gap * 1000


def test_what_moves_is_no_repeat_and_nothing_repeats_across_a_cut(tmp_path: Path) -> None:
    moving = [np.roll(drawing(0, 320, 180), 4 * number, axis=1) for number in range(48)]
    _, sampler = _sampled(write_clip(tmp_path / "a.mp4", moving), SamplingSpec())
    assert sampler.counts.repeats == 0
    first, second = drawing(0, 320, 180, shot=1), drawing(0, 320, 180, shot=2)
    path = write_clip(tmp_path / "b.mp4", [*[first] * 16, *[second] * 16, *[first] * 16])
    frames, sampler = _sampled(path, SamplingSpec())
    assert sampler.cuts_ms == [667, 1333]
    assert _times(frames) == [0, 667, 1333]
    assert _times(_sampled(path, SamplingSpec(repeat_threshold=255))[0]) == [0, 667, 1333]


def test_a_video_of_one_colour_gives_nothing(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [np.full((180, 320, 3), 90, np.uint8)] * 48)
    frames, sampler = _sampled(path)
    assert frames == []
    assert sampler.counts == SamplingCounts(decoded=48, samples=8, plain=8)


@pytest.mark.parametrize(
    ("head", "tail", "first", "last", "skipped"),
    [
        ("0", "0", 0, 90, 0),
        ("1s", "1", 24, 66, 8),
        ("25%", "12.5%", 24, 78, 6),
        ("50 %", "60%", None, None, 16),
        ("90", "0", None, None, 16),
    ],
)
def test_head_and_tail_are_left_out(
    tmp_path: Path, head: str, tail: str, first: int | None, last: int | None, skipped: int
) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(96))
    spec = SamplingSpec(repeat_threshold=0, skip_head=head, skip_tail=tail)
    frames, sampler = _sampled(path, spec)
    numbers = _numbers(frames)
    assert numbers == ([] if first is None or last is None else list(range(first, last + 1, 6)))
    assert sampler.counts.skipped == skipped
    assert sampler.counts.decoded <= 96 - skipped * 6 + 1
    assert _numbers(_sampled(path, spec, first_episode=True)[0]) == list(range(0, 96, 6))
    insistent = SamplingSpec(repeat_threshold=0, skip_head=head, skip_tail=tail, keep_first_episodes=False)
    assert _numbers(_sampled(path, insistent, first_episode=True)[0]) == numbers


def test_trims_are_seconds_or_shares() -> None:
    assert Trim.parse("90") == Trim.parse(" 90 s ") == Trim(seconds=Fraction(90))
    assert Trim.parse("2.5%").of(Fraction(1000)) == 25
    assert Trim.parse("5%").of(None) == 0


@pytest.mark.parametrize("text", ["", "-5", "5m", "101%", "1:30", "nan"])
def test_a_trim_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(InputError, match="skip_tail must be seconds"):
        SamplingSpec(skip_tail=text)


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(InputError, match="rate_hz"):
        SamplingSpec(rate_hz=0)


def test_frames_are_decoded_as_they_are_asked_for(tmp_path: Path) -> None:
    with VideoReader(write_clip(tmp_path / "a.mp4", drawings(96))) as video:
        sampler = IndexFrameSampler(video, EVERY, WIDE, first_episode=False)
        assert sampler.counts == SamplingCounts()
        next(iter(sampler))
        assert sampler.counts.decoded < 10
        assert 0 < sampler.time_reached < 1


def test_a_file_that_breaks_off_is_sampled_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(96), ClipSpec(container_options={"movflags": "+faststart"}))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with VideoReader(path) as video:
        frames = list(IndexFrameSampler(video, EVERY, WIDE, first_episode=False))
        assert video.truncated
    assert _numbers(frames) == list(range(0, 96, 6))[: len(frames)]
    assert len(frames) > 4


SQUARE_PAD = PreprocessSpec(320, 320, Fit.PAD, (0.5,) * 3, (0.5,) * 3, pad_rgb=(1, 200, 3))
SQUARE_COVER = PreprocessSpec(320, 320, Fit.COVER, (0.5,) * 3, (0.5,) * 3)


def test_a_picture_is_put_on_a_ground_over_it_or_stretched(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", drawings(6))
    padded = _sampled(path, preprocess=SQUARE_PAD)[0][0].rgb
    assert (padded[:70] == (1, 200, 3)).all()
    assert (padded[250:] == (1, 200, 3)).all()
    assert circle_ratio(padded[70:250]) == pytest.approx(1, abs=0.03)
    covered = _sampled(path, preprocess=SQUARE_COVER)[0][0].rgb
    assert circle_ratio(covered) == pytest.approx(1, abs=0.03)
    with VideoReader(path) as video:
        whole = next(video.frames()).rgb(569, 320)
    assert np.array_equal(covered, whole[:, 124:444])
    stretched = PreprocessSpec(320, 320, Fit.STRETCH, (0.5,) * 3, (0.5,) * 3)
    assert circle_ratio(_sampled(path, preprocess=stretched)[0][0].rgb) == pytest.approx(9 / 16, abs=0.03)


def _anamorphic(aspect: Fraction, height: int) -> tuple[list[Rgb], ClipSpec]:
    shape = Fraction(720, height) * aspect
    return [drawing(number, 720, height, shape=shape) for number in range(12)], ClipSpec(sample_aspect=aspect)


def _lying() -> tuple[list[Rgb], ClipSpec]:
    return [np.ascontiguousarray(np.rot90(picture)) for picture in drawings(12)], ClipSpec(rotation=-90)


def _interlaced() -> tuple[list[Rgb], ClipSpec]:
    fields = [drawing(index // 2, 640, 480) for index in range(24)]
    shifted = [np.roll(field, 24 * (index % 2), axis=1) for index, field in enumerate(fields)]
    for picture, field in zip(shifted, fields, strict=True):
        picture[400:] = field[400:]
    return shifted, ClipSpec(options={"preset": "ultrafast", "crf": "14", "x264-params": "tff=1"}, fields=True)


@pytest.mark.parametrize(
    "video",
    [
        pytest.param(_anamorphic(Fraction(8, 9), 480), id="4:3 on DVD"),
        pytest.param(_anamorphic(Fraction(32, 27), 480), id="16:9 on DVD"),
        pytest.param(_anamorphic(Fraction(16, 15), 576), id="4:3 on PAL DVD"),
        pytest.param(_lying(), id="rotated"),
        pytest.param(_interlaced(), id="interlaced"),
        pytest.param((drawings(12), ClipSpec(pix_fmt="yuv420p10le")), id="10 bit"),
    ],
)
@pytest.mark.parametrize("preprocess", [SQUARE_PAD, SQUARE_COVER], ids=["pad", "cover"])
def test_odd_pictures_are_undistorted_and_on_time(
    tmp_path: Path, video: tuple[list[Rgb], ClipSpec], preprocess: PreprocessSpec
) -> None:
    pictures, spec = video
    path = write_clip(tmp_path / "a.mp4", pictures, spec)
    frames, _ = _sampled(path, SamplingSpec(rate_hz=8, repeat_threshold=0), preprocess)
    assert _times(frames) == [0, 125, 250, 375]
    for index, frame in enumerate(frames):
        picture = frame.rgb
        if preprocess.fit is Fit.PAD:
            rows = np.flatnonzero((np.abs(picture.astype(int) - preprocess.pad_rgb).max(axis=2) > 40).any(axis=1))
            picture = picture[rows[0] : rows[-1] + 1]
            assert number_in(picture) == 3 * index
        assert circle_ratio(picture) == pytest.approx(1, abs=0.03)
