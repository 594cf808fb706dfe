"""Recall of distorted screenshots of a library: `uv run --all-groups python -m benchmarks.quality DATA_DIR`.

DATA_DIR is a library made with `whenanime library add`. Screenshots are drawn at random times from its videos (every
video at least once, the rest by length), distorted, and searched through the engine. Times are
drawn independently of the frames in the index. A plain screenshot (of one colour) is drawn again.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.report import write_report
from config.opening import open_engine
from config.settings import load_settings
from core.catalogue.records import FileRecord
from core.domain import FileId, SearchResult
from ingest.library.opening import open_library
from training.distortion.benchmark_distortion import DistortionSpec, distort
from training.evaluation.screenshots import Screenshot, draw_screenshots, same_drawing

TIME_TOLERANCE_S = 0.5


@dataclass(slots=True)
class Tally:
    """Numbers of right answers to `queries` screenshots.

    `same_picture` also counts another time as right when the frame there shows the same picture (a still, a repeated
    cycle): less than two grey levels apart on average, before the distortion. `scene` counts a time inside the scene's
    from/to.
    """

    queries: int = 0
    right_file: int = 0
    near: int = 0
    same_picture: int = 0
    scene: int = 0

    def shares(self) -> Mapping[str, float | int]:
        """For the report."""
        return {
            "asked": self.queries,
            "right_file": round(self.right_file / max(1, self.queries), 4),
            "within_0.5s": round(self.near / max(1, self.queries), 4),
            "within_0.5s_or_same_picture": round(self.same_picture / max(1, self.queries), 4),
            "right_scene": round(self.scene / max(1, self.queries), 4),
        }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--screenshots", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--twin", action="append", default=[], help="A=B: path endings of files of the same content")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    settings = load_settings(data_dir=options.data_dir)
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    same_content = _same_content(records, options.twin)
    variants = {
        "none": None,
        "seed": DistortionSpec(),
        "seed, shape kept": replace(DistortionSpec(), stretch_back=False),
    }
    totals = {name: Tally() for name in variants}
    sources: dict[str, Tally] = defaultdict(Tally)
    misses = []
    with open_engine(settings) as engine:
        for number, shot in enumerate(
            draw_screenshots(records, options.screenshots, np.random.default_rng(options.seed))
        ):
            for name, spec in variants.items():
                rng = np.random.default_rng([options.seed, number])
                result = engine.search(shot.rgb if spec is None else distort(shot.rgb, spec, rng))
                tallies = [totals[name], *([sources[_source(shot.record)]] if name == "seed" else [])]
                if (
                    not count(result, shot, same_content.get(shot.record.id, {shot.record.id}), tallies)
                    and name == "seed"
                ):
                    misses.append({"file": shot.record.stamp.relative, "at_s": round(shot.time_s, 2)})
    write_report(
        {
            "benchmark": "quality",
            "videos": len(records),
            "frames": engine.generation.frames,
            "by_distortion": {name: tally.shares() for name, tally in totals.items()},
            "by_source_seed_distortion": {name: tally.shares() for name, tally in sorted(sources.items())},
            "missed_seed_distortion": misses,
        },
        options.out,
    )


def count(result: SearchResult, shot: Screenshot, same: set[FileId], tallies: list[Tally]) -> bool:
    """Count one answer; whether its first scene is the right file at the right time or with the same picture."""
    best = result.scenes[0] if result.scenes else None
    right = best is not None and best.file_id in same
    near = right and best is not None and abs(best.at_ms / 1000 - shot.time_s) <= TIME_TOLERANCE_S
    is_same_picture = near or (right and best is not None and same_drawing(best.path, best.at_ms, shot.rgb))
    inside = right and best is not None and best.from_ms / 1000 - 0.05 <= shot.time_s <= best.to_ms / 1000 + 0.05
    for tally in tallies:
        tally.queries += 1
        tally.right_file += right
        tally.near += near
        tally.same_picture += is_same_picture
        tally.scene += near or inside
    return is_same_picture


def _same_content(records: list[FileRecord], pairs: list[str]) -> Mapping[FileId, set[FileId]]:
    by_file: dict[FileId, set[FileId]] = {}
    for pair in pairs:
        ends = pair.split("=")
        same = {record.id for record in records if any(record.stamp.path.endswith(end) for end in ends)}
        by_file |= dict.fromkeys(same, same)
    return by_file


def _source(record: FileRecord) -> str:
    return f"{record.name.show} / {Path(record.stamp.path).name}"


if __name__ == "__main__":
    main()
