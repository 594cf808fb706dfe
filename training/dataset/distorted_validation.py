"""Distorted validation frames: the field's first published protocol, made once and stored.

Each frame is cropped at random to a quarter of its area or more and scaled back, mirrored one time in five, and its
colours are changed by up to a fifth (`training.distortion.benchmark_distortion`). The distortion depends only on the
seed and the frame's own name, so that the result does not depend on the order, and a stopped run can be continued.

They are stored under the frames' names as JPEG of quality 95 without chroma subsampling: about a quarter of the size of
PNG (measured on TV animation, 640 pixels wide: 66 kB and 246 kB), with a PSNR of 48 dB.
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
from training.distortion.benchmark_distortion import DistortionSpec, distort

_SPEC_NAME: Final = "twins.json"
_QUALITY: Final = 95


def distort_validation(dataset: Dataset, *, seed: int = 0, step: Callable[[int], None]) -> Dataset:
    """Write the distorted validation frames that are not there yet, and record them in `dataset.json`.

    `step` is called with the number of frames done. `InputError` when there are distorted frames of another seed,
    `EncoderError` when there are no validation frames or one cannot be read, `StorageError` when one cannot be written.
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
    """The distorted frame, of the frame's own size, before it is stored."""
    name = row.path.relative_to(dataset.folder).as_posix()
    digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
    return distort(dataset.read(row), spec, np.random.default_rng([seed, digest]))


def distorted_jpeg(dataset: Dataset, row: FrameRow, seed: int, spec: DistortionSpec) -> bytes:
    """The distorted frame as it is stored."""
    return encode_jpeg(distorted_frame(dataset, row, seed, spec), _QUALITY, full_colour=True)


def _check_spec(dataset: Dataset, seed: int, spec: DistortionSpec) -> None:
    """Record the settings before the first frame is distorted, or check that the recorded ones are the same."""
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
        raise EncoderError(f"{path}: is damaged. Delete {path.parent} to distort the frames again.") from exc
    if not isinstance(recorded, dict):
        raise EncoderError(f"{path}: is damaged. Delete {path.parent} to distort the frames again.")
    for name, value in expected.items():
        if recorded.get(name) != value:
            raise InputError(
                f"{path.parent}: the distorted frames there were drawn with {name} {recorded.get(name)}, not {value}. "
                "Give the same, or delete that folder to distort the frames again."
            )
