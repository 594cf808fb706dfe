"""Preview settings: format, length, size and rate."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from core.domain import FileId
from core.timecode import Millis


class PreviewFormat(StrEnum):
    """File format of a preview: MP4 is a tenth of the size, GIF plays where there is no video player."""

    GIF = "gif"
    MP4 = "mp4"


@dataclass(frozen=True, slots=True)
class PreviewSpec:
    """Preview settings: length, size and rate.

    A preview spans at least `before_s` and `after_s` around its moment and is extended towards the bounds of the scene
    up to `limit_s` in all; it always ends at a cut. The preview of a range reaches from its beginning to its end, cuts
    included, up to `range_limit_s`. `width` is at most the video's own; the height keeps the aspect ratio. The rates
    are rounded to the video's own divided by a whole number, so that movement stays even.
    """

    before_s: float = 0.5
    after_s: float = 1.5
    limit_s: float = 4.0
    range_limit_s: float = 8.0
    width: int = 480
    gif_rate_hz: float = 12.0
    mp4_rate_hz: float = 24.0
    gif_colours: int = 255
    mp4_crf: int = 25
    limit_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PreviewSides:
    """Seconds of a preview before its moment, and as many behind it: at least and at most, cuts permitting."""

    least_s: float
    most_s: float


class PreviewMoment(Protocol):
    """Moment that a preview shows; `core.domain.Scene` is one. `at_ms` is a time of a video between the bounds of its
    scene; of a `sequence` the whole range is shown, cuts included.
    """

    @property
    def file_id(self) -> FileId:
        """The video."""

    @property
    def from_ms(self) -> Millis:
        """First moment of the scene."""

    @property
    def at_ms(self) -> Millis:
        """The moment."""

    @property
    def to_ms(self) -> Millis:
        """Last moment of the scene."""

    @property
    def sequence(self) -> bool:
        """Whether the whole range is shown."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Bytes of a preview's file, and the part of the video that it shows."""

    data: bytes
    from_ms: Millis
    to_ms: Millis
