"""Files of a library that could not be read whole."""

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord, FileState
from core.catalogue.schema import open_database
from core.library.layout import DataLayout


def problem_files(layout: DataLayout) -> list[FileRecord]:
    """Failed and damaged files, by show and path. `CatalogueError` when the catalogue is not there or refuses."""
    database = open_database(layout.database_url, create=False)
    try:
        reader = CatalogueReader(database)
        records = reader.all(FileState.FAILED) + reader.all(FileState.DAMAGED)
    finally:
        database.dispose()
    return sorted(records, key=lambda record: (record.name.show.casefold(), record.name.show, record.stamp.path))
