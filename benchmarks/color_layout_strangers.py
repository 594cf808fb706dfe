"""Color layouts that are not in the library, nearly plain ones included:
`python -m benchmarks.color_layout_strangers DATA [--outside FOLDER …]`.

Frames at even times of a library's videos become layouts as clients of trace.moe make them. Each is searched in the
library, and with its own show left out, which is what a picture that is not in the library looks like. Frames of videos
below `--outside` are searched too: they measure, and nothing is learned of them. Counted are answers that are not
`not_in_library`, by contrast, with the rule about strangers and without it.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.color_layout_answers import other_shows
from benchmarks.report import log_line, run_command, write_report
from config.opening import open_engine
from config.settings import load_settings
from core.catalogue.records import FileRecord
from core.domain import SearchFilter, SearchResult, Verdict
from core.engine import Engine
from core.library.media import video_place
from core.pictures.color_layout import color_layout
from core.search.color_layout_search import MAX_LAYOUTS, contrast, layout_probabilities, shows_too_little
from core.video.reading import VideoReader
from ingest.library.opening import open_library
from training.calibration.curves import TIME_TOLERANCE_MS, require_two_shows
from training.dataset.sources import sources_below

_CLIENT_WIDTH: Final = 320
_BANDS: Final = (0, 10, 30, 60, 120, 250, 500, 1_000_000)


@dataclass(frozen=True, slots=True)
class LayoutAnswer:
    """The answer to one layout. `probability` is that of the curve, before the rule about strangers."""

    kind: str
    contrast: int
    right: bool
    probability: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class VideoLayouts:
    """Layouts (n, 33) of a video at (n,) milliseconds."""

    times_ms: NDArray[np.int64]
    layouts: NDArray[np.uint8]


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data directory of a library of two shows at least")
    parser.add_argument("--outside", type=Path, nargs="*", default=[], help="folders of videos that are not in it")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between frames")
    parser.add_argument("--out", type=Path)
    run_command(parser, _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    settings = load_settings(data_dir=options.data)
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    require_two_shows(records)
    answers: list[LayoutAnswer] = []
    with open_engine(settings) as engine:
        for record in records:
            log_line(record.stamp.relative)
            answers += _of_library(engine, records, record, options.every)
        for folder in options.outside:
            for source in sources_below([folder], leave_out=folder.resolve().parent):
                if source.is_video:
                    log_line(source.key)
                    video = _layouts(Path(source.places[0]), options.every)
                    answers += _answers(engine, video, SearchFilter(), f"outside: {folder.name}")
    report = {
        kind: _bands([answer for answer in answers if answer.kind == kind])
        for kind in dict.fromkeys(answer.kind for answer in answers)
    }
    write_report({"benchmark": "color_layout_strangers", "every_s": options.every, "kinds": report}, options.out)


def _of_library(
    engine: Engine, records: Sequence[FileRecord], record: FileRecord, every_s: float
) -> Iterator[LayoutAnswer]:
    video = _layouts(Path(video_place(record.stamp, None)), every_s)
    others = other_shows(records, record)
    yield from _answers(engine, video, SearchFilter(), "in the library", record)
    yield from _answers(engine, video, others, "its show left out")


def _answers(
    engine: Engine, video: VideoLayouts, where: SearchFilter, kind: str, truth: FileRecord | None = None
) -> Iterator[LayoutAnswer]:
    for start in range(0, len(video.layouts), MAX_LAYOUTS):
        part = slice(start, start + MAX_LAYOUTS)
        results = engine.search_layouts(video.layouts[part], where=where)
        for time_ms, layout, result in zip(video.times_ms[part].tolist(), video.layouts[part], results, strict=True):
            yield LayoutAnswer(
                kind=kind,
                contrast=contrast(layout),
                right=truth is not None and _is_right(result, truth, time_ms),
                probability=_curve_probability(layout, result),
                verdict=result.verdict,
            )


def _layouts(path: Path, every_s: float) -> VideoLayouts:
    times_ms, layouts, next_s = [], [], 0.0
    with VideoReader(path) as video:
        width = min(_CLIENT_WIDTH, video.info.width)
        height = max(1, round(video.info.height * width / video.info.width))
        for frame in video.frames():
            if frame.time >= next_s:
                next_s = float(frame.time) + every_s
                times_ms.append(round(frame.time * 1000))
                layouts.append(color_layout(frame.rgb(width, height)))
    return VideoLayouts(np.array(times_ms, np.int64), np.array(layouts, np.uint8).reshape(-1, 33))


def _is_right(result: SearchResult, record: FileRecord, time_ms: int) -> bool:
    """Whether the best scene holds the time; the same drawing at another time counts as wrong."""
    if not result.scenes:
        return False
    best = result.scenes[0]
    inside = best.from_ms - TIME_TOLERANCE_MS <= time_ms <= best.to_ms + TIME_TOLERANCE_MS
    return best.file_id == record.id and inside


def _curve_probability(layout: NDArray[np.uint8], result: SearchResult) -> float:
    """The probability without the rule about strangers; layouts that show too little had .6 at most."""
    distances = [255 * (1 - scene.similarity) for scene in result.scenes]
    best = max(layout_probabilities(distances), default=0.0)
    return min(best, 0.6) if shows_too_little(layout) else best


def _bands(answers: Sequence[LayoutAnswer]) -> Mapping[str, object]:
    bands = {"all": answers}
    for least, limit in pairwise(_BANDS):
        bands[f"contrast from {least}"] = [answer for answer in answers if least <= answer.contrast < limit]
    return {name: _figures(band) for name, band in bands.items() if band}


def _figures(answers: Sequence[LayoutAnswer]) -> Mapping[str, object]:
    right = [answer for answer in answers if answer.right]
    return {
        "layouts": len(answers),
        "unsure_or_found": sum(answer.verdict is not Verdict.NOT_IN_LIBRARY for answer in answers),
        "found": sum(answer.verdict is Verdict.FOUND for answer in answers),
        "right": len(right),
        "right_unsure_or_found": sum(answer.verdict is not Verdict.NOT_IN_LIBRARY for answer in right),
        "right_found": sum(answer.verdict is Verdict.FOUND for answer in right),
        "without_the_rule": {
            "unsure_or_found": sum(answer.probability >= 0.3 for answer in answers),
            "found": sum(answer.probability >= 0.9 for answer in answers),
            "right_unsure_or_found": sum(answer.probability >= 0.3 for answer in right),
            "right_found": sum(answer.probability >= 0.9 for answer in right),
        },
    }


if __name__ == "__main__":
    main()
