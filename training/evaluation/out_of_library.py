"""Out-of-library pictures: pictures, and random frames of videos, from folders that are not indexed."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.errors import MediaError, PictureError
from core.pictures.decoding import PictureLimits, read_picture
from core.pictures.jpeg import encode_jpeg
from core.pictures.pixels import Rgb, is_plain
from core.timecode import to_millis
from core.video.reading import VideoReader
from training.dataset.sources import FrameSource, sources_below
from training.evaluation.collection import QUERY_QUALITY, LabelledFrame
from training.evaluation.screenshots import PLAIN_MAX_DEVIATION
from training.progress import ProgressCallback, no_progress

_DRAWS_PER_FRAME = 4
_PICTURES = PictureLimits(limit_bytes=200 << 20)


def collect_outside(
    places: Sequence[Path], *, number: int, seed: int = 0, threads: int = 0, step: ProgressCallback = no_progress
) -> tuple[LabelledFrame, ...]:
    """Up to `number` pictures: half from videos, evenly, and half pictures, when there are both. None is plain.

    Files that cannot be read are skipped. `step` counts pictures. `InputError` when a place does not exist or holds no
    picture and no video; `MediaError` when no picture could be read.
    """
    sources = {
        source.key: source for place in places for source in sources_below([place], leave_out=place.resolve().parent)
    }
    videos = [source for source in sources.values() if source.is_video]
    pictures = [Path(place) for source in sources.values() if not source.is_video for place in source.places]
    rng = np.random.default_rng(seed)
    from_pictures = min(len(pictures), number if not videos else number // 2)
    frames: list[LabelledFrame] = []
    for source, count in zip(videos, _evenly(number - from_pictures, len(videos), rng), strict=True):
        frames += _of_video(source, count, rng, threads)
        step(len(frames), number)
    for frame in _of_pictures([pictures[at] for at in rng.permutation(len(pictures))], from_pictures):
        frames.append(frame)
        step(len(frames), number)
    if not frames:
        raise MediaError(places[0], "no picture to ask by could be taken from it")
    return tuple(frames)


def _evenly(number: int, among: int, rng: np.random.Generator) -> list[int]:
    """`number` divided evenly; the remainder goes to random parts."""
    if not among:
        return []
    shares = np.full(among, number // among)
    shares[rng.permutation(among)[: number % among]] += 1
    return shares.tolist()


def _of_video(source: FrameSource, count: int, rng: np.random.Generator, threads: int) -> list[LabelledFrame]:
    frames: list[LabelledFrame] = []
    try:
        with VideoReader(source.places[0], threads=threads) as video:
            size = video.info.width, video.info.height
            for time_s in rng.uniform(0, float(video.info.duration or 0), _DRAWS_PER_FRAME * count).tolist():
                frame = next(video.frames(Fraction(time_s)), None) if len(frames) < count else None
                picture = frame.rgb(*size) if frame is not None else None
                if frame is not None and picture is not None and not is_plain(picture, PLAIN_MAX_DEVIATION):
                    frames.append(_labelled(picture, source.show, to_millis(frame.time)))
    except MediaError:
        return frames
    return frames


def _of_pictures(paths: Sequence[Path], count: int) -> Iterator[LabelledFrame]:
    yielded = 0
    for path in paths:
        if yielded == count:
            return
        try:
            picture = read_picture(path, name=str(path), spec=_PICTURES).rgb
        except PictureError:
            continue
        if not is_plain(picture, PLAIN_MAX_DEVIATION):
            yielded += 1
            yield _labelled(picture, path.parent.name, 0)


def _labelled(picture: Rgb, show: str, time_ms: int) -> LabelledFrame:
    return LabelledFrame(-1, show, -1, time_ms, encode_jpeg(picture, QUERY_QUALITY))
