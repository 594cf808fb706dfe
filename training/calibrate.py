"""Calibrate an encoder: fit the logistic curve from similarity and margin to probability (Platt 1999).

Right answers come from distorted screenshots of a library; wrong ones from the same screenshots with their own show
left out of the search, which is what a picture that is not in the library looks like.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.catalogue.records import FileRecord
from core.confidence import margin
from core.domain import SearchFilter, SearchResult
from core.encoders.base import ConfidenceSpec
from core.encoders.spec import read_spec, write_spec
from core.engine import Engine
from core.errors import LibraryError
from training.distortions import DistortionSpec, distort
from training.screenshots import draw

_RIDGE = 1e-3
_STEPS = 50
NEAR_MS = 500


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: `features` (n, 2) similarity and margin of the first scene, `right` (n,) whether it was right."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def collect(
    engine: Engine, records: Sequence[FileRecord], *, screenshots: int, seed: int, step: Callable[[int], None]
) -> Answers:
    """Ask for each screenshot twice: in the whole library, and with its show left out.

    `LibraryError` when the library has one show only: then nothing can be left out.
    """
    shows = {record.name.show for record in records}
    if len(shows) < 2:
        raise LibraryError(
            "Calibrating needs a library of two shows at least: one is left out to see what is not there."
        )
    features, right = [], []
    for number, shot in enumerate(draw(records, screenshots, np.random.default_rng(seed))):
        step(number)
        rng = np.random.default_rng([seed, number])
        kept_shape = DistortionSpec(stretch_back=bool(number % 2))
        picture = distort(shot.rgb, kept_shape, rng) if number % 4 else shot.rgb
        others = SearchFilter(shows=tuple(sorted(shows - {shot.record.name.show})))
        for where in (SearchFilter(), others):
            result = engine.search(picture, where=where, limit=2)
            if result.scenes:
                features.append(_features(result))
                best = result.scenes[0]
                inside = best.from_ms - NEAR_MS <= shot.time_s * 1000 <= best.to_ms + NEAR_MS
                right.append(best.file_id == shot.record.id and inside)
    return Answers(np.array(features), np.array(right))


def fit(answers: Answers) -> ConfidenceSpec:
    """Logistic regression by Newton's method with a little ridge; right and wrong answers weigh the same in sum.

    `LibraryError` when all answers were right, or all wrong: then there is no curve.
    """
    if answers.right.all() or not answers.right.any():
        raise LibraryError("Calibrating needs right and wrong answers; there was only one kind. Add more videos.")
    x = np.column_stack([np.ones(len(answers.right)), answers.features])  # (n, 3)
    y = answers.right.astype(float)
    weights = np.where(answers.right, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    theta = np.zeros(3)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ theta, -40, 40)))
        gradient = x.T @ (weights * (chance - y)) + _RIDGE * theta
        curvature = (x * (weights * chance * (1 - chance))[:, None]).T @ x + _RIDGE * np.eye(3)
        theta -= np.linalg.solve(curvature, gradient)
    return ConfidenceSpec(bias=float(theta[0]), similarity=float(theta[1]), margin=float(theta[2]))


def _features(result: SearchResult) -> tuple[float, float]:
    similarities = [scene.similarity for scene in result.scenes]
    return similarities[0], margin(similarities, 0)


def calibrate_encoder(
    folder: Path,
    engine: Engine,
    records: Sequence[FileRecord],
    *,
    screenshots: int,
    seed: int,
    step: Callable[[int], None],
) -> ConfidenceSpec:
    """Fit the curve on a library and write it into the `spec.json` of the encoder in `folder`.

    Vectors, fingerprint and index stay as they are. `StorageError` when the file cannot be written.
    """
    found = fit(collect(engine, records, screenshots=screenshots, seed=seed, step=step))
    write_spec(replace(read_spec(folder), confidence=found), folder)
    return found
