"""Comparison of local features for verification: `uv run --all-groups python -m benchmarks.local_features DATA_DIR`.

DATA_DIR is a library made with `whenanime library add`. Screenshots are drawn at random times from its videos and
distorted, one row of the sweep each in turn. Each is verified against a small JPEG of the nearest indexed frame of its
shot (right), of the frames of other shots that are most similar by the encoder (of the same file: often the same set or
characters; of another file: nothing in common), and of other moments of its own shot, 1 to 3 s away. All methods are
matched, fitted and scored in the same way, by `core.verification.geometry`. Times are of the thread that computes.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import write_report
from config.settings import load_settings
from core.catalogue.records import FileRecord
from core.encoders.loading import open_encoder
from core.encoders.preprocess import prepare
from core.keypoints.detector import Keypoints, open_detector
from core.library.layout import DataLayout
from core.pictures.pixels import Rgb
from core.verification.geometry import verify
from core.video.reading import VideoReader
from ingest.indexing.features import load_features
from ingest.library.opening import open_library
from training.distortion.sweep import SWEEP
from training.distortion.views.geometry import scaled_to_width
from training.distortion.views.quality import jpeg
from training.evaluation.screenshots import draw_screenshots

FramePlace = tuple[FileRecord, int]
ROWS = tuple(name for name in SWEEP if "mirror" not in name)
STILL_WIDTH = 384
SAME_PICTURE_MAX_LEVELS = 6.0
MIN_POINTS = 20
"""Queries with fewer points have too few to be verified."""


@dataclass(frozen=True, slots=True)
class Query:
    """A distorted screenshot, and by kind the (h, w, 3) frames that it is verified against."""

    row: str
    rgb: Rgb
    stills: Mapping[str, Sequence[Rgb]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of local features; `least_cosine` is the threshold for matching descriptors."""

    query: Callable[[Rgb], Keypoints]
    still: Callable[[Rgb], Keypoints]
    least_cosine: float


@dataclass(slots=True)
class Tally:
    """Scores by kind, and milliseconds by stage."""

    scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    spent_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    first: list[bool] = field(default_factory=list)
    few: list[bool] = field(default_factory=list)

    def shares(self) -> Mapping[str, object]:
        """For the report."""
        right, wrong = self.scores["right"], self.scores["other file"]
        limit = float(np.percentile(wrong, 99))
        return {
            "right_above_99th_percentile_of_other_files": round(float(np.mean(np.array(right) > limit)), 3),
            "99th_percentile_of_other_files": round(limit, 3),
            "auc": {kind: round(_auc(right, scores), 4) for kind, scores in self.scores.items() if kind != "right"},
            "verified": {kind: round(float(np.mean(np.array(s) > 0)), 3) for kind, s in self.scores.items()},
            "pairs": {kind: len(scores) for kind, scores in self.scores.items()},
            "right_first": round(float(np.mean(self.first)), 3),
            "queries_with_few_points": round(float(np.mean(self.few)), 3),
            "median_ms": {stage: round(float(np.median(spent)), 2) for stage, spent in self.spent_ms.items()},
        }


