"""The library's own copy of an encoder, so that moving or deleting the folder it came from breaks nothing."""

import os
import shutil
from pathlib import Path

from core.encoders.opening import read_fingerprint
from core.encoders.spec import MODEL_NAME, SPEC_NAME
from core.errors import EncoderError, StorageError
from core.layout import DataLayout
from ingest.generations import sync_folder

_PART = ".part"


def keep_encoder(layout: DataLayout, folder: Path, fingerprint: str) -> Path:
    """Copy model and spec of the encoder in `folder`, whole or not at all; the folder of the copy.

    A whole copy that is there already only gets the spec: name and calibration may have changed. `EncoderError` when
    the encoder is not the one of that fingerprint any more, `StorageError` when the disk refuses.
    """
    kept = layout.encoder(fingerprint)
    if folder.resolve() == kept.resolve():
        return kept
    try:
        if _is_whole(kept, fingerprint):
            _copy(folder / SPEC_NAME, kept / (SPEC_NAME + _PART))
            (kept / (SPEC_NAME + _PART)).replace(kept / SPEC_NAME)
            sync_folder(kept)
        else:
            _copy_whole(folder, kept, fingerprint)
    except OSError as exc:
        raise StorageError(f"{kept}: the encoder cannot be copied to it: {exc.strerror}") from exc
    return kept


def _copy_whole(folder: Path, kept: Path, fingerprint: str) -> None:
    part = kept.with_name(kept.name + _PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        for name in (MODEL_NAME, SPEC_NAME):
            _copy(folder / name, part / name)
        if read_fingerprint(part) != fingerprint:
            raise EncoderError(f"{folder}: the encoder was changed while it was read; run this again.")
        sync_folder(part)
        if kept.exists():
            shutil.rmtree(kept)
        part.rename(kept)
        sync_folder(kept.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _is_whole(kept: Path, fingerprint: str) -> bool:
    try:
        return read_fingerprint(kept) == fingerprint
    except EncoderError:
        return False
