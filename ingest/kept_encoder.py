"""The library's own copy of an encoder, so that moving or deleting the folder it came from breaks nothing."""

import shutil
from pathlib import Path

from core.encoders.opening import read_fingerprint
from core.encoders.spec import MODEL_NAME, SPEC_NAME
from core.errors import EncoderError
from core.files import StagedPath, storage_errors, write_file
from core.layout import DataLayout


def keep_encoder(layout: DataLayout, folder: Path, fingerprint: str) -> Path:
    """Copy model and spec of the encoder in `folder`, whole or not at all; the folder of the copy.

    A whole copy that is there already only gets the spec: name and calibration may have changed. `EncoderError` when
    the encoder is not the one of that fingerprint any more, `StorageError` when the disk refuses.
    """
    kept = layout.encoder(fingerprint)
    if folder.resolve() == kept.resolve():
        return kept
    with storage_errors(kept, "the encoder cannot be copied to it"):
        if _is_whole(kept, fingerprint):
            write_file(kept / SPEC_NAME, (folder / SPEC_NAME).read_bytes())
        else:
            _copy_whole(folder, kept, fingerprint)
    return kept


def _copy_whole(folder: Path, kept: Path, fingerprint: str) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with StagedPath(kept) as part:
        part.mkdir()
        for name in (MODEL_NAME, SPEC_NAME):
            shutil.copyfile(folder / name, part / name)
        if read_fingerprint(part) != fingerprint:
            raise EncoderError(f"{folder}: the encoder was changed while it was read; run this again.")
        if kept.exists():
            shutil.rmtree(kept)


def _is_whole(kept: Path, fingerprint: str) -> bool:
    try:
        return read_fingerprint(kept) == fingerprint
    except EncoderError:
        return False