def main() -> None:
    """Measure each method and width, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--queries", type=int, default=120)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--method", action="append", choices=("xfeat", "orb", "sift"), default=[])
    parser.add_argument("--width", action="append", type=int, default=[])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    queries = list(_queries(options.data_dir, options.queries, options.seed))
    figures = {
        f"{name}, stills {width} px wide": _measured(_method(name), queries, width).shares()
        for name in options.method or ("xfeat", "orb", "sift")
        for width in options.width or (256, 320)
    }
    write_report({"benchmark": "local features", "queries": len(queries), "methods": figures}, options.out)


def _measured(method: Method, queries: Sequence[Query], width: int) -> Tally:
    tally = Tally()

    def note_time(stage: str, start: float) -> None:
        tally.spent_ms[stage].append((time.thread_time() - start) * 1000)

    for query in queries:
        start = time.thread_time()
        query_points = method.query(query.rgb)
        note_time("describe query", start)
        tally.few.append(len(query_points) < MIN_POINTS)
        best: dict[str, float] = defaultdict(float)
        for kind, stills in query.stills.items():
            for still in stills:
                small = _stored(still, width)
                start = time.thread_time()
                still_points = method.still(small)
                note_time("describe still", start)
                start = time.thread_time()
                verified = verify(query_points, still_points, min_cosine=method.least_cosine)
                note_time("verify", start)
                tally.scores[kind].append(verified.score if verified else 0.0)
                best[kind] = max(best[kind], tally.scores[kind][-1])
        tally.first.append(best["right"] > max(best["other file"], best["same file"]))
    return tally


def _method(name: str) -> Method:
    if name == "xfeat":
        detector = open_detector()
        return Method(detector.detect, detector.detect_still, 0.8)
    if name == "orb":
        many, few = (cv2.ORB.create(points, edgeThreshold=15, fastThreshold=7) for points in (1000, 500))
        return Method(_by_opencv(many), _by_opencv(few), 0.5)
    rich, poor = (cv2.SIFT.create(points, contrastThreshold=0.02) for points in (1000, 500))
    return Method(_by_opencv(rich), _by_opencv(poor), 0.8)


def _by_opencv(detector: cv2.Feature2D) -> Callable[[Rgb], Keypoints]:
    """Bits become +1 and -1, so that a cosine is a Hamming distance; SIFT's numbers become RootSIFT (Arandjelović and
    Zisserman 2012), so that it is their kernel.
    """

    def detect(picture: Rgb) -> Keypoints:
        height, width = picture.shape[:2]
        longest = max(height, width)
        scaled = scaled_to_width(picture, round(width * min(480, max(320, longest)) / longest))
        keypoints, numbers = detector.detectAndCompute(cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY), None)
        points, descriptors = np.empty((0, 2), np.float32), np.empty((0, 1), np.float32)
        if keypoints:
            numbers = np.asarray(numbers)
            bits = numbers.dtype == np.uint8
            points = np.array([point.pt for point in keypoints], np.float32) * np.float32(width / scaled.shape[1])
            descriptors = (
                np.unpackbits(numbers.astype(np.uint8), axis=1) * np.float32(2) - 1 if bits else np.sqrt(numbers)
            )
            descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
        small = scaled_to_width(picture, round(width * min(1, 160 / longest)))
        luma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        return Keypoints(width, height, points, descriptors.astype(np.float32), luma)

    return detect


def _queries(data_dir: Path, number: int, seed: int) -> Iterator[Query]:
    settings = load_settings(data_dir=data_dir)
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    encoder = open_encoder(threads=1)
    features = [load_features(DataLayout(data_dir).features(encoder.fingerprint, record.id)) for record in records]
    vectors = np.concatenate([file_features.unit_vectors() for file_features in features])
    places = [
        (record, int(t))
        for record, file_features in zip(records, features, strict=True)
        for t in file_features.times_ms
    ]
    for index, shot in enumerate(draw_screenshots(records, number, np.random.default_rng(seed))):
        rng = np.random.default_rng([seed, index])
        row = ROWS[(index * 7 + index // len(ROWS)) % len(ROWS)]
        time_ms = round(shot.time_s * 1000)
        start, end = shot.record.outcome.shot_at(time_ms)
        own = [t for record, t in places if record.id == shot.record.id and start <= t < end]
        if not own:
            continue
        cosines = vectors @ encoder.embed(prepare(shot.rgb, encoder.spec.preprocess)[None])[0]
        similar = _most_similar(cosines, places, (shot.record, int(start)))
        stills = {
            "right": [_still(shot.record, min(own, key=lambda t, at=time_ms: abs(t - at)))],  # type: ignore[misc]
            "same shot": [_still(shot.record, t) for t in own if 1000 <= abs(t - time_ms) <= 3000][:2],
            "same file": _different_pictures(shot.rgb, [place for place in similar if place[0].id == shot.record.id]),
            "other file": _different_pictures(shot.rgb, [place for place in similar if place[0].id != shot.record.id]),
        }
        yield Query(row, SWEEP[row](shot.rgb, rng), stills)


def _most_similar(cosines: NDArray[np.float32], places: Sequence[FramePlace], own: FramePlace) -> list[FramePlace]:
    """The most similar frame of each of the five most similar other shots."""
    shots, similar = {(own[0].id, own[1])}, []
    for index in np.argsort(-cosines).tolist():
        record, time_ms = places[index]
        shot = (record.id, int(record.outcome.shot_at(time_ms)[0]))
        if shot not in shots:
            shots.add(shot)
            similar.append((record, time_ms))
        if len(similar) == 5:
            break
    return similar


def _different_pictures(query: Rgb, places: Sequence[FramePlace]) -> list[Rgb]:
    """The frames at these places, without those that show the same picture."""
    stills = [_still(record, time_ms) for record, time_ms in places]
    small = _small(query)
    return [still for still in stills if float(np.abs(_small(still) - small).mean()) >= SAME_PICTURE_MAX_LEVELS]


def _small(picture: Rgb) -> NDArray[np.int32]:
    return cv2.resize(picture, (64, 36), interpolation=cv2.INTER_AREA).astype(np.int32)


def _still(record: FileRecord, time_ms: int) -> Rgb:
    with VideoReader(record.stamp.path, threads=1) as video:
        height = round(STILL_WIDTH * video.info.height / video.info.width)
        frame = next(video.frames(Fraction(2 * time_ms - 1, 2000)))
        return frame.rgb(STILL_WIDTH, height)


def _stored(still: Rgb, width: int) -> Rgb:
    """As it comes back from a small JPEG."""
    return jpeg(scaled_to_width(still, width), 80)


def _auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Area under the receiver's curve; a tie counts half."""
    ordered = np.sort(wrong)
    below = np.searchsorted(ordered, right, "left") + np.searchsorted(ordered, right, "right")
    return float(below.mean() / 2 / max(1, len(wrong)))


if __name__ == "__main__":
    main()
