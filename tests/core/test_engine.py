"""Engine: pictures as files, bytes and pixels, and a library that changes during a search."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.catalogue.schema import open_database
from core.catalogue.writer import CatalogueWriter
from core.domain import FileId
from core.encoders.base import Encoder, EncoderSpec
from core.encoders.loading import BUNDLED, open_encoder
from core.engine import Engine, EngineSpec
from core.errors import FileRemovedError
from core.library.layout import DataLayout
from core.pictures.pixels import Rgb
from core.previews.spec import PreviewFormat, PreviewSides
from core.stores.generation import POINTER, current_generation
from core.video.reading import VideoReader


class HookedEncoder:
    """An encoder that does something else first, once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.hook: Callable[[], None] | None = None

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    @property
    def spec(self) -> EncoderSpec:
        return self._encoder.spec

    def embed(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        hook, self.hook = self.hook, None
        if hook:
            hook()
        return self._encoder.embed(batch)


@pytest.fixture
def picture(drawn_videos: Path) -> Rgb:
    with VideoReader(sorted(drawn_videos.rglob("*.mp4"))[0]) as reader:
        return next(reader.frames(start=Fraction("1.37"))).rgb(640, 360)


@pytest.fixture
def library(made_library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_library, tmp_path / "library"))


@pytest.fixture
def encoder() -> HookedEncoder:
    return HookedEncoder(open_encoder(BUNDLED, runtime="onnx", threads=1))


@pytest.fixture
def engine(library: Path, encoder: HookedEncoder) -> Iterator[Engine]:
    with Engine(EngineSpec(library, threads=1), encoder) as engine:
        yield engine


def _remove(library: Path, file_id: FileId) -> None:
    """Take a file out of the library and publish another generation."""
    layout = DataLayout(library)
    database = open_database(layout.database_url, create=False)
    CatalogueWriter(database).remove([file_id])
    database.dispose()
    folder, _info = current_generation(layout.generations)
    shutil.copytree(folder, layout.generations / "generation-000099")
    (layout.generations / POINTER).write_text("generation-000099\n")


def test_a_picture_is_a_file_its_bytes_or_pixels(engine: Engine, picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    best, *same = (engine.search(source).scenes for source in (picture, path, path.read_bytes()))
    assert best[0].exact
    assert same == [best, best]
    assert engine.search_together([path.read_bytes(), picture]).scenes[0].file_id == best[0].file_id
    assert engine.trace(path.read_bytes()).scenes[0].scene == engine.trace(picture).scenes[0].scene
    assert engine.explain(path.read_bytes()).exact_frame is not None


def test_a_file_that_left_the_library_after_a_reload_is_a_named_error(
    engine: Engine, library: Path, picture: Rgb
) -> None:
    scene = engine.search(picture).scenes[0]
    _remove(library, scene.file_id)
    assert engine.reload()
    assert not engine.reload()
    with pytest.raises(FileRemovedError, match="has left the library"):
        engine.preview(scene, PreviewFormat.MP4)
    with pytest.raises(FileRemovedError):
        engine.source(scene.file_id)


def test_a_search_goes_on_with_the_index_that_it_began_with(
    engine: Engine, encoder: HookedEncoder, library: Path, picture: Rgb
) -> None:
    file_id = engine.search(picture).scenes[0].file_id

    def reloaded_meanwhile() -> None:
        _remove(library, file_id)
        assert engine.reload()

    encoder.hook = reloaded_meanwhile
    best = engine.search(picture).scenes[0]
    assert (best.file_id, best.exact) == (file_id, True)
    assert engine.search(picture).scenes[0].file_id != file_id


@pytest.mark.parametrize(("sides", "length_ms"), [(PreviewSides(0.5, 0.5), 1000), (PreviewSides(0.5, 1.0), 2000)])
def test_a_preview_is_as_long_on_each_side_as_it_should_be(
    sides: PreviewSides, length_ms: int, engine: Engine, picture: Rgb
) -> None:
    best = engine.search(picture).scenes[0]
    for scene in (best, replace(best, sequence=True)):
        preview = engine.preview(scene, PreviewFormat.MP4, sides=sides)
        assert preview.from_ms >= scene.at_ms - 1000 * sides.most_s - 84
        assert preview.to_ms <= scene.at_ms + 1000 * sides.most_s + 84
        assert length_ms - 170 <= preview.to_ms - preview.from_ms <= length_ms + 170
