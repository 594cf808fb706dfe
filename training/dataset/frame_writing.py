"""Writes the frames of one source as JPEG files into a folder."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError, PictureError, StorageError
from core.files import write_file
from core.pictures.decoding import PictureLimits, read_picture
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import Rgb, area_resized, colour_deviation, gray_thumbnail
from core.video.frame import LUMA_HEIGHT, LUMA_WIDTH
from core.video.reading import VideoReader
from training.dataset.frame_candidates import (
    FrameCandidates,
    allot_frames,
    evenly_spread,
    frame_size,
    nearest_difference,
)
from training.dataset.source_records import WrittenFrame, frame_name
from training.dataset.sources import FrameSource
from training.dataset.spec import DatasetSpec

_PICTURE_LIMITS: Final = PictureLimits(limit_bytes=200 << 20, min_side=64)


@dataclass(frozen=True, slots=True)
class WrittenFrames:
    """Frames that were written, the number of shots, and a note on damage of the source, if any."""

    frames: tuple[WrittenFrame, ...]
    shots: int
    note: str


def write_frames(
    source: FrameSource, spec: DatasetSpec, folder: Path, *, threads: int, progress: Callable[[float], None]
) -> WrittenFrames:
    """Write the frames of a source into `folder`, which is emptied first; `progress` gets the share done (0..1).

    `MediaError` when no part of it can be read, `StorageError` when frames cannot be written.
    """
    clear(folder)
    if source.is_video:
        return _write_video_frames(source.places[0], spec, folder, threads, progress)
    return _write_pictures(source, spec, folder, progress)


def clear(folder: Path) -> None:
    """Delete a folder, if it is there. `StorageError` when it cannot be."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise StorageError(f"{folder}: cannot be deleted: {exc.strerror}.") from exc


def _write_video_frames(
    place: Path | str, spec: DatasetSpec, folder: Path, threads: int, progress: Callable[[float], None]
) -> WrittenFrames:
    """Candidates are written at once, and those not selected deleted at the end: an hour of them may be 200 MB."""
    written: list[list[WrittenFrame]] = []
    with VideoReader(place, threads=threads) as video:
        candidates = FrameCandidates(video, spec)
        for candidate in candidates:
            written += [[] for _ in range(candidate.shot + 1 - len(written))]
            frame = WrittenFrame(candidate.shot, candidate.time_ms, candidate.time_ms)
            write_file(folder / frame_name(frame.number), encode_jpeg(candidate.rgb, spec.quality), sync=False)
            written[candidate.shot].append(frame)
            progress(candidates.share)
        note = video.damage or ""
    allotted = allot_frames([len(frames) for frames in written], spec.per_video)
    chosen = [
        frames[index]
        for frames, number in zip(written, allotted, strict=True)
        for index in evenly_spread(len(frames), number)
    ]
    for frame in {frame for frames in written for frame in frames} - set(chosen):
        (folder / frame_name(frame.number)).unlink()
    return WrittenFrames(tuple(chosen), candidates.shots, note)


def _write_pictures(
    source: FrameSource, spec: DatasetSpec, folder: Path, progress: Callable[[float], None]
) -> WrittenFrames:
    """Plain pictures, and pictures that look like another of the folder (such as other sizes), are left out."""
    frames, broken = [], []
    lumas: list[NDArray[np.uint8]] = []
    for number, place in enumerate(source.places):
        progress(number / len(source.places))
        try:
            rgb = read_picture(Path(place), name=str(place), spec=_PICTURE_LIMITS, size_hint=(spec.width, 1)).rgb
        except PictureError as exc:
            broken.append(str(exc))
            continue
        rgb = _scaled(rgb, spec.width)
        luma = gray_thumbnail(rgb, LUMA_WIDTH, LUMA_HEIGHT)
        if colour_deviation(rgb) < spec.plain or nearest_difference(luma, lumas) < spec.repeat:
            continue
        lumas.append(luma)
        write_file(folder / frame_name(number), encode_jpeg(rgb, spec.quality), sync=False)
        frames.append(WrittenFrame(number, 0, number))
    if len(broken) == len(source.places):
        raise MediaError(source.key, f"no picture in it can be read; the first: {broken[0]}")
    note = f"{len(broken)} of {len(source.places)} pictures left out; the first: {broken[0]}" if broken else ""
    return WrittenFrames(tuple(frames), len(frames), note)


def _scaled(rgb: Rgb, largest: int) -> Rgb:
    height, width = rgb.shape[:2]
    size = frame_size(width, height, largest)
    return rgb if size == (width, height) else area_resized(rgb, *size)
