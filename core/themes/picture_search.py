"""Search by pictures: openings and endings of episodes that have them with other sound, or without any."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.catalogue.segments import SegmentKind, Theme
from core.themes.boundaries import snapped
from core.themes.episode_track import EpisodeTrack
from core.themes.frame_alignment import PictureComparison, strongest_stretch
from core.timecode import Millis

_MIN_SHARE: Final = 0.6
_MIN_RUN: Final = 0.5
_WHOLE_RUN: Final = 0.9
_THRESHOLD: Final = 0.35


@dataclass(frozen=True, slots=True)
class PictureSpan:
    """Where an episode shows a theme; `share` of its frames agree."""

    start_ms: Millis
    end_ms: Millis
    share: float


def find_by_pictures(
    theme: Theme, source: int, episode: int, tracks: Sequence[EpisodeTrack], pictures: PictureComparison
) -> PictureSpan | None:
    """Where an episode shows what a theme of `tracks[source]` does, most of it at one place; `None` where it does not,
    or where that is no place for an opening or an ending.
    """
    found = pictures.find(source, theme.start_ms, theme.end_ms, episode)
    if found is None:
        return None
    shift, _ = found
    times, agree = pictures.frames_that_agree(source, episode, theme.start_ms, theme.end_ms, shift)
    if not len(times):
        return None
    first, last = strongest_stretch(agree - _THRESHOLD)
    run = int(times[last - 1] - times[first]) if last > first else 0
    if run < _MIN_RUN * theme.length_ms or agree[first:last].mean() < _MIN_SHARE:
        return None
    start, end = theme.start_ms + shift, theme.end_ms + shift
    if run < _WHOLE_RUN * theme.length_ms:
        start = start if first == 0 else int(times[first]) + shift
        end = end if last == len(times) else int(times[last - 1]) + shift
    track = tracks[episode]
    start, end = max(0, start), min(end, track.duration_ms)
    middle = (start + end) / 2 / max(1, track.duration_ms)
    if (middle > 0.5) is (theme.kind is SegmentKind.OPENING):
        return None
    return PictureSpan(
        snapped(Millis(start), track.cuts_ms),
        snapped(Millis(end), [*track.cuts_ms, track.duration_ms]),
        float(agree[first:last].mean()),
    )
