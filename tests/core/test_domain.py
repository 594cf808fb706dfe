import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import EpisodeKind, EpisodeName, FileId, SegmentKind, ThemeMoment, frame_label, split_label
from core.timecode import Millis


@given(st.integers(1, (1 << 31) - 1), st.integers(0, (1 << 32) - 1))
def test_a_label_holds_file_and_time(file_id: int, time_ms: int) -> None:
    label = frame_label(FileId(file_id), time_ms)
    assert split_label(label) == (file_id, time_ms)
    assert 0 < label < 1 << 63  # fits a signed 64-bit key too


@given(st.integers(1, 1000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_labels_of_a_file_are_ordered_by_time(file_id: int, first: int, second: int) -> None:
    labels = frame_label(FileId(file_id), first), frame_label(FileId(file_id), second)
    assert (labels[0] < labels[1]) == (first < second)


@pytest.mark.parametrize(("file_id", "time_ms"), [(0, 0), (-1, 0), (1, -1), (1, 1 << 32), (1 << 31, 0)])
def test_what_does_not_fit_is_refused(file_id: int, time_ms: int) -> None:
    with pytest.raises(ValueError, match="no label"):
        frame_label(FileId(file_id), time_ms)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (EpisodeName("S", 1, first=5, last=5), 5),
        (EpisodeName("S", 1, first=5.5, last=5.5), 5.5),
        (EpisodeName("S", 1, first=1, last=2), "1-2"),
        (EpisodeName("S", kind=EpisodeKind.OVA, first=2, last=2), "OVA 2"),
        (EpisodeName("S", kind=EpisodeKind.MOVIE), "Movie"),
        (EpisodeName("S", kind=EpisodeKind.OPENING, first=1, last=1), "OP 1"),
        (EpisodeName("S"), None),
    ],
)
def test_an_episode_number_reads_as_people_write_it(name: EpisodeName, number: object) -> None:
    assert name.number == number
    assert type(name.number) is type(number)


@pytest.mark.parametrize(
    ("episodes", "ranges"),
    [
        ((), ()),
        ((3.0,), ("3",)),
        ((1.0, 2.0, 3.0, 5.0, 7.0, 8.0), ("1–3", "5", "7–8")),
        ((1.0, 5.5, 6.0), ("1", "5.5", "6")),
    ],
)
def test_episodes_of_a_theme_are_written_short(episodes: tuple[float, ...], ranges: tuple[str, ...]) -> None:
    theme = ThemeMoment(SegmentKind.OPENING, 1, 1, Millis(0), Millis(90_000), episodes)
    assert theme.episode_ranges == ranges
