"""Values that cross package borders: frame labels, episode names, scenes, results."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, NewType

from pydantic import Field

from core.timecode import MILLIS_LIMIT, Millis

FileId = NewType("FileId", int)
Label = NewType("Label", int)
"""One frame of one file in 64 bits: file id in the high 32, milliseconds in the low 32."""


def frame_label(file_id: FileId, time_ms: int) -> Label:
    """Pack a frame's identity. `ValueError` when the time or the id does not fit."""
    if not 0 <= time_ms < MILLIS_LIMIT or not 0 < file_id < 1 << 31:
        raise ValueError(f"no label for file {file_id} at {time_ms} ms")
    return Label(file_id << 32 | time_ms)


def split_label(label: int) -> tuple[FileId, Millis]:
    """The file id and the time of a label."""
    return FileId(label >> 32), Millis(label & (MILLIS_LIMIT - 1))


class EpisodeKind(StrEnum):
    """The kind of a video, by its name."""

    EPISODE = "episode"
    SPECIAL = "special"
    OVA = "ova"
    MOVIE = "movie"
    OPENING = "opening"
    ENDING = "ending"
    TRAILER = "trailer"
    OTHER = "other"


_NUMBER_PREFIXES = {
    EpisodeKind.SPECIAL: "SP",
    EpisodeKind.OVA: "OVA",
    EpisodeKind.MOVIE: "Movie",
    EpisodeKind.OPENING: "OP",
    EpisodeKind.ENDING: "ED",
    EpisodeKind.TRAILER: "PV",
}


@dataclass(frozen=True, slots=True)
class EpisodeName:
    """What a file's name and folders say of its episode.

    `first` and `last` are the episode numbers, equal for one episode, different for a file of several (`01-02`), `None`
    without a number; `5.5` is a recap between two episodes. `understood` is false when the name could not be parsed and
    `name` is the file's own.
    """

    show: str
    season: int | None = None
    season_name: str = ""
    kind: EpisodeKind = EpisodeKind.EPISODE
    first: float | None = None
    last: float | None = None
    name: str = ""
    understood: bool = True

    @property
    def number(self) -> int | float | str | None:
        """For JSON: `5`, `5.5`, `"1-2"`, `"OVA 2"`, `"Movie"`, or `None` when there is no number at all."""
        prefix = _NUMBER_PREFIXES.get(self.kind)
        if self.first is None:
            return prefix
        if self.last is not None and self.last != self.first:
            text = f"{self.first:g}-{self.last:g}"
        elif prefix is None:
            return int(self.first) if float(self.first).is_integer() else self.first
        else:
            text = f"{self.first:g}"
        return text if prefix is None else f"{prefix} {text}"


class Verdict(StrEnum):
    """The verdict on a picture as a whole."""

    FOUND = "found"
    UNSURE = "unsure"
    NOT_IN_LIBRARY = "not_in_library"


class Reason(StrEnum):
    """Why the verdict is not `found`."""

    TOO_LITTLE = "too_little"
    """The picture is dark, plain or little but text, so that no answer to it is reliable."""
    UNCALIBRATED = "uncalibrated"
    """The encoder was never calibrated, so that there are no probabilities."""
    CHECK_FAILED = "check_failed"
    """The best scene was compared with its stored picture, and no points agreed."""
    LOW_PROBABILITY = "low_probability"


@dataclass(frozen=True, slots=True)
class Hit:
    """An indexed frame near one of the views that were looked up (`view` is its number); `similarity` is a cosine."""

    label: Label
    similarity: float
    view: int = 0


@dataclass(frozen=True, slots=True)
class Area:
    """Part of a picture, in shares (0..1) of its width and height from the top left corner."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


WHOLE_AREA = Area()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in a file: its episode and a time."""

    file_id: FileId
    path: str
    name: EpisodeName
    at_ms: Millis


def number_ranges(numbers: Iterable[float]) -> tuple[str, ...]:
    """Ascending numbers as short as can be: `1–12`, `14`."""
    ranges: list[list[float]] = []
    for number in numbers:
        if ranges and number - ranges[-1][-1] in {0, 1}:
            ranges[-1][1:] = [number] if number > ranges[-1][0] else []
        else:
            ranges.append([number])
    return tuple("–".join(f"{number:.15g}" for number in edges) for edges in ranges)


