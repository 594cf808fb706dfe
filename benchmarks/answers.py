"""Quality of answers, by stage of the search, and of their probabilities.

    python -m benchmarks.answers DATA_DIR --queries-from FOLDER --strangers FOLDER --photos FOLDER --out FILE.json

DATA_DIR is a library made with `whenanime library add`. Frames at random times of its videos below --queries-from (a
folder, or the name of a show; may be given several times) are changed as pictures are posted, in one row for each
way, and searched in the whole library by engines with different stages:

    embedding       the whole picture and its mirror image
    + regions       also the regions of the picture that may be a frame
    + verification  also verification of the likeliest scenes, whatever the first lookup gives
    + calibration   the default, with a second lookup only when the first is unsure, and the exact frame

The last stage is then measured on pictures that are not in the library: the same pictures with their shows left out of
the search, pictures and videos from folders, and drawings with too little content. Collages and pictures on others show
frames of several shows of the library: any of them is a right answer.

JSON goes to standard output and to --out; tables in Markdown to standard error and beside --out, charts beside --out.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from benchmarks.answer_certainty import certainty
from benchmarks.answer_charts import reliability_chart, roc_chart
from benchmarks.answer_judging import Answer, judge
from benchmarks.answer_queries import DRAWINGS, QueryFrame, draw_queries, outside_pictures, queried_records
from benchmarks.answer_rows import QueryPicture, Row, chosen_rows
from benchmarks.answer_tables import (
    Answers,
    OutsideAnswers,
    answers_json,
    cost_table,
    outside_json,
    stage_table,
    threshold_table,
    time_table,
    verdict_table,
)
from benchmarks.report import log_line, run_command, write_report
from config.opening import encoder_of, engine_spec
from config.settings import Settings, load_settings
from core.catalogue.records import FileRecord
from core.domain import SearchFilter
from core.engine import Engine
from core.errors import InputError
from core.files import write_file
from core.search.picture_search import SearchSpec
from ingest.library.opening import open_library
from training.evaluation.figures import require_matplotlib

_UNREACHABLE_PROBABILITY: Final = 2.0  # above every probability
_OWN_SHOW_PREFIX: Final = "own shows left out: "


def _stages(spec: SearchSpec) -> Mapping[str, SearchSpec]:
    return MappingProxyType(
        {
            "embedding": replace(spec, views=2, checks=0, exact=False),
            "+ regions": replace(spec, checks=0, sure_at=_UNREACHABLE_PROBABILITY, exact=False),
            "+ verification": replace(spec, sure_at=_UNREACHABLE_PROBABILITY, exact=False),
            "+ calibration": spec,
        }
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """Queries and engines of one run."""

    engines: Mapping[str, Engine]
    rows: Mapping[str, Row]
    queries: Sequence[QueryFrame]
    shows: frozenset[str]
    seed: int

    @property
    def last(self) -> Engine:
        return list(self.engines.values())[-1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report. An error ends it with a message and an exit code."""
    run_command(_parser(), _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    rows = chosen_rows(options.row)
    if options.out:
        require_matplotlib()
    settings = load_settings(data_dir=options.data_dir)
    stages = _chosen_stages(engine_spec(settings).search, options.stage)
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    queries = draw_queries(queried_records(records, options.queries_from), options.queries, options.seed)
    videos = len({query.record.id for query in queries})
    log_line(f"{len(queries)} frames of {videos} of {len(records)} videos are searched for")
    with ExitStack() as stack:
        engines = _open_engines(settings, stages, stack)
        shows = frozenset(record.name.show for record in records)
        run = _Run(engines, rows, queries, shows, options.seed)
        answers, outside = _search_rows(run)
        outside |= _search_outside(run, options)
        frames = run.last.generation.frames
    _report(options, records, frames, answers, outside)


def _open_engines(settings: Settings, stages: Mapping[str, SearchSpec], stack: ExitStack) -> Mapping[str, Engine]:
    encoder, spec = encoder_of(settings), engine_spec(settings)
    return {
        name: stack.enter_context(Engine(replace(spec, threads=settings.threads, search=search), encoder))
        for name, search in stages.items()
    }


def _search_rows(run: _Run) -> tuple[Answers, dict[str, Sequence[Answer]]]:
    """The answers to every row by stage, and those with its own shows left out."""
    answers: dict[str, dict[str, list[Answer]]] = {}
    outside: dict[str, Sequence[Answer]] = {}
    for number, (name, row) in enumerate(run.rows.items(), 1):
        by_stage: dict[str, list[Answer]] = {stage: [] for stage in run.engines}
        own_shows_out: list[Answer] = []
        for query in _pictures(run, row):
            for stage, engine in run.engines.items():
                by_stage[stage].append(judge(engine.search(query.picture), query.shown))
            other_shows = run.shows - {frame.record.name.show for frame in query.shown}
            if other_shows:
                where = SearchFilter(shows=tuple(sorted(other_shows)))
                own_shows_out.append(judge(run.last.search(query.picture, where=where), ()))
        if any(by_stage.values()):
            answers[name] = by_stage
        if own_shows_out:
            outside[f"{_OWN_SHOW_PREFIX}{name}"] = own_shows_out
        right = {stage: sum(answer.right_scene for answer in some) for stage, some in by_stage.items()}
        counts = ", ".join(f"{stage} {count}" for stage, count in right.items())
        log_line(f"{number} of {len(run.rows)}, {name}: right scene of {max(map(len, by_stage.values()))}: {counts}")
    return answers, outside


def _pictures(run: _Run, row: Row) -> Iterator[QueryPicture]:
    for number, query in enumerate(run.queries):
        other_shows = [candidate for candidate in run.queries if candidate.record.name.show != query.record.name.show]
        picture = row(query, other_shows, np.random.default_rng([run.seed, number]))
        if picture:
            yield picture


def _search_outside(run: _Run, options: argparse.Namespace) -> dict[str, Sequence[Answer]]:
    """Answers of the last engine to pictures that are not in the library."""
    number = len(run.queries)
    kinds = {
        name: [draw(np.random.default_rng([run.seed, index])) for index in range(max(1, number // 10))]
        for name, draw in DRAWINGS.items()
    }
    answers: dict[str, Sequence[Answer]] = {}
    for name, folder in (("strangers", options.strangers), ("photos", options.photos)):
        if folder:
            pictures = outside_pictures(folder, number, run.seed)
            answers[name] = [judge(run.last.search(picture), ()) for picture in pictures]
    for name, drawings in kinds.items():
        answers[name] = [judge(run.last.search(picture), ()) for picture in drawings]
    log_line("pictures that are in no library: " + ", ".join(f"{name} {len(some)}" for name, some in answers.items()))
    return answers


def _report(
    options: argparse.Namespace,
    records: Sequence[FileRecord],
    frames: int,
    answers: Answers,
    outside: OutsideAnswers,
) -> None:
    last = {row: list(by_stage.values())[-1] for row, by_stage in answers.items()}
    measured = certainty(
        [answer for some in last.values() for answer in some], [answer for some in outside.values() for answer in some]
    )
    tables = [
        stage_table(answers),
        verdict_table(last, "Verdicts on pictures in the library"),
        verdict_table(outside, "Verdicts on pictures that are not in it"),
        *([threshold_table(measured)] if measured else []),
        time_table(last),
        cost_table(answers),
    ]
    text = "\n".join(table.markdown() for table in tables)
    sys.stderr.write(text)
    if options.out:
        write_file(options.out.with_suffix(".md"), text.encode())
        for name, chart in (("reliability", reliability_chart), ("roc", roc_chart)):
            if measured:
                write_file(options.out.with_name(f"{options.out.stem}-{name}.png"), chart(measured))
    write_report(
        {
            "benchmark": "answers",
            "seed": options.seed,
            "queries_from": options.queries_from,
            "videos": len(records),
            "frames": frames,
            "rows": answers_json(answers),
            "not_in_library": outside_json(outside),
            "certainty": measured.to_json() if measured else None,
        },
        options.out,
    )


def _chosen_stages(spec: SearchSpec, names: Sequence[str]) -> Mapping[str, SearchSpec]:
    stages = _stages(spec)
    for name in names:
        if name not in stages:
            raise InputError(f"--stage {name}: there is no such stage; choose from {', '.join(stages)}.")
    return {name: stage for name, stage in stages.items() if not names or name in names}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.answers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data_dir", type=Path, help="data directory of a library")
    parser.add_argument("--queries-from", action="append", required=True, help="folder of videos of it, or a show")
    parser.add_argument("--strangers", type=Path, help="folder of videos that are not in it")
    parser.add_argument("--photos", type=Path, help="folder of pictures that are not from it")
    parser.add_argument("--queries", type=int, default=300, help="frames to search for in each row")
    parser.add_argument("--row", action="append", default=[], help="a row of queries; all when not given")
    parser.add_argument("--stage", action="append", default=[], help="a stage to measure; all when not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="FILE.json")
    return parser


if __name__ == "__main__":
    main()
