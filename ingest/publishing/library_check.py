"""Checking a library: catalogue, features, stored pictures and index against each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.errors import LibraryEmptyError, StorageError, StoreError
from core.library.layout import DataLayout
from core.library.media import is_gone_everywhere
from core.stores.color_layout_index import open_layouts
from core.stores.generation import GenerationInfo, current_generation
from core.stores.loading import open_index
from ingest.indexing.features import load_features
from ingest.indexing.stills_upkeep import stills_problem
from ingest.publishing.advice import reread_command, reread_hint
from ingest.publishing.publisher import SELF_CHECK_MIN_RECALL, count_recalled
from ingest.publishing.theme_frames import ThemeFrames, theme_frames
from ingest.wording import counted

_SAMPLES_A_FILE = 16


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`problems` are sentences with the command that helps; `recall` is the share of sampled frames that the index
    finds.
    """

    files: int
    frames: int
    recall: float
    problems: tuple[str, ...]


def check_library(
    layout: DataLayout,
    reader: CatalogueReader,
    *,
    stills_kept: bool = True,
    media_root: str | None = None,
    themes_once: bool = True,
) -> CheckReport:
    """Check the video, features, indexed frames and stored pictures of every searchable file.

    Videos are looked for where they were added from and below `media_root`. Missing stored pictures are a problem if
    `stills_kept`; damaged ones always are. `themes_once`: whether the index should have the frames of a theme once.
    """
    records = [record for record in reader.all() if record.searchable]
    try:
        folder, info = current_generation(layout.generations)
        store = open_index(folder, info)
    except (LibraryEmptyError, StoreError) as exc:
        return CheckReport(len(records), 0, 0.0, (str(exc),))
    frames_of = _theme_frames(layout, reader, records, info, themes_once=themes_once)
    problems = [*_differences(records, info, frames_of), *_layout_problems(folder, info)]
    if stills_kept:
        problems.extend(_without_stills(layout, records, media_root))
    recalled = sampled = 0
    try:
        for record in records:
            if is_gone_everywhere(record.stamp, media_root):
                problems.append(
                    f"{record.stamp.path}: the video is gone; `whenanime library remove --missing` forgets it."
                )
            try:
                encoder = info.encoder if record.id in info.files else record.outcome.encoder
                features = load_features(layout.features(encoder, record.id))
            except StorageError as exc:
                problems.append(f"{exc}; {reread_hint(record.stamp.path)}.")
                continue
            pack = layout.stills(record.id)
            if pack.exists() and (problem := stills_problem(pack, features.times_ms)):
                problems.append(f"{problem}; {reread_hint(record.stamp.path)}.")
            if info.files.get(record.id) and frames_of.digest(record.id) == info.cut_digest(record.id):
                features, _cut = frames_of.of_file(record.id, features)
                rows = np.linspace(0, len(features.times_ms) - 1, _SAMPLES_A_FILE).astype(int)
                sampled += len(rows)
                recalled += count_recalled(store, features.unit_vectors()[rows])
        frames = store.count
    finally:
        store.close()
    recall = recalled / sampled if sampled else 1.0
    if recall < SELF_CHECK_MIN_RECALL:
        problems.append("The index does not find its own frames; run `whenanime index rebuild`.")
    if frames != info.frames:
        problems.append(
            f"The index holds {counted(frames, 'frame')}, its description says {info.frames}; "
            "run `whenanime index rebuild`."
        )
    return CheckReport(len(records), frames, recall, tuple(problems))


def _theme_frames(
    layout: DataLayout, reader: CatalogueReader, records: list[FileRecord], info: GenerationInfo, *, themes_once: bool
) -> ThemeFrames:
    """Which frames of the files in the index belong there."""
    present = [
        record for record in records if record.id in info.files and layout.features(info.encoder, record.id).exists()
    ]
    return theme_frames(
        reader,
        present,
        lambda file_id: load_features(layout.features(info.encoder, file_id)),
        enabled=themes_once,
    )


def _without_stills(layout: DataLayout, records: list[FileRecord], media_root: str | None) -> Iterator[str]:
    without = [record for record in records if not layout.stills(record.id).exists()]
    if not without:
        return
    readable = [record for record in without if not is_gone_everywhere(record.stamp, media_root)]
    yield (
        f"There are no stored pictures for {counted(len(without), 'file')}, so answers from there cannot be verified; "
        + (f"{reread_command(readable)} makes them." if readable else "the videos to make them from are gone.")
    )


def _layout_problems(folder: Path, info: GenerationInfo) -> Iterator[str]:
    """Color layouts that are damaged or of other frames; that there are none is no problem."""
    try:
        layouts = open_layouts(folder)
    except StoreError as exc:
        yield f"{exc}."
        return
    files = layouts.files if layouts else {}
    mismatched = [file_id for file_id, frames in files.items() if info.files.get(file_id) != frames]
    if mismatched:
        yield (
            f"The color layouts of {counted(len(mismatched), 'file')} are of other frames than the index; "
            "run `whenanime index rebuild`."
        )


def _differences(records: list[FileRecord], info: GenerationInfo, frames: ThemeFrames) -> Iterator[str]:
    """Problems of files that are only in the catalogue or only in the index, or differ."""
    indexed = set(info.files)
    for record in records:
        if record.id not in indexed and record.outcome.encoder != info.encoder:
            yield (
                f"{record.stamp.path}: not in the index, its features were made with another encoder; run "
                "`whenanime library reindex` with the encoder of the index."
            )
        elif record.id not in indexed:
            yield f"{record.stamp.path}: not in the index; run `whenanime index rebuild`."
        elif frames.digest(record.id) != info.cut_digest(record.id):
            yield (
                f"{record.stamp.path}: its openings, endings or their settings have changed since the index was made; "
                "run `whenanime index rebuild`."
            )
        elif info.files[record.id] + _left_out(info, record) != record.outcome.frames:
            yield f"{record.stamp.path}: the index has another number of its frames; run `whenanime index rebuild`."
    removed = indexed - {record.id for record in records}
    if removed:
        count = counted(len(removed), "file")
        yield f"The index holds {count} no longer in the library; run `whenanime index rebuild`."


def _left_out(info: GenerationInfo, record: FileRecord) -> int:
    cut = info.cuts.get(record.id)
    return cut.left_out if cut else 0
