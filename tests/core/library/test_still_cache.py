"""Cache of stored pictures: the nearest one by file and time, `None` when it is missing or damaged."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.domain import FileId
from core.library.still_cache import StillCache
from core.library.stills import StillsWriter
from core.timecode import Millis
from tests.clips import drawing

SIZE = (320, 180)
FILE = FileId(1)


@pytest.fixture
def stills(tmp_path: Path) -> Iterator[StillCache]:
    """File 1 has one picture, file 4 no pack, and the pack of file 5 is damaged."""
    with StillsWriter(tmp_path / "1.pack", quality=80) as writer:
        writer.add(Millis(1000), drawing(0, *SIZE, shot=1))
        writer.commit()
    (tmp_path / "5.pack").write_bytes(b"WASTILLS and no more")
    stills = StillCache(lambda file: tmp_path / f"{file}.pack")
    yield stills
    stills.close()


def test_a_picture_of_nearly_that_time_will_do(stills: StillCache) -> None:
    assert stills.picture(FILE, Millis(1150)) is not None
    assert stills.picture(FILE, Millis(1500)) is None


def test_a_thumbnail_is_an_eighth_of_the_picture(stills: StillCache) -> None:
    picture, thumbnail = stills.picture(FILE, Millis(1000)), stills.thumbnail(FILE, Millis(1000))
    assert picture is not None
    assert thumbnail is not None
    assert (picture.shape, thumbnail.shape[1]) == ((*SIZE[::-1], 3), SIZE[0] // 8)
    assert np.ptp(thumbnail) > 0


def test_the_nearest_jpeg_is_given_for_any_moment(stills: StillCache) -> None:
    data = stills.jpeg(FILE, Millis(60_000))
    assert data is not None
    assert data.startswith(b"\xff\xd8")


@pytest.mark.parametrize("file", [4, 5])
def test_a_missing_or_damaged_pack_has_no_pictures(stills: StillCache, file: int) -> None:
    assert stills.picture(FileId(file), Millis(1000)) is None
    assert stills.jpeg(FileId(file), Millis(1000)) is None


def test_closed_packs_open_again(stills: StillCache) -> None:
    assert stills.picture(FILE, Millis(1000)) is not None
    stills.close()
    assert stills.picture(FILE, Millis(1000)) is not None
    stills.close()
