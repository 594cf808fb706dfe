"""Search engine: everything that a front end may call, over one library."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileRecord
from core.domain import FileId, SearchFilter, SearchResult
from core.encoders.base import Encoder
from core.library.layout import DataLayout
from core.library.media import VideoPlaces
from core.library.snapshot import open_snapshot, refresh_snapshot
from core.library.still_cache import StillCache
from core.pictures.decoding import PictureLimits
from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.pictures.pixels import area_resized
from core.previews.rendering import render_preview
from core.previews.spec import Preview, PreviewFormat, PreviewMoment, PreviewSides, PreviewSpec
from core.search.color_layout_search import ColorLayoutSearch
from core.search.frame_finder import frame_at
from core.search.picture_search import SearchSpec, SearchTrace
from core.search.run import EVERYWHERE, EXPLAINED_SCENES_LIMIT, Explanation, PictureSource, Searcher, SearchRun
from core.stores.generation import GenerationInfo, current_generation
from core.timecode import Millis, to_millis
from core.video.source import VideoSource

__all__ = ["EVERYWHERE", "Engine", "EngineSpec", "Explanation", "PictureSource"]


_FRAME_JPEG_QUALITY: Final = 85


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Engine settings. `media_root` is where the videos are now, a folder or an http(s) URL (`None`: where they were
    added from). `threads` verify scenes and decode video for one picture (0: one for each core).
    """

    data_dir: Path
    media_root: str | None = None
    threads: int = 0
    search: SearchSpec = field(default_factory=SearchSpec)
    preview: PreviewSpec = field(default_factory=PreviewSpec)
    imaging: PictureLimits = field(default_factory=PictureLimits)


