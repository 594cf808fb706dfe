"""The pass over a library, with a miner that finds what it is told to."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from core.catalogue.segments import Correction, Evidence, Season, SegmentKind
from core.domain import EpisodeKind, FileId
from core.errors import MediaError, StorageError
from core.library.layout import DataLayout
from core.themes.episode_track import SoundFingerprint
from core.timecode import Millis
from core.video.chapters import Chapter, ChapterList
from ingest.library.opening import Library, open_library
from ingest.library.themes import mine_themes
from ingest.reporting import SilentReporter
from ingest.themes.episode_signals import EpisodeSignals, Fingerprint, save_signals
from ingest.themes.season_tracks import VIDEO_MISSING
from ingest.themes.themes_run import ThemesSummary
from tests.ingest.themes.fake_mining import ALONE, FakeMiner, fake_fingerprint
from tests.ingest.themes.rows import add_rows, record_of, write_row_video

SPRING = Season("Paper Boats", 1)


def _mine(
    settings: Settings,
    library: Library,
    miner: FakeMiner,
    *,
    again: bool = False,
    fingerprint: Fingerprint = fake_fingerprint,
    at_once: int = 26,
) -> ThemesSummary:
    reporter = SilentReporter()
    return mine_themes(
        settings, library, reporter, again=again, mine=miner, fingerprint=fingerprint, episodes_at_once=at_once
    )


def _theme_files(layout: DataLayout) -> list[str]:
    return sorted(path.name for path in layout.themes_folder.glob("*"))


def test_every_season_is_mined_once(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        miner = FakeMiner()
        summary = _mine(settings, library, miner)
        assert (summary.seasons, summary.searched, summary.themes, summary.episodes) == (1, 3, 1, 3)
        assert summary.text() == "1 theme in 3 of 3 episodes, 1 season"
        (mined,) = library.reader.mined_seasons()
        (theme,) = mined.themes
        assert mined.season == SPRING
        assert (set(mined.files), int(theme.id)) == ({1, 2, 3}, 1)
        assert [segments[0].theme for segments in library.reader.segments().values()] == [1, 1, 1]
        assert _theme_files(library.layout) == ["00000001.npz"]
        assert _mine(settings, library, miner).seasons == 0
        assert len(miner.calls) == 1
        assert _mine(settings, library, miner, again=True).seasons == 1
        assert _theme_files(library.layout) == ["00000002.npz"]  # ids are never used twice


def test_a_new_episode_is_compared_with_the_stored_theme_alone(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        miner = FakeMiner()
        _mine(settings, library, miner)
        for file_id in (1, 2, 3):  # all has an ending too: nothing is left to look for in them
            stamp = record_of(library, file_id).stamp
            library.writer.correct(Correction(stamp.content, SegmentKind.ENDING, ((Millis(4000), Millis(5000)),)))
        add_rows(library, settings, episodes=1, first=4)
        _mine(settings, library, miner)
        ids, _labels, stored = miner.calls[-1]
        assert ids == [4]
        assert [theme.theme.id for theme in stored] == [1]
        assert stored[0].sound
        (mined,) = library.reader.mined_seasons()
        assert mined.files == {1, 2, 3, 4}
        assert {segment.theme for segment in library.reader.segments()[FileId(4)]} == {1}
        assert len(library.reader.segments()[FileId(1)]) == 2
        assert _theme_files(library.layout) == ["00000001.npz"]


def test_a_new_episode_is_compared_with_those_that_lack_something_too(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        miner = FakeMiner()
        _mine(settings, library, miner)
        add_rows(library, settings, episodes=1, first=4)
        _mine(settings, library, miner)
        ids, _labels, stored = miner.calls[-1]
        assert (ids, len(stored)) == ([1, 2, 3, 4], 1)  # none of them has an ending


def test_what_was_mined_earlier_beside_what_is_mined_now_is_kept(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        _mine(settings, library, FakeMiner())
        (mined,) = library.reader.mined_seasons()
        segments = dict(library.reader.mined_segments())
        eyecatch = replace(
            segments[FileId(1)][0], kind=SegmentKind.EYECATCH, start_ms=Millis(4000), end_ms=Millis(5000)
        )
        overlapping = replace(eyecatch, start_ms=Millis(2000), end_ms=Millis(4000))
        library.writer.put_season(mined, segments | {FileId(1): [overlapping, eyecatch]}, {})
        add_rows(library, settings, episodes=1, first=4)
        _mine(settings, library, FakeMiner())
        assert [(segment.kind, segment.start_ms) for segment in library.reader.segments()[FileId(1)]] == [
            (SegmentKind.OPENING, 1000),
            (SegmentKind.EYECATCH, 4000),
        ]


def test_a_long_season_is_mined_in_parts_and_goes_on_where_it_was_killed(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=8)
        miner = FakeMiner(stop_after=2)
        assert _mine(settings, library, miner, at_once=3).interrupted
        (mined,) = library.reader.mined_seasons()
        assert set(mined.files) == {1, 2, 3, 4, 5, 6}
        assert not _mine(settings, library, FakeMiner(), at_once=3).problems
        (mined,) = library.reader.mined_seasons()
        assert set(mined.files) == set(range(1, 9))
        assert {segment.theme for segments in library.reader.segments().values() for segment in segments} == {1}
        assert [set(ids) for ids, _, _ in miner.calls] == [{1, 2, 3}, {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6, 7, 8}]
        assert _mine(settings, library, FakeMiner(), at_once=3).seasons == 0


def test_many_new_episodes_are_a_new_season(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        miner = FakeMiner()
        _mine(settings, library, miner)
        add_rows(library, settings, episodes=3, first=3)
        _mine(settings, library, miner)
        assert (miner.calls[-1][0], miner.calls[-1][2]) == ([1, 2, 3, 4, 5], [])


def test_the_theme_of_an_episode_that_is_removed_is_still_found_in_new_ones(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=4)
        miner = FakeMiner()
        _mine(settings, library, miner)
        library.writer.remove([FileId(1)])  # its clearest occurrence
        assert FileId(1) not in library.reader.segments()
        assert _mine(settings, library, miner).seasons == 0
        add_rows(library, settings, episodes=1, first=5)
        _mine(settings, library, miner)
        _ids, _labels, stored = miner.calls[-1]
        assert [theme.theme.file_id for theme in stored] == [1]
        assert library.reader.segments()[FileId(5)][0].theme == 1
        assert not library.layout.fingerprint(FileId(1)).exists()


def test_a_season_that_was_mined_by_another_method_is_mined_whole(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        miner = FakeMiner()
        _mine(settings, library, miner)
        (mined,) = library.reader.mined_seasons()
        library.writer.put_season(replace(mined, config="earlier"), library.reader.mined_segments(), {})
        assert _mine(settings, library, miner).seasons == 1
        assert (miner.calls[-1][0], miner.calls[-1][2]) == ([1, 2, 3], [])


def test_a_season_without_files_is_forgotten(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        _mine(settings, library, FakeMiner())
        library.writer.remove([FileId(1), FileId(2)])
        _mine(settings, library, FakeMiner())
        assert library.reader.mined_seasons() == []
        assert _theme_files(library.layout) == []


def test_corrections_are_never_overwritten_and_what_is_mined_stays_beneath_them(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        miner = FakeMiner()
        _mine(settings, library, miner)
        content = record_of(library, 1).stamp.content
        correction = Correction(content, SegmentKind.OPENING, ((Millis(500), Millis(2500)),))
        library.writer.correct(correction)
        assert _mine(settings, library, miner).seasons == 0
        assert _mine(settings, library, miner, again=True).seasons == 1
        assert library.reader.corrections() == [correction]
        (segment,) = library.reader.segments()[FileId(1)]
        assert (segment.start_ms, segment.evidence, segment.theme) == (500, (Evidence.CORRECTION,), 2)
        library.writer.withdraw_correction(content, SegmentKind.OPENING)
        (segment,) = library.reader.segments()[FileId(1)]
        assert (segment.start_ms, segment.evidence) == (1000, (Evidence.SOUND,))


def test_the_miner_is_told_what_chapters_name(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        chapters = ChapterList(
            (Chapter("OP", Millis(0), Millis(90_000)), Chapter("A", Millis(90_000), Millis(200_000)))
        )
        save_signals(library.layout.fingerprint(FileId(2)), EpisodeSignals(fake_fingerprint(""), chapters))
        miner = FakeMiner()
        _mine(settings, library, miner)
        _ids, named, _stored = miner.calls[0]
        assert list(named) == [2]
        assert (named[FileId(2)][0].kind, named[FileId(2)][0].evidence) == (SegmentKind.OPENING, (Evidence.CHAPTER,))
        assert [chapter.title for chapter in miner.tracks[1].chapters] == ["OP", "A"]


def test_one_episode_alone_and_one_without_its_video_say_so(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        (path,) = add_rows(library, settings, episodes=1)
        path.unlink()
        miner = FakeMiner()
        assert _mine(settings, library, miner).seasons == 1
        assert library.reader.theme_notes() == {1: VIDEO_MISSING}
        assert _mine(settings, library, miner).seasons == 0  # until the video is there again
        path.touch()
        assert _mine(settings, library, miner).seasons == 1
        assert library.reader.theme_notes() == {1: "its sound could not be read: the file is empty"}
        write_row_video(path)
        assert _mine(settings, library, miner).seasons == 1
        assert library.reader.theme_notes() == {1: ALONE}
        add_rows(library, settings, episodes=1, first=2)[0].unlink()
        assert _mine(settings, library, miner, again=True).seasons == 1
        assert library.reader.theme_notes()[FileId(2)] == VIDEO_MISSING
        assert _mine(settings, library, miner).seasons == 0


def test_a_pass_that_is_stopped_goes_on_from_its_fingerprints(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=3)
        read: list[str] = []

        def stopping(source: Path | str) -> SoundFingerprint | None:
            if len(read) == 2:
                raise KeyboardInterrupt
            read.append(Path(source).name)
            return fake_fingerprint(source)

        summary = _mine(settings, library, FakeMiner(), fingerprint=stopping)
        assert summary.interrupted
        assert library.reader.mined_seasons() == []
        later: list[str] = []

        def counting(source: Path | str) -> SoundFingerprint | None:
            later.append(Path(source).name)
            return fake_fingerprint(source)

        assert _mine(settings, library, FakeMiner(), fingerprint=counting).seasons == 1
        assert (read, later) == (["01.mkv", "02.mkv"], ["03.mkv"])


@pytest.mark.parametrize("error", [StorageError("the disk is full"), ValueError("a fault")])
def test_a_season_that_cannot_be_mined_is_named_and_the_next_one_goes_on(
    settings: Settings, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        summary = _mine(settings, library, FakeMiner(error=error))
        assert (summary.seasons, summary.interrupted) == (0, False)
        (problem,) = summary.problems
        assert problem.startswith("Paper Boats, season 1: openings and endings were not looked for: ")
        assert str(error) in problem
        assert _mine(settings, library, FakeMiner()).seasons == 1


def test_a_video_that_cannot_be_opened_is_a_note(settings: Settings) -> None:
    def failing(source: Path | str) -> SoundFingerprint | None:
        raise MediaError(source, "not a video that can be read")

    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        summary = _mine(settings, library, FakeMiner(), fingerprint=failing)
        assert summary.problems == []
        assert set(library.reader.theme_notes().values()) == {
            "its sound could not be read: not a video that can be read"
        }


def test_creditless_openings_and_failed_files_are_no_episodes(settings: Settings) -> None:
    with open_library(settings, missing="create") as library:
        add_rows(library, settings, episodes=2)
        record = record_of(library, 2)
        opening = replace(record.name, kind=EpisodeKind.OPENING)
        library.writer.move(record.id, record.stamp, opening)
        miner = FakeMiner()
        _mine(settings, library, miner)
        assert miner.calls[0][0] == [1]
