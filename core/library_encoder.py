"""Which encoder a library is searched with."""

from collections import Counter
from pathlib import Path

from core.catalogue.reader import CatalogueReader
from core.catalogue.schema import open_database
from core.encoders.opening import BUNDLED
from core.errors import LibraryEmptyError, StoreError
from core.layout import DataLayout
from core.stores.generation import current_generation


def encoder_folder(data_dir: Path, named: Path | None) -> Path:
    """The folder of the encoder to use with a library: the one named, else the one that the library was made with if
    it is kept there, else the bundled one. `CatalogueError` when the catalogue has to be asked and refuses.
    """
    if named is not None:
        return named
    layout = DataLayout(data_dir)
    made_with = _made_with(layout)
    return layout.encoder(made_with) if made_with and layout.encoder(made_with).is_dir() else BUNDLED


def _made_with(layout: DataLayout) -> str | None:
    """Fingerprint of the encoder that the index names, or most of the files where the index is lost."""
    try:
        return current_generation(layout.generations)[1].encoder
    except (LibraryEmptyError, StoreError):
        if not layout.database.exists():
            return None
    database = open_database(layout.database_url, create=False)
    try:
        encoders = Counter(one.outcome.encoder for one in CatalogueReader(database).all() if one.searchable)
    finally:
        database.dispose()
    return next((made_with for made_with, _files in encoders.most_common(1)), None)
