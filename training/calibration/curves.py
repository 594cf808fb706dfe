"""Calibration of an encoder: logistic curves from the features of a scene to its probability (Platt 1999).

Right answers come from distorted screenshots of a library, wrong answers from the same screenshots searched without
their own show, as pictures that are not in the library are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.catalogue.records import FileRecord
from core.domain import FileId, SearchFilter
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.encoders.spec import read_spec, write_spec
from core.engine import Engine
from core.errors import LibraryError
from core.library.media import video_place
from core.pictures.pixels import Rgb
from core.retrieval.scene_grouping import SceneCandidate
from core.search.calibration import curve_inputs
from core.search.picture_search import ScoredScene, SearchTrace, evidence_of
from training.distortion.augmentation import AugmentSpec, augment
from training.distortion.benchmark_distortion import DistortionSpec, distort
from training.evaluation.screenshots import Screenshot, draw_screenshots, same_drawing

_RIDGE = 1e-3
_NEWTON_STEPS = 50
TIME_TOLERANCE_MS = 500


@dataclass(slots=True)
class LabelledFeatures:
    """A row of features for each answer, and whether it was right."""

    features: list[tuple[float, ...]] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    def add(self, features: tuple[float, ...], *, right: bool) -> None:
        """Add one answer."""
        self.features.append(features)
        self.right.append(right)


@dataclass(slots=True)
class CalibrationData:
    """Answers by similarity alone (`plain`: similarity and margin of the best scene), and verified answers (`checked`:
    also the score of the verification and its lead).
    """

    plain: LabelledFeatures = field(default_factory=LabelledFeatures)
    checked: LabelledFeatures = field(default_factory=LabelledFeatures)


def collect(
    engine: Engine, records: Sequence[FileRecord], *, screenshots: int, seed: int, step: Callable[[int], None]
) -> CalibrationData:
    """Search each screenshot twice: in the whole library, and with its show left out.

    A quarter of them are not distorted, a quarter have the published distortions, half are augmented as people post
    them. `step` is called with the number of screenshots done. `LibraryError` as `require_two_shows`.
    """
    require_two_shows(records)
    shows = {record.name.show for record in records}
    media_root = engine.videos.media_root
    places = {record.id: video_place(record.stamp, media_root) for record in records}
    drawn = draw_screenshots(records, screenshots, np.random.default_rng(seed), media_root=media_root)
    data = CalibrationData()
    for number, shot in enumerate(drawn):
        step(number)
        picture = _distorted(shot.rgb, number, np.random.default_rng([seed, number]))
        elsewhere = SearchFilter(shows=tuple(sorted(shows - {shot.record.name.show})))
        for where in (SearchFilter(), elsewhere):
            trace = engine.trace(picture, where=where)
            if trace.scenes:
                _add_answer(data, trace, shot, places)
    return data


def require_two_shows(records: Sequence[FileRecord]) -> None:
    """`LibraryError` when a library has only one show, because then no show can be left out."""
    if len({record.name.show for record in records}) < 2:
        raise LibraryError(
            "Calibrating needs a library of two shows at least: one is left out as pictures that are not in it."
        )


def fit_curves(data: CalibrationData) -> ConfidenceSpec:
    """Both curves; without the one of verified scenes when none was verified. `LibraryError` when there is no curve."""
    bias, similarity, lead = _curve(data.plain)
    if not data.checked.right:
        return ConfidenceSpec(bias, similarity, lead)
    return ConfidenceSpec(bias, similarity, lead, VerifiedCurveSpec(*_curve(data.checked)))


def calibrate_encoder(
    folder: Path,
    engine: Engine,
    records: Sequence[FileRecord],
    *,
    screenshots: int,
    seed: int,
    step: Callable[[int], None],
) -> ConfidenceSpec:
    """Fit the curves on a library and write them into the `spec.json` of the encoder in `folder`.

    Vectors, fingerprint and index do not change. `StorageError` when the file cannot be written.
    """
    confidence = fit_curves(collect(engine, records, screenshots=screenshots, seed=seed, step=step))
    write_spec(replace(read_spec(folder), confidence=confidence), folder)
    return confidence


def _distorted(picture: Rgb, number: int, rng: np.random.Generator) -> Rgb:
    kind = number % 4
    if kind == 0:
        return picture
    if kind == 1:
        return distort(picture, DistortionSpec(stretch_back=bool(number % 8 < 4)), rng)
    return augment(picture, AugmentSpec(), rng)


def _add_answer(
    data: CalibrationData, trace: SearchTrace, shot: Screenshot, places: Mapping[FileId, Path | str]
) -> None:
    scenes, lookup = trace.scenes, trace.lookup
    rows = curve_inputs([evidence_of(scored.scene, scored.verified, lookup.area) for scored in scenes])
    nearest = max(range(len(scenes)), key=lambda index: rows[index].similarity)
    plain = (rows[nearest].similarity, rows[nearest].margin)
    nearest_right = _is_right(scenes[nearest], shot, places)
    data.plain.add(plain, right=nearest_right)
    if any(scored.verified for scored in scenes):
        best = max(range(len(scenes)), key=lambda index: rows[index].similarity + rows[index].score)
        right = nearest_right if best == nearest else _is_right(scenes[best], shot, places)
        data.checked.add(astuple(rows[best]), right=right)


def _is_right(judged: ScoredScene, shot: Screenshot, places: Mapping[FileId, Path | str]) -> bool:
    """Whether a scene contains the screenshot, is a repeat of its shot, or shows the same drawing."""

    def shows_it(scene: SceneCandidate) -> bool:
        inside = scene.from_ms - TIME_TOLERANCE_MS <= shot.time_s * 1000 <= scene.to_ms + TIME_TOLERANCE_MS
        return scene.file_id == shot.record.id and inside

    best = judged.scene
    return any(shows_it(scene) for scene in (best, *judged.repeats)) or same_drawing(
        places[best.file_id], best.at_ms, shot.rgb
    )


def _curve(answers: LabelledFeatures) -> list[float]:
    """Bias and weights, none of which is negative.

    A higher similarity, margin, score or lead never makes an answer less likely. A fit gives a negative weight when two
    features are correlated; the feature with the most negative weight is then left out and the fit repeated.
    """
    columns = list(range(len(answers.features[0]))) if answers.features else []
    while True:
        bias, *weights = _logistic_regression(answers, columns)
        if not weights or min(weights) >= 0:
            whole = dict(zip(columns, weights, strict=True))
            return [bias, *(whole.get(index, 0.0) for index in range(len(answers.features[0])))]
        columns.pop(int(np.argmin(weights)))


def _logistic_regression(answers: LabelledFeatures, columns: Sequence[int]) -> list[float]:
    """Bias and the weights of some features, by Newton's method with a small ridge penalty.

    Right and wrong answers have the same total weight.

    `LibraryError` when all answers were right, or all wrong, because then there is no curve.
    """
    right: NDArray[np.bool_] = np.array(answers.right, bool)
    if right.all() or not right.any():
        raise LibraryError("Calibrating needs right and wrong answers; there was only one kind. Add more videos.")
    x = np.column_stack([np.ones(len(right)), np.array(answers.features)[:, list(columns)]])  # (n, 1 + features)
    y = right.astype(float)
    weights = np.where(right, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    theta = np.zeros(x.shape[1])
    for _ in range(_NEWTON_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(x @ theta, -40, 40)))
        gradient = x.T @ (weights * (probability - y)) + _RIDGE * theta
        curvature = (x * (weights * probability * (1 - probability))[:, None]).T @ x + _RIDGE * np.eye(x.shape[1])
        theta -= np.linalg.solve(curvature, gradient)
    return [float(value) for value in theta]
