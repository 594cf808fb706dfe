"""Distorted twins of the validation frames: the field's first published protocol, drawn once and kept.

Each frame is cropped at random to a quarter of its area or more and scaled back, mirrored one time in five, and its
colours are changed by up to a fifth (`training.distortion.published`). What is drawn depends on the seed and the
frame's own name and nothing else, so that a data set's twins are the same whatever the order, and a run can go on
anywhere.

Twins are JPEG at quality 95 without thinning of colour: they keep the frames' names and take about a quarter of what
PNG takes (measured on TV animation, 640 pixels wide: 66 kB for 246), at 48 dB from the picture that was drawn.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import blake2b
from typing import Final

import numpy as np

from core.errors import EncoderError, InputError, StorageError
from core.files import write_file
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import Rgb
from training.dataset.frame_dataset import DISTORTED_NAME, Dataset, DistortedSpec, FrameRow
from training.dataset.spec import Split
from training.distortion.published import DistortionSpec, distort

_SPEC_NAME: Final = "twins.json"
_QUALITY: Final = 95


def distort_validation(dataset: Dataset, *, seed: int = 0, step: Callable[[int], None]) -> Dataset:
    """Write the twin of every validation frame that has none yet, and record them in `dataset.json`.

    `step` is told how many frames have theirs. `InputError` when there are twins drawn with another seed,
    `EncoderError` when there are no validation frames or one cannot be read, `StorageError` when a twin cannot be
    written.
    """
    spec = DistortionSpec()
    rows = dataset.split(Split.VALIDATION)
    if not rows:
        raise EncoderError(f"{dataset.folder}: there are no validation frames in this data set.")
    _check_spec(dataset, seed, spec)
    for number, row in enumerate(rows):
        path = dataset.distorted_path(row)
        if not path.exists():
            write_file(path, distorted_jpeg(dataset, row, seed, spec), sync=False)
        step(number + 1)
    recorded = replace(dataset, distorted=DistortedSpec(seed, spec.area, spec.flip, spec.colour, len(rows)))
    recorded.write_info()
    return recorded


def distorted_frame(dataset: Dataset, row: FrameRow, seed: int, spec: DistortionSpec) -> Rgb:
    """The twin of a frame, of the frame's own size, before it is stored."""
    name = row.path.relative_to(dataset.folder).as_posix()
    digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
    return distort(dataset.read(row), spec, np.random.default_rng([seed, digest]))


def distorted_jpeg(dataset: Dataset, row: FrameRow, seed: int, spec: DistortionSpec) -> bytes:
    """The twin of a frame as it is stored."""
    return encode_jpeg(distorted_frame(dataset, row, seed, spec), _QUALITY, full_colour=True)


def _check_spec(dataset: Dataset, seed: int, spec: DistortionSpec) -> None:
    """Note how the twins are drawn before the first one is, or see that those there were drawn like that."""
    path = dataset.folder / DISTORTED_NAME / _SPEC_NAME
    expected = {"seed": seed} | asdict(spec)
    try:
        recorded = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        write_file(path, json.dumps(expected).encode())
        return
    except OSError as exc:
        raise StorageError(f"{path}: cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise EncoderError(f"{path}: is damaged. Delete {path.parent} to draw the twins anew.") from exc
    if not isinstance(recorded, dict):
        raise EncoderError(f"{path}: is damaged. Delete {path.parent} to draw the twins anew.")
    for name, value in expected.items():
        if recorded.get(name) != value:
            raise InputError(
                f"{path.parent}: the distorted frames there were drawn with {name} {recorded.get(name)}, not {value}. "
                "Give the same, or delete that folder to draw them anew."
            )
