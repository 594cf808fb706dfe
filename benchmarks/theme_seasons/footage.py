"""Footage as frames of 320 × 180 at 12 a second, which drawn animation rarely exceeds, kept as JPEGs in memory."""

import hashlib
from pathlib import Path
from typing import Final

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.theme_seasons.decoded_cache import own_part
from benchmarks.theme_seasons.season_plan import Look, Reel, Shot
from core.errors import MediaError
from core.pictures.pixels import Rgb

WIDTH: Final = 320
HEIGHT: Final = 180
RATE_HZ: Final = 12
_QUALITY: Final = 90


class FootageShelf:
    """Frames of footage; `folder` keeps them from run to run."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._frames: dict[Path, list[NDArray[np.uint8]]] = {}

    def frame(self, path: Path, number: int) -> Rgb:
        """Frame `number` of a file at 12 a second, or its first or last one: (180, 320, 3)."""
        frames = self._frames.get(path)
        if frames is None:
            frames = self._frames[path] = self._load(path)
        picture = cv2.imdecode(frames[max(0, min(number, len(frames) - 1))], cv2.IMREAD_COLOR_RGB)
        return np.asarray(picture, dtype=np.uint8)

    def _load(self, path: Path) -> list[NDArray[np.uint8]]:
        stored = self._stored(path)
        if stored and stored.exists():
            with np.load(stored) as arrays:
                data, ends = arrays["data"], arrays["ends"]
            return np.split(data, ends[:-1])
        frames = _decode(path)
        if stored:
            with own_part(stored) as part, part.open("wb") as file:
                np.savez(file, data=np.concatenate(frames), ends=np.cumsum([len(frame) for frame in frames]))
        return frames

    def _stored(self, path: Path) -> Path | None:
        name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:24]
        return self._folder / f"{name}.npz" if self._folder else None


class ReelReader:
    """Frames of reels, changed as their shots say; the last one is kept, as neighbours in time are often the same."""

    def __init__(self, shelf: FootageShelf, width: int, height: int) -> None:
        self._shelf = shelf
        self._size = (width, height)
        self._last: tuple[Shot, int] | None = None
        self._picture: Rgb = np.zeros((height, width, 3), np.uint8)

    def picture(self, reel: Reel, time_s: float) -> Rgb:
        """The picture at a time of a reel; the same array as before where it is the same picture."""
        number = int(np.searchsorted(reel.starts_s, time_s, side="right")) - 1
        number = max(0, min(number, len(reel.shots) - 1))
        shot = reel.shots[number]
        frame = int((shot.source_s + (time_s - reel.starts_s[number]) * shot.speed) * RATE_HZ)
        if self._last != (shot, frame):
            self._picture = _changed(self._shelf.frame(shot.path, frame), shot.look, self._size)
            self._last = (shot, frame)
        return self._picture


def _changed(picture: Rgb, look: Look, size: tuple[int, int]) -> Rgb:
    height, width = picture.shape[:2]
    part_width, part_height = int(width / look.zoom), int(height / look.zoom)
    left, top = int((width - part_width) * look.x), int((height - part_height) * look.y)
    part = picture[top : top + part_height, left : left + part_width]
    changed = cv2.resize(part, size, interpolation=cv2.INTER_AREA if look.zoom < 1.2 else cv2.INTER_LINEAR)
    if look.mirrored:
        changed = cv2.flip(changed, 1)
    if look.hue:
        hsv = cv2.cvtColor(changed, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(np.uint16) + look.hue) % 180
        changed = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return np.asarray(cv2.convertScaleAbs(changed, alpha=look.gain, beta=max(0.0, look.lift)), dtype=np.uint8)


def _decode(path: Path) -> list[NDArray[np.uint8]]:
    """JPEGs of the frames at 12 a second; what is damaged ends the file. `MediaError` where there is none."""
    frames: list[NDArray[np.uint8]] = []
    try:
        with av.open(path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                if len(frames) <= ((frame.time or 0.0) - float(container.start_time or 0) / av.time_base) * RATE_HZ:
                    picture = frame.to_ndarray(format="bgr24", width=WIDTH, height=HEIGHT)
                    frames.append(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].ravel())
    except (av.error.FFmpegError, OSError, IndexError) as exc:
        if not frames:
            raise MediaError(path, "it has no pictures that can be decoded") from exc
    if not frames:
        raise MediaError(path, "it has no pictures that can be decoded")
    return frames
