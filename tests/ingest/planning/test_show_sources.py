"""What show.toml and folders' names say of shows is in the catalogue after every `library add`; no video is read."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from config.settings import Settings
from core.catalogue.identities import IdentitySource, ShowIdentity, ShowStatement
from ingest.library.add import add_videos
from ingest.library.add_run import RunSummary
from ingest.library.opening import open_library
from ingest.planning.plan import PlanOptions
from ingest.reporting import SilentReporter
from tests.episodes import EPISODES
from tests.unprivileged import permissions_hold

VIDEOS = tuple(EPISODES)


def _add(settings: Settings, *places: Path, options: PlanOptions | None = None) -> RunSummary:
    summary = add_videos(settings, list(places), options or PlanOptions(), lambda *_: SilentReporter()).summary
    assert not summary.finished  # no video is read
    return summary


def _identities(settings: Settings) -> Mapping[str, ShowIdentity]:
    with open_library(settings) as library:
        return library.reader.identities()


def _names(settings: Settings) -> set[str]:
    with open_library(settings) as library:
        return {record.name.show for record in library.reader.all()}


@pytest.fixture
def folder(library_settings: Settings, drawn_videos: Path, tmp_path: Path) -> Path:
    """The folder of the library's videos, all of which are in the library and may be moved in it."""
    folder = tmp_path / "videos"
    shutil.copytree(drawn_videos, folder)
    with open_library(library_settings) as library:
        for record in library.reader.all():
            path = folder / record.stamp.relative
            library.writer.move(
                record.id,
                type(record.stamp)(
                    str(path),
                    record.stamp.relative,
                    record.stamp.size_bytes,
                    path.stat().st_mtime_ns,
                    record.stamp.content,
                ),
                record.name,
            )
    return folder


def _laid_out(folder: Path, *places: str) -> None:
    """Move the videos of the library to these places below the folder."""
    videos = sorted(folder.rglob("*.mp4"))
    aside = folder.parent / "aside"
    aside.mkdir()
    moved = [Path(shutil.move(video, aside / f"{number}.mp4")) for number, video in enumerate(videos)]
    shutil.rmtree(folder)
    for video, place in zip(moved, places, strict=True):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(video, folder / place)


def test_a_show_file_beside_the_seasons_is_read_on_a_run_without_new_videos(
    library_settings: Settings, folder: Path
) -> None:
    file = folder / "Paper Boats/show.toml"
    file.write_text('anilist = 7\nchinese = "纸船"\nadult = true\n', "utf-8")
    assert not _add(library_settings, folder).problems
    assert _identities(library_settings) == {"Paper Boats": ShowIdentity(7, chinese="纸船", adult=True)}
    file.write_text('chinese = "紙船"\n', "utf-8")
    _add(library_settings, folder)
    assert _identities(library_settings) == {"Paper Boats": ShowIdentity(chinese="紙船")}
    file.unlink()
    _add(library_settings, folder)
    assert _identities(library_settings) == {}


def test_a_broken_show_file_is_told_in_one_line_and_what_it_said_before_stays(
    library_settings: Settings, folder: Path
) -> None:
    file = folder / "Paper Boats/show.toml"
    file.write_text('name = "Boats"\nanilist = 7\n', "utf-8")
    _add(library_settings, folder)
    file.write_text('name = "Boats"\nanilist = "seven"\n', "utf-8")
    assert _add(library_settings, folder).problems == [
        (str(file), "anilist: should be a number such as 21827, not 'seven'")
    ]
    assert _identities(library_settings) == {"Boats": ShowIdentity(7)}
    assert _names(library_settings) == {"Boats"}


def test_a_show_file_may_name_the_show_and_the_operator_s_word_wins(library_settings: Settings, folder: Path) -> None:
    (folder / "Paper Boats/show.toml").write_text('name = "紙の船"\nenglish = "Boats"\n', "utf-8")
    summary = _add(library_settings, folder)
    assert _names(library_settings) == {"紙の船"}
    assert all("now read as 紙の船" in note for _path, note in summary.notes)
    _add(library_settings, folder, options=PlanOptions(show="Rain"))
    assert _names(library_settings) == {"Rain"}
    assert _identities(library_settings) == {"Rain": ShowIdentity(english="Boats")}
    _add(library_settings, folder, options=PlanOptions(as_named=True))
    assert _names(library_settings) == {"紙の船"}


def test_a_folder_for_each_entry_at_anilist_gives_every_season_its_number(
    library_settings: Settings, folder: Path
) -> None:
    _laid_out(
        folder,
        "21827/[Group] Paper Boats - 01 [1080p].mp4",
        "21827/[Group] Paper Boats - 02 [1080p].mp4",
        "99423/[Group] Paper Boats S2 - 01 [1080p].mp4",
    )
    _add(library_settings, folder)
    identity = _identities(library_settings)["Paper Boats"]
    assert (identity.anilist, identity.season_anilist) == (21827, {2: 99423})


