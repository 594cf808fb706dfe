"""Exact frame of a verified scene, from its video; decoding begins while the scene is still being verified."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from fractions import Fraction

from core.domain import FileId
from core.errors import MediaError
from core.pictures.pixels import Rgb
from core.retrieval.scene_grouping import SceneCandidate
from core.retrieval.view_lookup import ViewLookup
from core.search.picture_search import ScoredScene
from core.timecode import Millis
from core.verification.frame_matching import ExactFrame, find_exact_frame
from core.verification.frame_window import FrameWindow, Span
from core.video.reading import VideoReader
from core.video.source import VideoSource


class FrameFinder:
    """For one search. `source_of` says where a file's video is; one that is a file is read, by `threads` threads."""

    def __init__(self, source_of: Callable[[FileId], VideoSource], pool: Executor, threads: int) -> None:
        self._source_of = source_of
        self._pool = pool
        self._threads = threads
        self._begun: tuple[SceneCandidate, Future[FrameWindow]] | None = None

    def begin(self, scene: SceneCandidate) -> None:
        """Read the frames around a scene's moment in the background: it is probably the answer."""
        source = self._source_of(scene.file_id)
        if source.is_file:
            self._begun = (
                scene,
                self._pool.submit(FrameWindow, source.place, _span(scene, 0), threads=1, seekable=source.seekable),
            )

    def find(self, best: ScoredScene, lookup: ViewLookup, reach_ms: int = 0) -> ExactFrame | None:
        """The frame that a verified scene shows, looked for in the scene and `reach_ms` beyond both its ends.

        `None` when no points agree, no frame is alike, or its video is no file that can be read.
        """
        source, span = self._source_of(best.scene.file_id), _span(best.scene, reach_ms)
        verified = best.verified.verification if best.verified else None
        if best.verified is None or verified is None or not source.is_file:
            return None
        try:
            if self._begun and self._begun[0] == best.scene and not reach_ms:
                window = self._begun[1].result()
            else:
                window = FrameWindow(source.place, span, threads=self._threads, seekable=source.seekable)
            return find_exact_frame(window, lookup.pixels(best.view), verified.matrix, best.verified.still_size)
        except MediaError:
            return None


def frame_at(source: VideoSource, time_ms: Millis, width: int) -> Rgb | None:
    """The frame that a video shows at a time, RGB (h, `width`, 3); `None` when it is no file that can be read."""
    if not source.is_file:
        return None
    try:
        with VideoReader(source.place, seekable=source.seekable) as video:
            height = max(1, round(width * video.info.height / video.info.width))
            start = Fraction(time_ms, 1000) - Fraction(1, 2000)  # times are rounded to the millisecond
            return next((frame.rgb(width, height) for frame in video.frames(start)), None)
    except MediaError:
        return None


def _span(scene: SceneCandidate, reach_ms: int) -> Span:
    return Span(Millis(scene.from_ms - reach_ms), scene.at_ms, Millis(scene.to_ms + reach_ms))
