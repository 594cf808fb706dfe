"""Accuracy of exact frames: the number of answers that claim to be exact, the share of true claims, errors of time.

    python -m benchmarks.exact_frames DATA_DIR --queries-from FOLDER --each 20 --baseline BEFORE.json --out AFTER.json

DATA_DIR is a library made with `whenanime library add`. The videos below --queries-from (a folder, or the name of a
show; may be given several times) are read from beginning to end, without seeking; frames of each show at random times
are changed as pictures are posted, in one row for each way, and searched in the whole library. A claim is the answer's
`exact`; it is true when the frame that was read at the answer's time differs from the frame of the query by at most 0.7
grey levels, scaled to 160 x 90. The error of such a time is 0, so that any frame of the same drawing is right.

--baseline is the report of an earlier run on the same frames: the number of claims, and the milliseconds of the exact
frame, are then also given in proportion to that run's.

JSON goes to standard output and to --out, a table in Markdown to standard error and beside --out.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.answer_queries import queried_records
from benchmarks.answer_rows import chosen_rows
from benchmarks.frame_truth import (
    NEARLY_TRUE_MAX_LEVELS,
    TRUE_MAX_LEVELS,
    FrameReadings,
    Judgement,
    draw_frames,
    judge_frame,
)
from benchmarks.report import log_line, median_and_p95, run_command, write_report
from config.opening import open_engine
from config.settings import load_settings
from core.catalogue.records import FileRecord
from core.errors import InputError
from core.files import write_file
from ingest.library.opening import open_library
from training.evaluation.tables import Table

_ROWS: Final = ("clean", "crop 50 %", "crop 25 %", "JPEG 10", "mirror", "phone portrait, app")


@dataclass(frozen=True, slots=True)
class _RowSummary:
    """The answers to one row summed up; shares are of `claims`, times are in seconds and milliseconds."""

    queries: int
    right_file: int
    claims: int
    true: float
    nearly_true: float
    error_s: tuple[float, float]
    exact_ms: tuple[float, float]

    def to_json(self) -> Mapping[str, object]:
        return {
            "asked": self.queries,
            "right_file": self.right_file,
            "claims": self.claims,
            "true": round(self.true, 4),
            "nearly_true": round(self.nearly_true, 4),
            "time_error_s_p50_p95": [round(value, 4) for value in self.error_s],
            "exact_frame_ms_p50_p95": [round(value, 1) for value in self.exact_ms],
        }


@dataclass(frozen=True, slots=True)
class _Baseline:
    """A row of an earlier run's report."""

    claims: int
    exact_ms: tuple[float, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report. An error ends it with a message and an exit code."""
    run_command(_parser(), _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    rows = chosen_rows(options.row or _ROWS)
    baseline = _read_baseline(options.baseline) if options.baseline else {}
    settings = load_settings(data_dir=options.data_dir)
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    readings = FrameReadings(records)
    queried = queried_records(records, options.queries_from)
    queries = [query for show in _shows(queried) for query in draw_frames(show, readings, options.each, options.seed)]
    log_line(f"{len(queries)} frames of {len(queried)} videos are searched for")
    judgements: dict[str, list[Judgement]] = {}
    with open_engine(settings) as engine:
        for name, row in rows.items():
            judgements[name] = []
            for number, query in enumerate(queries):
                picture = row(query, (), np.random.default_rng([options.seed, number]))
                if picture:
                    judgements[name].append(judge_frame(engine.search(picture.picture), query, readings))
            log_line(f"{name}: {len(judgements[name])} asked")
    sums = {name: _summary(some) for name, some in judgements.items() if some}
    table = _table(sums, baseline)
    sys.stderr.write(table.markdown())
    if options.out:
        write_file(options.out.with_suffix(".md"), table.markdown())
    write_report(
        {
            "benchmark": "exact_frames",
            "seed": options.seed,
            "queries_from": options.queries_from,
            "each": options.each,
            "rows": {name: row_sums.to_json() for name, row_sums in sums.items()},
            "answers": {name: [judgement.to_json() for judgement in some] for name, some in judgements.items()},
        },
        options.out,
    )


def _shows(records: Sequence[FileRecord]) -> list[list[FileRecord]]:
    """The files of each show."""
    names = dict.fromkeys(record.name.show for record in records)
    return [[record for record in records if record.name.show == name] for name in names]


def _summary(judgements: Sequence[Judgement]) -> _RowSummary:
    claims = [judgement for judgement in judgements if judgement.claimed]
    errors = [judgement.error_s for judgement in judgements if judgement.error_s is not None]
    return _RowSummary(
        queries=len(judgements),
        right_file=len(errors),
        claims=len(claims),
        true=_share([judgement.levels <= TRUE_MAX_LEVELS for judgement in claims]),
        nearly_true=_share([judgement.levels <= NEARLY_TRUE_MAX_LEVELS for judgement in claims]),
        error_s=median_and_p95(errors) or (0.0, 0.0),
        exact_ms=median_and_p95([judgement.exact_ms for judgement in judgements]) or (0.0, 0.0),
    )


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / max(1, len(truths))


def _table(sums: Mapping[str, _RowSummary], baseline: Mapping[str, _Baseline]) -> Table:
    header = [
        "picture", "asked", "claims", f"true ({TRUE_MAX_LEVELS:g} levels)", f"within {NEARLY_TRUE_MAX_LEVELS:g} levels",
        "error of time, s, 50 % / 95 %", "exact frame, ms, 50 % / 95 %",
    ]  # fmt: skip
    header += ["claims, share of the baseline's", "ms, ratio to the baseline's"] if baseline else []
    lines = []
    for name, summary in sums.items():
        cells = [
            name,
            str(summary.queries),
            str(summary.claims),
            f"{summary.true:.3f}",
            f"{summary.nearly_true:.3f}",
            f"{summary.error_s[0]:.3f} / {summary.error_s[1]:.3f}",
            f"{summary.exact_ms[0]:.0f} / {summary.exact_ms[1]:.0f}",
        ]
        if baseline:
            before = baseline.get(name)
            cells += _compared(summary, before) if before else ["", ""]
        lines.append(tuple(cells))
    return Table("Exact frames", tuple(header), tuple(lines))


def _compared(sums: _RowSummary, before: _Baseline) -> list[str]:
    ratios = [now / max(0.1, then) for now, then in zip(sums.exact_ms, before.exact_ms, strict=True)]
    return [f"{sums.claims / max(1, before.claims):.3f}", " / ".join(f"{ratio:.2f}" for ratio in ratios)]


def _read_baseline(path: Path) -> Mapping[str, _Baseline]:
    """The rows of an earlier report."""
    try:
        rows = json.loads(path.read_text("utf-8"))["rows"]
        return {name: _Baseline(row["claims"], tuple(row["exact_frame_ms_p50_p95"])) for name, row in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InputError(f"--baseline {path}: it is no report of this benchmark.") from exc


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.exact_frames",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data_dir", type=Path, help="data directory of a library")
    parser.add_argument("--queries-from", action="append", required=True, help="folder of videos of it, or a show")
    parser.add_argument("--each", type=int, default=20, help="frames of each show to search for in each row")
    parser.add_argument("--row", action="append", default=[], help=f"a row of queries; by default {', '.join(_ROWS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--baseline", type=Path, help="FILE.json of an earlier run on the same frames")
    parser.add_argument("--out", type=Path, help="FILE.json")
    return parser


if __name__ == "__main__":
    main()
