"""Themes in search: the index and answers inside and outside of openings and endings, before and after the frames of a
theme are indexed once.

    python -m benchmarks.theme_search DATA_DIR --truth FOLDER --work FOLDER --out REPORT.json

DATA_DIR is a library made with `whenanime library add` of seasons, each with a `truth.json` beside its episodes
(--truth, may be given several times): the segments of every episode, with the theme that each shares with others. The
catalogue and the index are copied to --work, which must not exist, and changed there; DATA_DIR stays as it is.

Before: no theme is known. After: the catalogue has the segments of the truth, each edge wrong by up to --edge-error
seconds, and the index is built anew. The same frames at random times, none nearer than --margin seconds to an edge, are
searched in both, clean and as a JPEG of low quality that is cropped to a half. JSON goes to standard output and to
--out.
"""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.report import log_line, median_and_p95, run_command, write_report
from benchmarks.theme_truth import TrueSpan, read_spans, season_of_spans
from config.opening import encoder_of, open_engine
from config.settings import Settings, load_settings
from core.catalogue.records import FileRecord
from core.catalogue.theme_map import ThemeMap
from core.domain import Scene, SearchResult, Verdict
from core.engine import Engine
from core.errors import InputError
from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.pictures.pixels import Rgb
from core.search.frame_finder import frame_at
from core.stores.generation import current_generation
from core.stores.loading import open_index
from core.timecode import Millis
from core.video.source import VideoSource
from ingest.indexing.features import load_features
from ingest.library.opening import Library, open_library, publisher
from ingest.publishing.theme_frames import theme_frames

_WIDTH: Final = 640
_SAME_TIME_MS: Final = 500


