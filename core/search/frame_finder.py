"""Exact frame of a verified scene, from its video; decoding starts while the scene is still being verified."""

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
from core.verification.frame_matching import MatchedFrame, match_frame
from core.verification.frame_window import FrameWindow, Span
from core.video.reading import VideoReader
from core.video.source import VideoSource


class FrameFinder:
    """Finds exact frames for one search. `source_of` gives the source of a file's video; local files only are read, by
    `threads` threads.
    """

    def __init__(self, source_of: Callable[[FileId], VideoSource], pool: Executor, threads: int) -> None:
        self._source_of = source_of
        self._pool = pool
        self._threads = threads
        self._started: tuple[SceneCandidate, Future[FrameWindow]] | None = None

    def begin(self, scene: SceneCandidate) -> None:
        """Starts to read the frames around a scene's moment in the background, as it is probably the answer."""
        source = self._source_of(scene.file_id)
        if source.is_file:
            self._started = (
                scene,
                self._pool.submit(FrameWindow, source.place, _span(scene, 0), threads=1, seekable=source.seekable),
            )

    def find(self, best: ScoredScene, lookup: ViewLookup, margin_ms: int = 0) -> MatchedFrame | None:
        """Returns the frame that a verified scene shows, in the scene or up to `margin_ms` beyond either end.

        `None` when no points agree, no frame is similar, or the video is no file that can be read.
        """
        source, span = self._source_of(best.scene.file_id), _span(best.scene, margin_ms)
        verified = best.verified.verification if best.verified else None
        if best.verified is None or verified is None or not source.is_file:
            return None
        try:
            if self._started and self._started[0] == best.scene and not margin_ms:
                window = self._started[1].result()
            else:
                window = FrameWindow(source.place, span, threads=self._threads, seekable=source.seekable)
            return match_frame(window, lookup.pixels(best.view), verified.matrix, best.verified.still_size)
        except MediaError:
            return None


def frame_at(source: VideoSource, time_ms: Millis, width: int) -> Rgb | None:
    """Returns the frame of a video at a time, RGB (h, `width`, 3); `None` when it is no file that can be read."""
    if not source.is_file:
        return None
    try:
        with VideoReader(source.place, seekable=source.seekable) as video:
            height = max(1, round(width * video.info.height / video.info.width))
            start = Fraction(time_ms, 1000) - Fraction(1, 2000)  # times are rounded to the millisecond
            return next((frame.rgb(width, height) for frame in video.frames(start)), None)
    except MediaError:
        return None


def _span(scene: SceneCandidate, margin_ms: int) -> Span:
    return Span(Millis(scene.from_ms - margin_ms), scene.at_ms, Millis(scene.to_ms + margin_ms))
