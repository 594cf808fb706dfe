"""The catalogue of the drawn library."""

from pathlib import Path

import pytest

from config.settings import load_settings
from core.catalogue.records import FileRecord
from ingest.library.opening import open_library


@pytest.fixture
def records(made_library: Path) -> list[FileRecord]:
    with open_library(load_settings(data_dir=made_library)) as library:
        return library.reader.all()
