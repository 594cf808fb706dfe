"""Queries: frames of a library's videos, and pictures that are not in the library."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import cv2
import numpy as np

from core.catalogue.records import FileRecord
from core.domain import FileId
from core.errors import InputError
from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.pictures.pixels import Rgb
from core.video.reading import VideoReader
from training.distortion.views import geometry, overlays
from training.evaluation.collection import QUERY_QUALITY
from training.evaluation.out_of_library import collect_outside
from training.evaluation.screenshots import Screenshot, draw_screenshots

_WIDTH: Final = 640
_HEIGHT: Final = 360
_FALLBACK_RATE: Final = Fraction(25)
_TEXT: Final = ("LEVEL 3", "Please wait a moment …", "chapter one", "つづく", "Directed by", "404 not found", "ご注意")


@dataclass(frozen=True, slots=True)
class QueryFrame:
    """A frame that a query shows: its file, its second, the frames a second of the file, and its JPEG."""

    record: FileRecord
    time_s: float
    rate: float
    jpeg: bytes

    def rgb(self) -> Rgb:
        """The decoded frame, at the video's own size."""
        return decode_jpeg(self.jpeg)


class PictureDrawing(Protocol):
    """Draws a picture that is not from a video."""

    def __call__(self, rng: np.random.Generator) -> Rgb:
        """A random picture."""


def queried_records(records: Sequence[FileRecord], places: Sequence[str]) -> list[FileRecord]:
    """The files that queries are from: below one of these folders, or of a show of that name (case-insensitive).

    `InputError` names a place without files of the library.
    """
    records_by_id: dict[FileId, FileRecord] = {}
    for place in places:
        folder = Path(place).resolve()
        if folder.is_dir():
            matching = [record for record in records if Path(record.stamp.path).resolve().is_relative_to(folder)]
        else:
            matching = [record for record in records if record.name.show.casefold() == place.casefold()]
        if not matching:
            raise InputError(
                f"--queries-from {place}: it is neither a folder of videos of this library nor a show in it."
            )
        records_by_id |= {record.id: record for record in matching}
    return list(records_by_id.values())


def draw_queries(records: Sequence[FileRecord], number: int, seed: int) -> list[QueryFrame]:
    """Frames at random times, every file at least once when there are enough; none is plain. Deterministic by seed."""
    rates: dict[FileId, float] = {}
    shown = []
    for shot in draw_screenshots(records, number, np.random.default_rng(seed)):
        if shot.record.id not in rates:
            rates[shot.record.id] = _rate(shot.record)
        shown.append(query_frame(shot, rates[shot.record.id]))
    return shown


def query_frame(shot: Screenshot, rate: float) -> QueryFrame:
    """The query frame of a screenshot."""
    return QueryFrame(shot.record, shot.time_s, rate, encode_jpeg(shot.rgb, QUERY_QUALITY))


def outside_pictures(folder: Path, number: int, seed: int) -> Iterator[Rgb]:
    """Pictures and frames of the videos in a folder that is not in the library. `InputError` when it holds none."""
    for moment in collect_outside([folder], number=number, seed=seed, threads=1):
        yield moment.rgb()


def _rate(record: FileRecord) -> float:
    with VideoReader(record.stamp.path) as video:
        return float(video.info.rate or _FALLBACK_RATE)


def _plain(rng: np.random.Generator) -> Rgb:
    red, green, blue = rng.integers(0, 256, 3).tolist()
    return geometry.canvas(_WIDTH, _HEIGHT, (red, green, blue))


def _dark(rng: np.random.Generator) -> Rgb:
    """A dark picture: noise around almost black, with a slightly lighter spot."""
    picture = np.zeros((_HEIGHT, _WIDTH, 3), np.uint8)
    centre = int(rng.integers(0, _WIDTH)), int(rng.integers(0, _HEIGHT))
    cv2.circle(picture, centre, int(rng.integers(40, 160)), rng.integers(6, 18, 3).tolist(), -1)
    blurred = cv2.GaussianBlur(picture, (0, 0), 30).astype(np.float32)
    return np.asarray(np.clip(blurred + rng.normal(4, 2, blurred.shape), 0, 255), np.uint8)


def _gradient(rng: np.random.Generator) -> Rgb:
    """From one colour to another, in any direction."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x / _WIDTH + np.sin(angle) * y / _HEIGHT
    share = ((along - along.min()) / (along.max() - along.min()))[..., None]
    start, end = rng.uniform(0, 256, (2, 3))
    return np.asarray(start * (1 - share) + end * share, np.uint8)


def _text(rng: np.random.Generator) -> Rgb:
    """Lines of text on plain ground, dark on light or light on dark."""
    dark = bool(rng.random() < 0.5)
    picture = geometry.canvas(_WIDTH, _HEIGHT, (12, 12, 16) if dark else (244, 244, 240))
    lines = int(rng.integers(1, 5))
    for number in range(lines):
        down = 0.5 + 0.16 * (number - (lines - 1) / 2)
        ink = overlays.WHITE if dark else overlays.BLACK
        text = _TEXT[int(rng.integers(len(_TEXT)))]
        picture = overlays.draw_text(picture, text, 0.5, down, float(rng.uniform(0.05, 0.1)), colour=ink, outline=0)
    return picture


DRAWINGS: Final[Mapping[str, PictureDrawing]] = MappingProxyType(
    {"plain": _plain, "dark": _dark, "gradient": _gradient, "text only": _text}
)
"""Pictures with too little content to be found, by name."""