class Engine:
    """Searches one generation of a library. Safe to use from several threads; a search keeps the generation that was
    current when it began.

    Opening raises `LibraryEmptyError` without an index and `EncoderMismatchError` when the index was made with another
    encoder. `reopen` opens the encoder that the library names now; it is called when a generation was made with another
    encoder than the open one.
    """

    def __init__(self, spec: EngineSpec, encoder: Encoder, *, reopen: Callable[[], Encoder] | None = None) -> None:
        self._spec = spec
        self._reopen = reopen
        self._layout = DataLayout(spec.data_dir)
        self._snapshot = open_snapshot(self._layout, encoder, reopen, spec.media_root)
        self._stills = StillCache(self._layout.stills)
        self._searcher = Searcher(spec.search, spec.imaging, self._stills, threads=spec.threads)
        self._layout_search = ColorLayoutSearch(spec.search, self._stills)

    @property
    def generation(self) -> GenerationInfo:
        """The generation that is searched."""
        return self._snapshot.info

    @property
    def shows(self) -> tuple[str, ...]:
        """Names of the shows that are searched, in alphabetical order."""
        return self._snapshot.shows

    @property
    def records(self) -> Mapping[FileId, FileRecord]:
        """Rows of the catalogue of the videos that are searched, by file."""
        return self._snapshot.records

    @property
    def identities(self) -> Mapping[str, ShowIdentity]:
        """Known identities of the shows that are searched, by the show's name.

        A new mapping when the catalogue has changed.
        """
        return self._snapshot.identities

    def search(
        self, picture: PictureSource, *, where: SearchFilter = EVERYWHERE, limit: int = 0, exact: bool = True
    ) -> SearchResult:
        """Returns the scenes that a picture may be from, best first, at most `limit` (0: as the spec says); `exact`:
        with the exact frame, if the spec enables it.

        `picture` is a file or its bytes (still, animation, short video) or RGB (height, width, 3) uint8. An animation
        or a video is searched as a sequence: its scene reaches from its first to its last frame. `PictureError` when
        the picture cannot be used, `FilterError` when the filter names what is not in the library.

        A picture that is not found in the files of `where` is searched in the whole library too: see
        `SearchResult.elsewhere`.
        """
        return SearchRun(self._searcher, self._snapshot, where, limit=limit, exact=exact).search(picture)

    def search_together(
        self,
        pictures: Sequence[PictureSource],
        *,
        where: SearchFilter = EVERYWHERE,
        limit: int = 0,
        exact: bool = True,
    ) -> SearchResult:
        """Returns the scenes that several pictures, in order of time, may be from together; plain pictures are left
        out.

        Where no scene contains most of the pictures, the result is the best scene of each, best first, and each scene
        names its pictures. `InputError` when there is no picture or more than `SearchSpec.frames`; otherwise raises
        what `search` raises.
        """
        return SearchRun(self._searcher, self._snapshot, where, limit=limit, exact=exact).search_together(pictures)

    def search_layouts(
        self, layouts: NDArray[np.integer[Any]], *, where: SearchFilter = EVERYWHERE, limit: int = 0
    ) -> tuple[SearchResult, ...]:
        """The scenes that pictures may be from of which the color layouts alone are known, best first, at most `limit`
        (0: ten) of each.

        `layouts` are (n, 33) whole numbers, n from 1 to 10, as `core.pictures.color_layout` makes them. A scene's
        `similarity` is that of trace.moe; its `probability`, and with it the verdict, is calibrated for layouts, which
        nothing verifies. `InputError` when they are no layouts, `FilterError` when the filter names what is not in the
        library, `LibraryError` when the library has no color layouts, which says how to get them.
        """
        return self._layout_search.search(layouts, self._snapshot, where, limit)

    def explain(self, picture: PictureSource, *, where: SearchFilter = EVERYWHERE) -> Explanation:
        """Returns the answer, the results of the stages before it, and the stored picture of the best scene.

        Raises what `search` raises.
        """
        return SearchRun(self._searcher, self._snapshot, where, limit=EXPLAINED_SCENES_LIMIT).explain(picture)

    def trace(self, picture: PictureSource, *, where: SearchFilter = EVERYWHERE) -> SearchTrace:
        """Returns the results of all stages of a search, for calibration. Raises what `search` raises."""
        return SearchRun(self._searcher, self._snapshot, where).trace(picture)

    def preview(
        self,
        scene: PreviewMoment,
        preview_format: PreviewFormat,
        *,
        limit_bytes: int | None = None,
        width: int | None = None,
        sound: bool = False,
        sides: PreviewSides | None = None,
    ) -> Preview:
        """Renders a moving preview of a scene, of at most `limit_bytes` and at most `width` pixels wide (`None`: as the
        spec says).

        `sound`: with the video's sound, if the preview is an MP4 and the video has sound. `sides`: lengths before and
        after the moment, also of a sequence, in place of those of the spec.

        `MediaError` when the video is missing or no preview is small enough; `FileRemovedError` when the file was
        removed from the library.
        """
        spec = self._spec.preview
        if limit_bytes is not None:
            spec = replace(spec, limit_bytes=min(limit_bytes, spec.limit_bytes))
        if width is not None:
            spec = replace(spec, width=width)
        from_ms, to_ms = scene.from_ms, scene.to_ms
        if sides is not None:
            spec = replace(spec, before_s=sides.least_s, after_s=sides.least_s, limit_s=2 * sides.most_s)
            most_ms = to_millis(sides.most_s)
            from_ms = Millis(max(from_ms, scene.at_ms - most_ms))
            to_ms = Millis(min(to_ms, scene.at_ms + most_ms))
        source = self.source(scene.file_id)
        return render_preview(
            source.place,
            at_ms=scene.at_ms,
            from_ms=from_ms,
            to_ms=to_ms,
            whole_range=scene.sequence and sides is None,
            spec=spec,
            preview_format=preview_format,
            seekable=source.seekable,
            sound=sound,
        )

    def frame(self, scene: PreviewMoment, width: int) -> bytes | None:
        """Returns the frame at a scene's moment, a JPEG at most `width` pixels wide: from the video, or from the
        nearest stored picture where the video cannot be read; `None` when there is neither.

        `FileRemovedError` when the file was removed from the library.
        """
        rgb = frame_at(self.source(scene.file_id), scene.at_ms, width)
        if rgb is None:
            stored = self.still(scene)
            rgb = None if stored is None else decode_jpeg(stored)
        if rgb is None:
            return None
        height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
        return encode_jpeg(area_resized(rgb, width, height) if rgb.shape[1] > width else rgb, _FRAME_JPEG_QUALITY)

    def still(self, scene: PreviewMoment) -> bytes | None:
        """Returns the stored picture nearest to a scene's moment, a JPEG; `None` when the library has none."""
        return self._stills.jpeg(scene.file_id, scene.at_ms)

    def source(self, file_id: FileId) -> VideoSource:
        """Returns where a file's video should be now: its path, or its place below the media root.

        `FileRemovedError` when the file was removed from the library.
        """
        return self._snapshot.source(file_id)

    @property
    def videos(self) -> VideoPlaces:
        """Where the videos of the library should be."""
        return VideoPlaces([record.stamp for record in self._snapshot.records.values()], self._spec.media_root)

    def reload(self) -> bool:
        """Switches to the current generation; returns whether that is another one than before. If it is not, names and
        identities of shows are read again when the catalogue was written since.

        Raises what opening raises; the engine then keeps the generation that it had.
        """
        folder, _info = current_generation(self._layout.generations)
        if folder == self._snapshot.folder:
            self._snapshot = refresh_snapshot(self._snapshot, self._layout)
            return False
        self._snapshot = open_snapshot(self._layout, self._snapshot.encoder, self._reopen, self._spec.media_root)
        return True

    def close(self) -> None:
        """Release the index."""
        self._searcher.close()
        self._snapshot.store.close()
        self._stills.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
