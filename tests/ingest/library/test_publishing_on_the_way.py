"""New videos are searchable while a long run goes on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from config.opening import open_engine
from config.settings import Settings
from core.errors import LibraryEmptyError, StorageError
from core.stores.generation import current_generation
from ingest.commands.add_summary import summary_lines
from ingest.library.add import AddResult, add_videos
from ingest.library.opening import open_library
from ingest.planning.plan import PlanOptions
from ingest.publishing.generation_writer import GenerationWriter
from ingest.publishing.schedule import PAUSE_FACTOR, PublishSchedule
from ingest.reporting import SilentReporter
from tests.episodes import draw_episode, scene_frame
from tests.small_encoder import write_small_encoder


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class _Watcher(SilentReporter):
    """Calls `at(number)` when the file of that number, from 1, is begun and `in_video(number)` while it is read; keeps
    what is said.
    """

    def __init__(self, at: Callable[[int], None], in_video: Callable[[int], None] | None = None) -> None:
        self._at = at
        self._in_video = in_video
        self._files = 0
        self.lines: list[str] = []

    @override
    def file_started(self, name: str, size_bytes: int) -> None:
        self._files += 1
        self._at(self._files)

    @override
    def advanced(self, *, share: float, video_s: float, frames: int) -> None:
        if self._in_video:
            self._in_video(self._files)

    @override
    def print_line(self, line: str) -> None:
        self.lines.append(line)


def _add(settings: Settings, folder: Path, at: Callable[[int], None], clock: _Clock | None = None) -> AddResult:
    return add_videos(settings, [folder], PlanOptions(), lambda *_: _Watcher(at), clock=clock or _Clock())


def _searchable(settings: Settings) -> int:
    """How many files can be searched; -1 without an index."""
    try:
        return len(current_generation(settings.data_dir / "index")[1].files)
    except LibraryEmptyError:
        return -1


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Six short videos."""
    folder = tmp_path / "many" / "Kites"
    for number in range(1, 7):
        draw_episode(folder / f"{number:02d}-Kite.mp4", 10 * number)
    return folder


def test_the_first_video_is_found_while_the_second_is_read(settings: Settings, videos: Path) -> None:
    answers: list[str] = []

    def search(number: int) -> None:
        if number == 2:
            with open_engine(settings) as engine:
                answers.append(engine.search(scene_frame(10, 0)).scenes[0].name.name)

    _add(settings, videos, search)
    assert answers == ["The Ferry"]


def test_a_running_engine_takes_up_new_videos_by_its_reload(settings: Settings, many: Path) -> None:
    clock = _Clock()
    answers: list[int | float | str | None] = []
    engines = []

    def look(number: int) -> None:
        clock.now_s += settings.publish_s
        if number == 2:
            engines.append(open_engine(settings))
        if number == 4:
            assert engines[0].reload()
            answers.append(engines[0].search(scene_frame(10, 30)).scenes[0].name.number)

    try:
        _add(settings, many, look, clock)
    finally:
        for engine in engines:
            engine.close()
    assert answers == [3]


def test_videos_become_searchable_after_the_first_and_then_every_few_minutes(settings: Settings, many: Path) -> None:
    clock = _Clock()
    counts: list[int] = []

    def look(_number: int) -> None:
        counts.append(_searchable(settings))
        clock.now_s += settings.publish_s / 2 + 1

    assert len(_add(settings, many, look, clock).index.files) == 6  # type: ignore[union-attr]  # there is one
    assert counts == [-1, 1, 1, 2, 2, 4]


def test_videos_become_searchable_also_while_a_long_one_is_read(settings: Settings, many: Path) -> None:
    clock = _Clock()
    counts: list[int] = []

    def wait(number: int) -> None:
        if number == 3:
            counts.append(_searchable(settings))
            clock.now_s += settings.publish_s

    add_videos(settings, [many], PlanOptions(), lambda *_: _Watcher(lambda _: None, wait), clock=clock)
    assert (counts[0], counts[-1]) == (1, 2)