class SegmentKind(StrEnum):
    """The role of a segment in its episode. `COLD_OPEN`: story before the opening, told by chapters only; `SPONSOR`: a
    card that names sponsors; `EYECATCH`: a short picture around the break.
    """

    OPENING = "opening"
    ENDING = "ending"
    COLD_OPEN = "cold_open"
    RECAP = "recap"
    PREVIEW = "preview"
    EYECATCH = "eyecatch"
    SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class ThemeMoment:
    """A moment of a part that several episodes share, such as the opening `number` of a season (`None` where names have
    no seasons): `offset_ms` into it, of `length_ms` in the episode that is named. `episodes` are the numbers of the
    episodes that have it, ascending; `occurrences` counts also those in specials and other files. `first`: the episode
    that is named is the first one that has it.
    """

    kind: SegmentKind
    number: int
    season: int | None
    offset_ms: Millis
    length_ms: Millis
    episodes: tuple[float, ...] = ()
    occurrences: int = 1
    first: bool = True

    @property
    def episode_ranges(self) -> tuple[str, ...]:
        """The episodes as short as can be: `1–12`, `14`."""
        return number_ranges(self.episodes)


@dataclass(frozen=True, slots=True)
class Scene:
    """One stretch of one file between two cuts. Times in milliseconds from the start of the file as players count.

    `at_ms` is right to the frame when `exact`, else near it; without the video it is that of the nearest indexed frame.
    `region` is the part of the picture that was found; `mirrored`: the picture is a mirror image; `turned`: by
    how many degrees clockwise it is turned (0, 90, 180 or 270). When the scene was compared with a stored picture,
    `inliers` points agreed (0: none, `None`: not compared), and `shown` is the part of the frame that the picture
    shows. `repeats` (`also` in JSON) are places where the same shot comes again: openings, recaps. `pictures` are the
    numbers, from 1, of the pictures of this scene, where several were given that are not one sequence. Of a `sequence`
    the times are those of its first and last picture, also for a clip that is played `backwards`; `clip` is the part of
    a clip of several scenes that shows this one, in the clip's own time. `video_missing`: the video is not where the
    library has it, so that the time is that of an indexed frame and the only picture is the stored one. `theme`: the
    scene is of a part that several episodes share; it is then that of the first of them, and the first
    `theme.occurrences - 1` of its `repeats` are those of the others.
    """

    file_id: FileId
    path: str
    name: EpisodeName
    from_ms: Millis
    at_ms: Millis
    to_ms: Millis
    similarity: float
    probability: float
    mirrored: bool = False
    turned: int = 0
    region: Area = WHOLE_AREA
    shown: Area | None = None
    inliers: int | None = None
    exact: bool = False
    repeats: Annotated[tuple[Occurrence, ...], Field(alias="also")] = ()
    pictures: tuple[int, ...] = ()
    sequence: bool = False
    backwards: bool = False
    clip: tuple[Millis, Millis] | None = None
    video_missing: bool = False
    theme: ThemeMoment | None = None

    @property
    def repeats_beyond_theme(self) -> tuple[Occurrence, ...]:
        """Repeats without those of the theme, which `theme.episodes` names."""
        return self.repeats[self.theme.occurrences - 1 :] if self.theme else self.repeats


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Shows (any of these names, whatever their case) and seasons to search in; empty means all. Without `themes`,
    openings, endings and other parts that episodes share are left out.
    """

    shows: tuple[str, ...] = ()
    seasons: frozenset[int] = frozenset()
    themes: bool = True

    def __bool__(self) -> bool:
        return bool(self.shows or self.seasons or not self.themes)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one picture: scenes, best first, and the milliseconds that each stage took.

    `reason`: why the verdict is not `found`; `None` when it is. `where` is the filter, with names as the library has
    them; `elsewhere` the scene that is found in the whole library but that the filter excludes. `cut_off`: the file was
    truncated, and the part of the picture that it has was searched.
    """

    verdict: Verdict
    scenes: tuple[Scene, ...]
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    reason: Reason | None = None
    where: SearchFilter = SearchFilter()
    elsewhere: Scene | None = None
    cut_off: bool = False

    @property
    def sequence(self) -> bool:
        """Whether several pictures, or those of an animation or a video, were found as one sequence."""
        return any(scene.sequence for scene in self.scenes)

    @property
    def parts(self) -> tuple[Scene, ...]:
        """The scenes of a clip of several, in the order in which the clip shows them."""
        return tuple(sorted((scene for scene in self.scenes if scene.clip), key=lambda scene: scene.clip or (0, 0)))

    @property
    def too_little(self) -> bool:
        """Whether there is too little in the picture to be found by."""
        return self.reason is Reason.TOO_LITTLE
