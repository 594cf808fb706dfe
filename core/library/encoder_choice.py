"""Encoder choice: the encoder that a library is searched with, and the library's own copy of it."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

from core.catalogue.reader import CatalogueReader
from core.catalogue.schema import open_database
from core.encoders.loading import BUNDLED, read_fingerprint
from core.encoders.spec import MODEL_NAME, SPEC_NAME, read_spec, write_spec
from core.errors import EncoderError, LibraryEmptyError, StoreError
from core.files import StagedPath, storage_errors
from core.library.layout import DataLayout
from core.stores.generation import current_generation


def encoder_folder(data_dir: Path, named: Path | None) -> Path:
    """Returns the folder of the encoder to use with a library: the named one, else the library's copy of the encoder
    that it was made with, else the bundled one. `CatalogueError` when the catalogue is needed and cannot be read.
    """
    if named is not None:
        return named
    layout = DataLayout(data_dir)
    fingerprint = _index_encoder(layout)
    return layout.encoder(fingerprint) if fingerprint and layout.encoder(fingerprint).is_dir() else BUNDLED


def keep_encoder(layout: DataLayout, folder: Path, fingerprint: str) -> Path:
    """Copies model and spec of the encoder in `folder` atomically; returns the folder of the copy. The library then
    does not need `folder` any more.

    An existing whole copy only gets the name and the calibration, which may have changed; its own calibration stays
    when the encoder has none. `EncoderError` when the encoder no longer has that fingerprint, `StorageError` when the
    disk refuses.
    """
    copy = layout.encoder(fingerprint)
    if folder.resolve() == copy.resolve():
        return copy
    with storage_errors(copy, "the encoder cannot be copied to it"):
        if _is_whole(copy, fingerprint):
            spec = read_spec(folder)
            write_spec(replace(spec, confidence=spec.confidence or read_spec(copy).confidence), copy)
        else:
            _copy_whole(folder, copy, fingerprint)
    return copy


def _index_encoder(layout: DataLayout) -> str | None:
    """Fingerprint of the encoder that the index names, or most of the files where the index is lost."""
    try:
        return current_generation(layout.generations)[1].encoder
    except (LibraryEmptyError, StoreError):
        if not layout.database.exists():
            return None
    database = open_database(layout.database_url, create=False)
    try:
        encoders = Counter(record.outcome.encoder for record in CatalogueReader(database).all() if record.searchable)
    finally:
        database.dispose()
    return next((fingerprint for fingerprint, _files in encoders.most_common(1)), None)


def _copy_whole(folder: Path, copy: Path, fingerprint: str) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    with StagedPath(copy) as part:
        part.mkdir()
        for name in (MODEL_NAME, SPEC_NAME):
            shutil.copyfile(folder / name, part / name)
        if read_fingerprint(part) != fingerprint:
            raise EncoderError(f"{folder}: the encoder was changed while it was read; run this again.")
        if copy.exists():
            shutil.rmtree(copy)


def _is_whole(copy: Path, fingerprint: str) -> bool:
    try:
        return read_fingerprint(copy) == fingerprint
    except EncoderError:
        return False
