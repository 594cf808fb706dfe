"""What the operator said of a name holds until something else is said."""

import shutil
from pathlib import Path

from config.settings import Settings
from core.catalogue.records import NameOverride
from ingest.library.add import add_videos, plan_files
from ingest.library.add_run import RunSummary
from ingest.library.opening import open_library
from ingest.planning.plan import Action, PlannedFile, PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import draw_episode


def _add(settings: Settings, *places: Path, options: PlanOptions | None = None) -> RunSummary:
    added = add_videos(settings, list(places), options or PlanOptions(), lambda *_: SilentReporter())
    assert not added.summary.problems
    return added.summary


def _planned(settings: Settings, *places: Path, options: PlanOptions | None = None) -> list[PlannedFile]:
    with open_library(settings) as library:
        return plan_files(library, options or PlanOptions(), list(places))


def _names(settings: Settings) -> dict[str, tuple[str, int | None]]:
    with open_library(settings) as library:
        return {record.stamp.relative: (record.name.show, record.name.season) for record in library.reader.all()}


FIRST, SECOND, THIRD = (
    "Paper Boats/1-Spring/01-The Ferry.mp4",
    "Paper Boats/1-Spring/02-夜の雨.mp4",
    'Paper Boats/2-Autumn/01-It\'s "late" 🍂.mp4',
)


def test_a_later_run_without_options_keeps_what_was_said(library_settings: Settings, drawn_videos: Path) -> None:
    _add(library_settings, drawn_videos, options=PlanOptions(show="紙の舟", season=7))
    names = {FIRST: ("紙の舟", 7), SECOND: ("紙の舟", 7), THIRD: ("紙の舟", 7)}
    assert _names(library_settings) == names
    assert _add(library_settings, drawn_videos).actions == {Action.UNCHANGED: 3}
    assert _names(library_settings) == names


def test_what_is_said_of_one_is_not_said_of_the_others(library_settings: Settings, drawn_videos: Path) -> None:
    _add(library_settings, drawn_videos / SECOND, options=PlanOptions(show="Rain"))
    _add(library_settings, drawn_videos)
    assert _names(library_settings) == {FIRST: ("Paper Boats", 1), SECOND: ("Rain", 1), THIRD: ("Paper Boats", 2)}


def test_show_and_season_may_be_said_one_after_the_other(library_settings: Settings, drawn_videos: Path) -> None:
    _add(library_settings, drawn_videos, options=PlanOptions(show="Rain"))
    _add(library_settings, drawn_videos / THIRD, options=PlanOptions(season=0))
    _add(library_settings, drawn_videos)
    assert _names(library_settings) == {FIRST: ("Rain", 1), SECOND: ("Rain", 1), THIRD: ("Rain", 0)}


def test_names_are_read_from_the_paths_again_when_that_is_said(library_settings: Settings, drawn_videos: Path) -> None:
    before = _names(library_settings)
    _add(library_settings, drawn_videos, options=PlanOptions(show="Rain", season=3))
    _add(library_settings, drawn_videos, options=PlanOptions(as_named=True))
    assert _names(library_settings) == before
    assert _add(library_settings, drawn_videos).actions == {Action.UNCHANGED: 3}
    _add(library_settings, drawn_videos, options=PlanOptions(season=3))
    _add(library_settings, drawn_videos, options=PlanOptions(show="Rain", as_named=True))
    assert _names(library_settings) == {FIRST: ("Rain", 1), SECOND: ("Rain", 1), THIRD: ("Rain", 2)}


def test_a_file_that_comes_into_the_folder_gets_what_was_said_of_it(
    library_settings: Settings, drawn_videos: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(drawn_videos, tmp_path / "videos"))
    shutil.rmtree(library_settings.data_dir)
    _add(library_settings, folder / "Paper Boats/1-Spring", options=PlanOptions(show="Rain", season=4))
    for name in ("1-Spring/03.mp4", "2-Autumn/02.mp4"):
        shutil.copy(folder / FIRST, folder / "Paper Boats" / name)
        with (folder / "Paper Boats" / name).open("ab") as file:
            file.write(name.encode())
    planned = {file.path.name: file for file in _planned(library_settings, folder)}
    assert (planned["03.mp4"].action, planned["03.mp4"].name.show, planned["03.mp4"].name.season) == (
        Action.NEW,
        "Rain",
        4,
    )
    assert planned["03.mp4"].name_override == NameOverride("Rain", 4, str(folder / "Paper Boats/1-Spring"))
    assert planned["02.mp4"].name.show == "Paper Boats"
    again = _planned(library_settings, folder, options=PlanOptions(as_named=True))
    assert {file.name.show for file in again} == {"Paper Boats"}


def test_a_word_on_one_file_is_none_on_its_folder(library_settings: Settings, drawn_videos: Path) -> None:
    _add(library_settings, drawn_videos / FIRST, options=PlanOptions(show="Rain"))
    with open_library(library_settings) as library:
        library.writer.remove([record.id for record in library.reader.all() if record.name.show != "Rain"])
    planned = {file.path: file.name.show for file in _planned(library_settings, drawn_videos)}
    assert planned[drawn_videos / FIRST] == "Rain"
    assert planned[drawn_videos / SECOND] == "Paper Boats"


def test_it_holds_for_a_file_that_was_moved_and_for_one_that_was_changed(settings: Settings, tmp_path: Path) -> None:
    video = draw_episode(tmp_path / "in/Some Name - 01.mp4", 3, frames=24)
    _add(settings, video, options=PlanOptions(show="Rain", season=2))
    moved = tmp_path / "other/Some Name - 01.mp4"
    moved.parent.mkdir()
    video.rename(moved)
    assert _add(settings, moved.parent).actions == {Action.MOVED: 1}
    assert _names(settings) == {moved.name: ("Rain", 2)}
    draw_episode(moved, 4, frames=24)
    assert _add(settings, moved.parent).actions == {Action.CHANGED: 1}
    assert _names(settings) == {moved.name: ("Rain", 2)}


def test_a_file_named_by_itself_stays_below_the_folder_it_was_added_with(
    library_settings: Settings, drawn_videos: Path
) -> None:
    before = _names(library_settings)
    assert _add(library_settings, drawn_videos / THIRD).actions == {Action.UNCHANGED: 1}
    _add(library_settings, drawn_videos / THIRD, options=PlanOptions(again=True))
    assert _names(library_settings) == before
