"""Answers to color layouts, and the curve of their probabilities: `python -m benchmarks.color_layout_answers DATA`.

Screenshots at random times of a library's videos become layouts as clients of trace.moe make them, as they are and as
people post them, and are searched twice: in the whole library, and with their own show left out, which is what a
picture that is not in the library looks like. Of each best scene its squared distance, that of the best other scene
and whether it is right are written down. One half of the screenshots fits the curve; figures are of the other
half, by the curve that `core.search.color_layout_search` has.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.report import log_line, run_command, write_report
from config.opening import open_engine
from config.settings import load_settings
from core.catalogue.records import FileRecord
from core.domain import FileId, Scene, SearchFilter, Verdict
from core.engine import Engine
from core.pictures.color_layout import color_layout
from core.pictures.pixels import Rgb
from core.search.color_layout_search import contrast, layout_features
from ingest.library.opening import open_library
from training.calibration.curves import TIME_TOLERANCE_MS, CalibrationData, fit_curves, require_two_shows
from training.distortion.views.geometry import cut, scaled_to_width
from training.distortion.views.overlays import subtitle
from training.distortion.views.quality import jpeg, thumbnail
from training.evaluation.screenshots import Screenshot, draw_screenshots, same_drawing

_CLIENT_WIDTH: Final = 320
_PERCENTS: Final = (5, 50, 95)
_BINS: Final = (0.3, 0.5, 0.9, 0.95, 0.99)
WAYS: Final[Mapping[str, Callable[[Rgb, np.random.Generator], Rgb]]] = {
    "as it is": lambda picture, _rng: picture,
    "JPEG 60": lambda picture, _rng: jpeg(picture, 60),
    "JPEG 20": lambda picture, _rng: jpeg(picture, 20),
    "half size": lambda picture, _rng: scaled_to_width(picture, picture.shape[1] // 2),
    "120 pixels": lambda picture, _rng: thumbnail(picture, 120),
    "cut to 97 %": lambda picture, rng: cut(picture, 0.97, *rng.uniform(0, 1, 2).tolist()),
    "cut to 92 %": lambda picture, rng: cut(picture, 0.92, *rng.uniform(0, 1, 2).tolist()),
    "subtitle": lambda picture, _rng: subtitle(picture, ["What people say in between"]),
}


@dataclass(frozen=True, slots=True)
class LayoutAnswer:
    """The answer to one layout: `way` of posting, whether its show was searched, whether the best scene is right or at
    least in the right video; squared distances, up to 255, of the best scene and the next one.
    """

    way: str
    in_library: bool
    right: bool
    right_video: bool
    distance: float
    next_distance: float
    contrast: int
    probability: float
    verdict: Verdict


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, fit and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data directory of a library of two shows at least")
    parser.add_argument("--screenshots", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    run_command(parser, _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    settings = load_settings(data_dir=options.data)
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    require_two_shows(records)
    fitting: list[LayoutAnswer] = []
    judging: list[LayoutAnswer] = []
    with open_engine(settings) as engine:
        shots = draw_screenshots(records, options.screenshots, np.random.default_rng(options.seed))
        for number, shot in enumerate(shots):
            answers = list(_answers(engine, records, shot, np.random.default_rng([options.seed, number])))
            (judging if number % 2 else fitting).extend(answers)
            if number % 20 == 0:
                log_line(f"{number} of {options.screenshots} screenshots")
        frames = engine.generation.frames
    write_report(
        {
            "benchmark": "color_layout_answers",
            "frames": frames,
            "screenshots": options.screenshots,
            "curve": _curve(fitting),
            "judged": _figures(judging),
        },
        options.out,
    )


def other_shows(records: Sequence[FileRecord], record: FileRecord) -> SearchFilter:
    """The filter that leaves a file's show out."""
    return SearchFilter(shows=tuple(sorted({other.name.show for other in records} - {record.name.show})))


