"""Notes: an episode that lacks what most others have."""

from core.catalogue.segments import Evidence, Segment, SegmentKind
from core.domain import FileId
from core.themes.season_notes import missing_notes
from core.timecode import Millis


def _opening(evidence: Evidence = Evidence.SOUND) -> Segment:
    return Segment(SegmentKind.OPENING, Millis(0), Millis(90_000), 0.9, (evidence,))


def test_an_episode_without_the_opening_of_the_others_is_said() -> None:
    segments = {FileId(number): [_opening()] for number in range(1, 5)} | {FileId(5): []}
    assert missing_notes(segments, FileId(5)) == ["no opening like those of 4 other episodes"]
    assert missing_notes(segments, FileId(1)) == []


def test_an_opening_that_only_pictures_tell_is_said() -> None:
    (note,) = missing_notes({FileId(1): [_opening(Evidence.PICTURES)]}, FileId(1))
    assert "by pictures alone" in note


def test_two_episodes_are_too_few_to_say_that_a_third_lacks_something() -> None:
    assert missing_notes({FileId(1): [_opening()], FileId(2): [_opening()], FileId(3): []}, FileId(3)) == []
