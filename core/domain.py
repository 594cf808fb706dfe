"""The values that cross our borders: frame labels, names of episodes, scenes, results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

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
    """Take a label apart again."""
    return FileId(label >> 32), Millis(label & (MILLIS_LIMIT - 1))


class EpisodeKind(StrEnum):
    """What sort of video a file is, by its name."""

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
    """What a file's name and folders say.

    `first` and `last` are the numbers of a file that holds several episodes (`01-02`), equal for one, `None` for none;
    `5.5` is a recap between two. `understood` is false when the name could not be read and the file name stands in.
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
    """What we say of a picture as a whole."""

    FOUND = "found"
    UNSURE = "unsure"
    NOT_IN_LIBRARY = "not_in_library"


class Reason(StrEnum):
    """Why a picture was not found for sure."""

    TOO_LITTLE = "too_little"
    """It is dark, plain or little but text, so that no answer to it means much."""
    UNCALIBRATED = "uncalibrated"
    """The encoder was never calibrated, so that nothing has a probability."""
    CHECK_FAILED = "check_failed"
    """The best scene was compared with its stored picture, and no points agreed."""
    LOW_PROBABILITY = "low_probability"


@dataclass(frozen=True, slots=True)
class Hit:
    """One indexed frame near one of the views that were looked up, by its number; `similarity` is a cosine."""

    label: Label
    similarity: float
    view: int = 0


@dataclass(frozen=True, slots=True)
class Area:
    """Part of a picture, in shares (0..1) of its width and height from its left upper corner."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


WHOLE_AREA = Area()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A moment of a file."""

    file_id: FileId
    path: str
    name: EpisodeName
    at_ms: Millis


@dataclass(frozen=True, slots=True)
class Scene:
    """One stretch of one file between two cuts. Times in milliseconds from the start of the file as players count.

    `at_ms` is right to the frame when `exact`, else near it; without the video it is that of the nearest indexed one.
    `region` is the part of the picture that was found; `mirrored` says that it had to be turned over, `turned` by how
    many degrees clockwise the picture is turned (0, 90, 180 or 270). When the scene was checked against a stored
    picture, `inliers` points agreed (0: none did, `None`: not checked), and `shown` is the part of the frame that the
    picture shows. `also` are places where the same shot comes again: openings, recaps. `pictures` are the numbers, from
    1, of those pictures that it is the scene of, where several were given and are not one sequence. Of a `sequence` the
    times are those of its first and last picture, whichever way round a clip is played (`backwards`); `clip` is the
    part that shows it of a clip of several scenes, in its own time. `video_missing`: the video is not where the library
    has it, so that the time is that of an indexed frame and the only picture of it a stored one.
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
    also: tuple[Occurrence, ...] = ()
    pictures: tuple[int, ...] = ()
    sequence: bool = False
    backwards: bool = False
    clip: tuple[Millis, Millis] | None = None
    video_missing: bool = False


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Where to look: names of shows (any of them, case does not matter) and seasons. Empty means everywhere."""

    shows: tuple[str, ...] = ()
    seasons: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.shows or self.seasons)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one picture: scenes best first, and the milliseconds that each stage took.

    `reason`: why it is not found for sure; `None` when it is. `where` is the filter, with names as the library has
    them; `elsewhere` the scene that is found in the whole library where the filter excludes it. `cut_off`: a file broke
    off, and what there is of its picture was searched.
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
        """Whether several pictures, or those of an animation or a video, were found as one movement."""
        return any(scene.sequence for scene in self.scenes)

    @property
    def parts(self) -> tuple[Scene, ...]:
        """The scenes that a clip of several shows, in the order in which it shows them."""
        return tuple(sorted((scene for scene in self.scenes if scene.clip), key=lambda scene: scene.clip or (0, 0)))

    @property
    def too_little(self) -> bool:
        """Whether there is too little in the picture to go on."""
        return self.reason is Reason.TOO_LITTLE
