"""Plans of seasons: which stretch of which file is seen and heard when, and how each episode is encoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from benchmarks.theme_seasons.sources import Split
from core.catalogue.segments import SegmentKind


@dataclass(frozen=True, slots=True)
class Look:
    """How a shot is changed: mirrored, the part that is shown, hue (0..179), gain and lift of its levels.

    `zoom` is at least 1; `x` and `y`, 0 to 1, place the part that is shown.
    """

    mirrored: bool = False
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    hue: int = 0
    gain: float = 1.0
    lift: float = 0.0


@dataclass(frozen=True, slots=True)
class Shot:
    """`length_s` seconds of footage from `source_s` on, at `speed` (negative: backwards)."""

    path: Path
    source_s: float
    length_s: float
    speed: float
    look: Look


class Reel:
    """Shots one after the other."""

    def __init__(self, shots: Sequence[Shot]) -> None:
        self.shots = tuple(shots)
        self.starts_s = tuple(accumulate((shot.length_s for shot in shots), initial=0.0))

    @property
    def length_s(self) -> float:
        """Length of all shots."""
        return self.starts_s[-1]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound of a file from `source_s` on, heard from `at_s` of its track for `length_s`, at `speed` (as a tape).

    `level_db` is its mean level above that of music in front. Both ends fade over `fade_s`.
    """

    path: Path
    source_s: float
    at_s: float
    length_s: float
    level_db: float = 0.0
    speed: float = 1.0
    fade_s: float = 0.03


@dataclass(frozen=True, slots=True)
class Track:
    """Stretches that sound together, over noise of `noise_db` where that is not `None`."""

    stretches: tuple[Stretch, ...]
    noise_db: float | None = None
    noise_seed: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an episode: `length_s` of a reel from `reel_s` on, with a track from `track_s` on.

    `kind` is `None` of the story. `theme` names what it shares with other episodes; `tags` are the conditions under
    which it is scored. `speech` is heard over the track and timed from the part's start; the track is lowered by
    `track_db`. `credits_seed` draws lines of credits over it; fades are in frames of the episode.
    """

    kind: SegmentKind | None
    length_s: float
    reel: Reel
    reel_s: float
    track: Track
    track_s: float
    theme: str | None = None
    tags: frozenset[str] = frozenset()
    speech: tuple[Stretch, ...] = ()
    track_db: float = 0.0
    fade_in_frames: int = 0
    fade_out_frames: int = 0
    credits_seed: int | None = None


class ChapterStyle(StrEnum):
    """Chapters of a file: named and right; right without names; named, but late; every few minutes."""

    NONE = "none"
    RIGHT = "right"
    UNNAMED = "unnamed"
    LATE = "late"
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How an episode is written. `vfr` leaves frames out at random; `sound_start_s` is when its sound begins."""

    suffix: str = ".mkv"
    video_codec: str = "libx264"
    width: int = 128
    height: int = 72
    rate: Fraction = Fraction(24000, 1001)
    vfr: bool = False
    gop: int = 120
    crf: int = 26
    audio_codec: str | None = "aac"
    audio_bits_per_s: int = 128_000
    audio_hz: int = 44_100
    stereo: bool = True
    sound_start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """Parts of an episode in order. `speed` above 1 plays all of it faster, its sound higher, as PAL did to films."""

    number: int
    parts: tuple[Part, ...]
    encoding: Encoding
    chapters: ChapterStyle = ChapterStyle.NONE
    chapter_seed: int = 0
    level_db: float = 0.0
    tilt_db: float = 0.0
    speed: float = 1.0
    seed: int = 0

    @property
    def length_s(self) -> float:
        """Length of the file."""
        return sum(part.length_s for part in self.parts) / self.speed

    @property
    def starts_s(self) -> tuple[float, ...]:
        """When each part starts in the file, and when the last one ends."""
        return tuple(start / self.speed for start in accumulate((part.length_s for part in self.parts), initial=0.0))


@dataclass(frozen=True, slots=True)
class SeasonPlan:
    """Episodes of one season, from one seed."""

    name: str
    scenario: str
    split: Split
    seed: int
    episodes: tuple[EpisodePlan, ...]
