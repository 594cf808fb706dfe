"""Metrics for a model's card: a short form of `train evaluate` on some videos."""

from pathlib import Path
from typing import Final

from core.encoders.base import Encoder
from training.distortion.sweep import SWEEP
from training.evaluation.collecting import collect_frames
from training.evaluation.embedders import EncoderEmbedder
from training.evaluation.library import RowResult, sweep
from training.export.model_card import CardTable

_QUERIES: Final = 300
_ROWS: Final = {"clean": "as it is", "seed": "distorted"}


def measure_on(videos: Path, encoder: Encoder, *, seed: int = 0) -> tuple[CardTable, ...]:
    """One table by the library protocol: frames at random times, undistorted and distorted, among indexed frames.

    The same videos and seed give the same table. `InputError` when there is no video, `MediaError` when no query
    frame could be read.
    """
    collection = collect_frames(videos, queries=_QUERIES, seed=seed)
    rows = {name: SWEEP[name] for name in _ROWS}
    results = sweep(EncoderEmbedder(encoder), collection, rows, seed=seed)
    files, frames = len(collection.files), len(collection.frames)
    title = f"Frames at random times of {files:,} videos, looked up among {frames:,} of their frames"
    head = ("picture", "right file", "right shot", "within 0.5 s", "within 0.5 s, best of 10", "queries")
    return (CardTable(title, head, tuple((label, *_cells(results[name])) for name, label in _ROWS.items())),)


def _cells(result: RowResult) -> tuple[str, ...]:
    shares = (result.right_file, result.right_shot, result.within, result.within_10)
    return (*(f"{100 * share:.1f} %" for share in shares), f"{result.queries:,}")