def test_what_a_killed_run_finished_is_searchable_before_the_next_one_has_read_anything(
    settings: Settings, videos: Path
) -> None:
    def killed(number: int) -> None:
        if number == 3:
            raise SystemExit(137)  # nothing is published after it

    with pytest.raises(SystemExit):
        _add(settings, videos, killed)
    assert _searchable(settings) == 1
    counts: list[int] = []
    _add(settings, videos, lambda _number: counts.append(_searchable(settings)))
    assert counts == [2]


def test_publishing_a_large_index_never_takes_more_than_an_eleventh_of_a_run() -> None:
    clock = _Clock()
    schedule = PublishSchedule(120, clock)
    due = [schedule.due]
    for took_s, waits_s in ((1.0, 120.0), (60.0, PAUSE_FACTOR * 60.0)):
        with schedule.publishing():
            clock.now_s += took_s
        for more_s in (waits_s - 0.1, 0.2):
            clock.now_s += more_s
            due.append(schedule.due)
    assert due == [True, False, True, False, True]


def test_a_publishing_that_fails_on_the_way_stops_nothing(
    settings: Settings, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = GenerationWriter.publish
    calls: list[int] = []

    def fails_first(*arguments: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise StorageError("index: the new index cannot be written: No space left on device")
        return whole(*arguments, **options)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(GenerationWriter, "publish", fails_first)
    watcher = _Watcher(lambda _number: None)
    added = add_videos(settings, [videos], PlanOptions(), lambda *_: watcher)
    assert watcher.lines[0].startswith("not searchable yet: index: the new index cannot be written: No space")
    assert not added.summary.problems
    assert _searchable(settings) == 3


def test_while_all_videos_are_read_with_another_encoder_the_old_index_answers(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    mismatched = library_settings.model_copy(update={"encoder": write_small_encoder(tmp_path / "small")})
    counts: list[int] = []
    add_videos(
        mismatched,
        [drawn_videos],
        PlanOptions(again=True),
        lambda *_: _Watcher(lambda _: counts.append(_searchable(mismatched))),
    )
    assert counts == [3, 3, 3]


def test_a_search_during_the_first_run_says_that_one_is_under_way(settings: Settings, videos: Path) -> None:
    messages: list[str] = []

    def search(number: int) -> None:
        if number == 1:
            with pytest.raises(LibraryEmptyError) as caught, open_engine(settings):
                pass
            messages.append(str(caught.value))

    _add(settings, videos, search)
    assert "The first videos are being added at this moment" in messages[0]
    shutil.rmtree(settings.data_dir / "index")
    with pytest.raises(LibraryEmptyError, match="There is no index yet"), open_engine(settings):
        pass


@pytest.mark.parametrize(
    ("stop_at", "words"),
    [
        (1, "Stopped before a video was finished; the same command goes on from here."),
        (3, "Stopped. 2 finished videos can be searched; the same command goes on from here."),
    ],
)
def test_ctrl_c_says_searchable_only_of_what_is(settings: Settings, many: Path, stop_at: int, words: str) -> None:
    def stop(number: int) -> None:
        if number == stop_at:
            raise KeyboardInterrupt

    added = _add(settings, many, stop)
    assert str(list(summary_lines(added.summary, added.index))[-1]) == words
    assert _searchable(settings) == (stop_at - 1 or -1)


def test_ctrl_c_while_the_index_is_written_says_what_is_not_searchable_yet(
    settings: Settings, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = GenerationWriter.publish

    def stopped(*arguments: object, **options: object) -> object:
        if _searchable(settings) == 1:
            raise KeyboardInterrupt
        return whole(*arguments, **options)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(GenerationWriter, "publish", stopped)
    added = _add(settings, many, lambda _number: None)
    assert str(list(summary_lines(added.summary, added.index))[-1]) == (
        "Stopped. 6 finished videos kept, 1 of them searchable; the same command goes on from here and makes all of "
        "them so."
    )
    monkeypatch.undo()
    _add(settings, many, lambda _number: None)
    assert _searchable(settings) == 6


def test_what_failed_is_counted_as_failed_and_not_as_new(settings: Settings, videos: Path) -> None:
    (videos / "00-text.mkv").write_text("this is no video", "utf-8")
    summary = _add(settings, videos, lambda _number: None).summary
    assert (summary.actions, summary.failed, len(summary.finished)) == ({"new": 3}, 1, 3)
    with open_library(settings) as library:
        assert len(library.reader.all()) == 4