def _answers(
    engine: Engine, records: Sequence[FileRecord], shot: Screenshot, rng: np.random.Generator
) -> Iterator[LayoutAnswer]:
    others = other_shows(records, shot.record)
    paths = {record.id: record.stamp.path for record in records}
    layouts = np.stack([color_layout(_as_client(way(shot.rgb, rng))) for way in WAYS.values()])
    for where in (SearchFilter(), others):
        for way, layout, result in zip(WAYS, layouts, engine.search_layouts(layouts, where=where), strict=True):
            if result.scenes:
                best = result.scenes[0]
                distances = [255 * (1 - scene.similarity) for scene in result.scenes]
                yield LayoutAnswer(
                    way=way,
                    in_library=not where,
                    right=_is_right(best, shot, paths),
                    right_video=best.file_id == shot.record.id,
                    distance=distances[0],
                    next_distance=distances[1] if len(distances) > 1 else 255,
                    contrast=contrast(layout),
                    probability=best.probability,
                    verdict=result.verdict,
                )


def _as_client(picture: Rgb) -> Rgb:
    return scaled_to_width(picture, _CLIENT_WIDTH) if picture.shape[1] > _CLIENT_WIDTH else picture


def _is_right(best: Scene, shot: Screenshot, paths: Mapping[FileId, str]) -> bool:
    """Whether a scene holds the screenshot's time or shows the very same drawing."""
    time_ms = shot.time_s * 1000
    inside = best.from_ms - TIME_TOLERANCE_MS <= time_ms <= best.to_ms + TIME_TOLERANCE_MS
    return (best.file_id == shot.record.id and inside) or same_drawing(paths[best.file_id], best.at_ms, shot.rgb)


def _curve(answers: Sequence[LayoutAnswer]) -> Mapping[str, float]:
    data = CalibrationData()
    for answer in answers:
        data.plain.add(layout_features([answer.distance, answer.next_distance])[0], right=answer.right)
    curve = fit_curves(data)
    return {"bias": curve.bias, "nearness": curve.similarity, "ratio": curve.margin}


def _figures(answers: Sequence[LayoutAnswer]) -> Mapping[str, object]:
    inside = [answer for answer in answers if answer.in_library]
    outside = [answer for answer in answers if not answer.in_library]
    return {
        "in_library": {way: _summary([answer for answer in inside if answer.way == way]) for way in WAYS},
        "not_in_library": _summary(outside),
        "right": _spread([answer for answer in answers if answer.right]),
        "wrong": _spread([answer for answer in answers if not answer.right]),
        "at_probability": {
            str(limit): {
                "of_those_in_it_right": _share(answer.right and answer.probability >= limit for answer in inside),
                "of_those_not_in_it": _share(answer.probability >= limit for answer in outside),
                "right_of_all_so_likely": _share(answer.right for answer in answers if answer.probability >= limit),
            }
            for limit in _BINS
        },
        "wrong_and_found": [
            (answer.way, answer.right_video, round(answer.distance), round(answer.next_distance), answer.contrast)
            for answer in answers
            if not answer.right and answer.verdict is Verdict.FOUND
        ],
        "calibration_error": round(_calibration_error(answers), 4),
    }


def _summary(answers: Sequence[LayoutAnswer]) -> Mapping[str, object]:
    verdicts = Counter(answer.verdict for answer in answers)
    return {
        "answers": len(answers),
        "right": _share(answer.right for answer in answers),
        "right_video": _share(answer.right_video for answer in answers),
        "verdicts": {verdict: round(verdicts[verdict] / max(1, len(answers)), 4) for verdict in Verdict},
    }


def _spread(answers: Sequence[LayoutAnswer]) -> Mapping[str, Sequence[float]]:
    """Percentiles of distances and contrast."""
    if not answers:
        return {}
    columns = {
        "distance": [answer.distance for answer in answers],
        "next_distance": [answer.next_distance for answer in answers],
        "contrast": [float(answer.contrast) for answer in answers],
    }
    return {name: np.percentile(values, _PERCENTS).round(1).tolist() for name, values in columns.items()}


def _share(values: Iterator[bool]) -> float:
    flags = list(values)
    return round(sum(flags) / max(1, len(flags)), 4)


def _calibration_error(answers: Sequence[LayoutAnswer], bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015)."""
    probability = np.array([answer.probability for answer in answers])
    right = np.array([answer.right for answer in answers], float)
    cell = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [abs((probability - right)[cell == number].sum()) for number in range(bins)]
    return float(sum(gaps) / max(1, len(answers)))


if __name__ == "__main__":
    main()