def test_a_folder_that_is_only_a_number_is_called_by_the_title_of_its_show_file(
    library_settings: Settings, folder: Path
) -> None:
    _laid_out(folder, "21827/episode 01.mp4", "21827/episode 02.mp4", "99423/episode 01.mp4")
    _add(library_settings, folder)
    assert _names(library_settings) == {"21827", "99423"}
    (folder / "21827/show.toml").write_text('native = "紙の船"\nromaji = "Kami no Fune"\n', "utf-8")
    _add(library_settings, folder)
    assert _names(library_settings) == {"Kami no Fune", "99423"}
    assert _identities(library_settings) == {
        "Kami no Fune": ShowIdentity(21827, native="紙の船", romaji="Kami no Fune"),
        "99423": ShowIdentity(99423),
    }


@pytest.mark.parametrize(
    ("places", "numbers"),
    [
        (("B [anilistid-7]/01.mp4", "B [anilistid-7]/02.mp4", "C/01.mp4"), {"B": 7}),
        (("B {anilist-7}/Season 1/01.mp4", "B {anilist-7}/Season 2/01.mp4", "C/C [anilist-9].mp4"), {"B": 7, "C": 9}),
        (("B/1080/01 - B.mp4", "B/1080/B - 02.mp4", "B/720/B - 03.mp4"), {}),
        (("1080/B - 01.mp4", "1080/C - 01.mp4", "C/02.mp4"), {}),
        (("2001/B - 01.mp4", "12/C - 01.mp4", "D/01.mp4"), {}),
        (("B [anilistid-7]/1080/B - 01.mp4", "B [anilistid-7]/1080/B - 02.mp4", "C/01.mp4"), {"B": 7}),
    ],
)
def test_marks_count_and_numbers_that_mean_something_else_do_not(
    library_settings: Settings, folder: Path, places: tuple[str, ...], numbers: dict[str, int]
) -> None:
    _laid_out(folder, *places)
    _add(library_settings, folder)
    assert {show: identity.anilist for show, identity in _identities(library_settings).items()} == numbers


def test_a_show_file_wins_over_the_folder_s_number_and_the_operator_over_both(
    library_settings: Settings, folder: Path
) -> None:
    _laid_out(folder, *(f"21827/Paper Boats - 0{number}.mp4" for number in (1, 2, 3)))
    (folder / "21827/show.toml").write_text("anilist = 7\n", "utf-8")
    _add(library_settings, folder)
    assert _identities(library_settings)["Paper Boats"].anilist_numbers == (7,)
    with open_library(library_settings) as library:
        library.writer.state_shows([ShowStatement("Paper Boats", IdentitySource.OPERATOR, ShowIdentity(9))])
    _add(library_settings, folder)
    assert _identities(library_settings)["Paper Boats"].anilist_numbers == (9,)


def test_a_season_added_by_itself_has_the_show_file_above_it_and_the_others_keep_theirs(
    library_settings: Settings, folder: Path
) -> None:
    show = folder / "Paper Boats"
    (show / "show.toml").write_text("anilist = 7\n", "utf-8")
    _add(library_settings, folder)
    (show / "2-Autumn/show.toml").write_text("anilist = 8\n", "utf-8")
    _add(library_settings, show / "2-Autumn")
    identity = _identities(library_settings)["Paper Boats"]
    assert [identity.anilist_of(season) for season in (1, 2)] == [7, 8]
    (show / "2-Autumn/show.toml").unlink()
    _add(library_settings, show / "2-Autumn")
    (show / "show.toml").write_text("anilist = 9\n", "utf-8")
    _add(library_settings, show / "2-Autumn")
    identity = _identities(library_settings)["Paper Boats"]
    assert [identity.anilist_of(season) for season in (1, 2)] == [9, 9]


def test_a_show_file_above_several_shows_is_that_of_the_one_with_its_title_else_of_none(
    library_settings: Settings, folder: Path
) -> None:
    _laid_out(folder, "mix/Boats - 01.mp4", "mix/Boats - 02.mp4", "mix/Rain - 01.mp4")
    file = folder / "mix/show.toml"
    file.write_text('english = "Snow"\n', "utf-8")
    ((path, problem),) = _add(library_settings, folder).problems
    assert (path, problem) == (
        str(file),
        "stands above several shows (Boats, Rain): put one into the folder of each show",
    )
    assert _identities(library_settings) == {}
    file.write_text('english = "boats!"\n', "utf-8")
    assert not _add(library_settings, folder).problems
    assert _identities(library_settings) == {"Boats": ShowIdentity(english="boats!")}


def test_a_folder_that_is_away_or_closed_withdraws_nothing(library_settings: Settings, folder: Path) -> None:
    show = folder / "Paper Boats"
    (show / "show.toml").write_text("anilist = 7\n", "utf-8")
    (folder / "Other").mkdir()
    shutil.move(folder / VIDEOS[2], folder / "Other/01.mp4")
    _add(library_settings, folder)
    with permissions_hold():
        show.chmod(0)
        try:
            assert _add(library_settings, folder).problems == [(str(show), "Permission denied")]
        finally:
            show.chmod(0o755)
    assert _identities(library_settings)["Paper Boats"].anilist == 7
    show.rename(folder.parent / "away")
    _add(library_settings, folder)
    assert "Paper Boats" not in _identities(library_settings)