@dataclass(frozen=True, slots=True)
class _Query:
    """A frame of a file, and the segment that it is in, if any."""

    record: FileRecord
    time_ms: Millis
    span: TrueSpan | None

    def picture(self) -> Rgb | None:
        return frame_at(VideoSource(Path(self.record.stamp.path)), self.time_ms, _WIDTH)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        prog="theme_search", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--truth", type=Path, action="append", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--edge-error", type=float, default=0.5)
    parser.add_argument("--margin", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    run_command(parser, _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    rng = np.random.default_rng(options.seed)
    settings = _copied(options.data, options.work)
    with open_library(settings) as library:
        spans = read_spans(options.truth, library.reader.all(), options.edge_error, rng)
        queries = _drawn(library.reader.all(), spans, options.each, options.margin, rng)
        before = _built(settings, library)
        with open_engine(settings) as engine:
            answers_before = _searched(engine, queries)
        mined, segments = season_of_spans(spans)
        for season in mined:
            library.writer.put_season(season, {id_: segments[id_] for id_ in season.files if id_ in segments}, {})
        after = _built(settings, library)
        with open_engine(settings) as engine:
            answers_after = _searched(engine, queries)
        lost = _left_out(settings, library)
    first = {theme: _first(spans, theme) for theme in {span.theme for span in spans}}
    write_report(
        {
            "episodes": len({query.record.id for query in queries}),
            "occurrences": len(spans),
            "edge_error_s": options.edge_error,
            "index": {"before": before, "after": after},
            "left_out": lost,
            "outside": _outside(queries, answers_before, answers_after),
            "inside": _inside(queries, answers_after, first),
            "inside_before": _inside(queries, answers_before, first),
        },
        options.out,
    )


def _copied(data: Path, work: Path) -> Settings:
    """A library with its own catalogue and index; features and stored pictures are those of `data`."""
    if work.exists():
        raise InputError(f"--work {work}: it exists already; name a folder that does not.")
    if not (data / "catalogue.sqlite").is_file():
        raise InputError(f"{data}: there is no library.")
    work.mkdir(parents=True)
    for path in data.iterdir():
        if path.is_dir() and path.name != "index":
            (work / path.name).symlink_to(path.resolve())
        elif path.name.startswith("catalogue"):
            shutil.copy(path, work)
    return load_settings(data_dir=work)


def _drawn(
    records: Sequence[FileRecord], spans: Sequence[TrueSpan], each: int, margin_s: float, rng: np.random.Generator
) -> list[_Query]:
    """`each` frames inside of segments and as many outside."""
    queries: list[_Query] = []
    counts = {True: 0, False: 0}
    while min(counts.values()) < each:
        record = records[int(rng.integers(len(records)))]
        time_ms = Millis(int(rng.uniform(0, record.outcome.duration_ms)))
        near = [span for span in spans if span.file_id == record.id and span.is_near(time_ms, margin_s)]
        inside = [span for span in near if span.holds(time_ms, margin_s)]
        query = _Query(record, time_ms, inside[0] if inside else None)
        if len(near) != len(inside) or len(inside) > 1 or counts[bool(inside)] >= each:
            continue
        picture = query.picture()
        if picture is not None and picture.std() > 12:
            counts[bool(inside)] += 1
            queries.append(query)
    return queries


def _built(settings: Settings, library: Library) -> Mapping[str, object]:
    """An index built anew, and its size."""
    publisher(settings, library, encoder_of(settings)).publish(anew=True)
    folder, info = current_generation(library.layout.generations)
    files = [path for path in folder.rglob("*") if path.is_file()]
    store = open_index(folder, info)
    memory = store.bytes_total
    store.close()
    return {
        "frames": info.frames,
        "frames_left_out": info.frames_left_out,
        "disk_bytes": sum(path.stat().st_size for path in files),
        "memory_bytes": memory,
    }


def _searched(engine: Engine, queries: Sequence[_Query]) -> Mapping[str, list[SearchResult]]:
    answers: dict[str, list[SearchResult]] = {"clean": [], "half": []}
    for number, query in enumerate(queries):
        picture = query.picture()
        if picture is None:
            raise InputError(f"{query.record.stamp.path}: a frame cannot be read again.")
        answers["clean"].append(engine.search(picture))
        answers["half"].append(engine.search(_half(picture)))
        if number % 20 == 19:
            log_line(f"{number + 1} of {len(queries)}")
    return answers


def _half(picture: Rgb) -> Rgb:
    """The middle half of a frame, a JPEG of quality 20."""
    height, width = picture.shape[:2]
    part = picture[int(0.15 * height) : int(0.85 * height), int(0.15 * width) : int(0.85 * width)]
    return decode_jpeg(encode_jpeg(np.asarray(cv2.resize(part, (480, 270)), np.uint8), 20))


def _outside(
    queries: Sequence[_Query], before: Mapping[str, list[SearchResult]], after: Mapping[str, list[SearchResult]]
) -> Mapping[str, object]:
    """How far answers outside of themes are what they were."""
    report = {}
    for row in before:
        pairs = [
            (one, two, query)
            for query, one, two in zip(queries, before[row], after[row], strict=True)
            if query.span is None
        ]
        report[row] = {
            "queries": len(pairs),
            "same_first": sum(_places(one)[:1] == _places(two)[:1] for one, two, _query in pairs),
            "same_verdict": sum(one.verdict is two.verdict for one, two, _query in pairs),
            "same_list_outside_of_themes": sum(_places(one, query) == _places(two, query) for one, two, query in pairs),
            "right_before": sum(_is_right(one, query) for one, _two, query in pairs),
            "right_after": sum(_is_right(two, query) for _one, two, query in pairs),
            "called_theme": sum(bool(two.scenes and two.scenes[0].theme) for _one, two, _query in pairs),
        }
    return report


def _places(result: SearchResult, query: _Query | None = None) -> list[tuple[int, int]]:
    """File and time of the scenes; with a query only those of its own file, which no theme can have replaced."""
    return [
        (scene.file_id, scene.at_ms) for scene in result.scenes if query is None or scene.file_id == query.record.id
    ]


def _is_right(result: SearchResult, query: _Query) -> bool:
    scene = next(iter(result.scenes), None)
    return scene is not None and scene.file_id == query.record.id and _is_near(scene, query.time_ms)


def _is_near(scene: Scene, time_ms: int) -> bool:
    return abs(scene.at_ms - time_ms) <= _SAME_TIME_MS or scene.from_ms <= time_ms <= scene.to_ms


def _inside(
    queries: Sequence[_Query], answers: Mapping[str, list[SearchResult]], first: Mapping[str, TrueSpan]
) -> Mapping[str, object]:
    report = {}
    for row, results in answers.items():
        pairs = [(query.span, query, result) for query, result in zip(queries, results, strict=True) if query.span]
        named = [
            (span, query, result.scenes[0])
            for span, query, result in pairs
            if result.scenes
            and result.scenes[0].theme
            and result.scenes[0].theme.kind is span.kind
            and result.scenes[0].theme.number == span.number
        ]
        offsets = [abs(_offset_error_s(span, query, scene)) for span, query, scene in named]
        report[row] = {
            "queries": len(pairs),
            "found": sum(result.verdict is Verdict.FOUND for _span, _query, result in pairs),
            "theme_right": len(named),
            "first_occurrence_named": sum(scene.file_id == first[span.theme].file_id for span, _query, scene in named),
            "exact": sum(scene.exact for _span, _query, scene in named),
            "offset_error_s_p50_p95": median_and_p95(offsets),
            "exact_within_0.5_s": sum(
                scene.exact and error <= 0.5 for (_span, _query, scene), error in zip(named, offsets, strict=True)
            ),
            "offset_within_0.5_s": sum(error <= 0.5 for error in offsets),
            "offset_within_1.5_s": sum(error <= 1.5 for error in offsets),
            "same_moment_or_drawing": sum(_is_right(result, query) for _span, query, result in pairs),
            "probability_mean": float(np.mean([r.scenes[0].probability if r.scenes else 0 for _s, _q, r in pairs])),
        }
    return report


def _offset_error_s(span: TrueSpan, query: _Query, scene: Scene) -> float:
    if scene.theme is None:
        raise ValueError("a scene without a theme")
    return (scene.theme.offset_ms - (query.time_ms - span.true_start_ms)) / 1000


def _first(spans: Sequence[TrueSpan], theme: str) -> TrueSpan:
    return min((span for span in spans if span.theme == theme), key=lambda span: (span.episode, span.start_ms))


def _left_out(settings: Settings, library: Library) -> Mapping[str, object]:
    """Of frames in occurrences that the index does not keep whole: how many stay, and whether those that were left out
    still lead to the same moment of their theme.
    """
    fingerprint = encoder_of(settings).fingerprint
    records = library.reader.all()
    themes = ThemeMap.read(library.reader, records)
    frames = theme_frames(
        library.reader, records, lambda id_: load_features(library.layout.features(fingerprint, id_)), enabled=True
    )
    store = open_index(*current_generation(library.layout.generations))
    total = left_out = same = 0
    for record in records:
        features = load_features(library.layout.features(fingerprint, record.id))
        indexed = frames.indexed(record.id, features)
        total += sum(themes.at(record.id, int(time)) is not None for time in features.times_ms)
        rows = np.flatnonzero(~indexed)
        left_out += len(rows)
        if not len(rows):
            continue
        vectors = replace(features, vectors=features.vectors[rows], times_ms=features.times_ms[rows], layouts=None)
        for time, hits in zip(vectors.times_ms.tolist(), store.search(vectors.unit_vectors(), 1), strict=True):
            here = themes.at(record.id, time)
            file_id, at_ms = int(hits.labels[0]) >> 32, int(hits.labels[0]) & 0xFFFFFFFF
            there = themes.at(file_id, at_ms)  # type: ignore[arg-type]  # a file of the index
            same += bool(
                here
                and there
                and here.theme.id == there.theme.id
                and abs((time - here.start_ms) - (at_ms - there.start_ms)) <= 2000
            )
    store.close()
    return {"frames_in_themes": total, "left_out": left_out, "left_out_lead_to_the_same_moment": same}


if __name__ == "__main__":
    main()
