"""Stored pictures: small copies of the indexed frames of one video in one file, so that a search needs no video.

The format is our own: a search opens packs of thousands of pictures for one picture each (measured, 3,000 pictures:
0.06 ms). A ZIP archive lists all names first (28 ms); SQLite is nearly as fast (0.1 ms), but has no checksums and needs
file locks, which a network share may not have.

A pack is a header, the pictures (JPEG) one after another, and a table of them at the end. The header is written last,
so that an unfinished file is not a pack. Numbers are little-endian:

    magic 8 bytes · version u32 · pictures u32 · where the table begins u64 · CRC-32 of the table u32
    a row of the table: time in milliseconds u32 · bytes u32 · where the picture begins u64 · CRC-32 of it u32
"""

import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import PictureError, StoreError
from core.files import StagedPath, storage_errors
from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.pictures.pixels import Rgb
from core.timecode import MILLIS_LIMIT, Millis, format_millis

_MAGIC: Final = b"WASTILLS"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIIQI")
_ROW: Final = np.dtype([("time_ms", "<u4"), ("size", "<u4"), ("start", "<u8"), ("crc", "<u4")])
PACK_SUFFIX: Final = ".pack"


@dataclass(frozen=True, slots=True)
class StillsSpec:
    """Settings of stored pictures: `width` is their longer side in pixels (0: no pictures), `quality` that of JPEG.

    At 368 pixels the picture that the bundled encoder gets of a wide video is stored as it is. At that size a quality
    above 70 costs bytes and gives hardly more matches of local features. WebP would save almost half of the bytes at
    the same fidelity, but takes twenty times as long to write and almost three times as long to read.
    """

    width: int = 368
    quality: int = 70

    def size_of(self, width: int, height: int) -> tuple[int, int] | None:
        """Returns width and height of the stored picture of a frame of this size; `None` when none is stored."""
        if not self.width:
            return None
        scale = min(1.0, self.width / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))


class StillsWriter:
    """Writes the pack of one video beside its path; `commit` renames it, so that it is whole or not there.

    A context manager: a pack that was not committed is deleted at the end of the block. For one thread at a time;
    memory does not grow with the length of the video. `StorageError` when the disk refuses.
    """

    def __init__(self, path: Path, *, quality: int) -> None:
        self.path = path
        self._quality = quality
        self._rows: list[tuple[int, int, int, int]] = []
        self._end = _HEADER.size
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._staged = StagedPath(path)
            self._file = self._staged.path.open("wb")
        self._write(bytes(_HEADER.size))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self._discard()

    def add(self, time_ms: Millis, rgb: Rgb) -> None:
        """Adds a picture, (height, width, 3). `ValueError` unless it is later than the last one."""
        if not (self._rows[-1][0] if self._rows else -1) < time_ms < MILLIS_LIMIT:
            raise ValueError(f"stored pictures come in order of time, and {time_ms} ms does not follow")
        try:
            payload = encode_jpeg(rgb, self._quality)
        except PictureError as exc:
            raise StoreError(f"{self.path}: a picture cannot be stored: {exc}") from exc
        self._write(payload)
        self._rows.append((time_ms, len(payload), self._end, zlib.crc32(payload)))
        self._end += len(payload)

    def commit(self) -> None:
        """Puts the pack at its path, synced to disk, and ends the writer."""
        table = np.array(self._rows, _ROW).tobytes()
        self._write(table)
        header = _HEADER.pack(_MAGIC, _VERSION, len(self._rows), self._end, zlib.crc32(table))
        with self._discard_on_error():
            self._file.seek(0)
            self._file.write(header)
            self._file.close()
            self._staged.commit()

    def _write(self, data: bytes) -> None:
        with self._discard_on_error():
            self._file.write(data)

    @contextmanager
    def _discard_on_error(self) -> Iterator[None]:
        with storage_errors(self.path):
            try:
                yield
            except OSError:
                self._discard()
                raise

    def _discard(self) -> None:
        with suppress(OSError):  # the buffered bytes may not fit either
            self._file.close()
        self._staged.discard()


class StillsReader:
    """An open pack; a context manager. Reading a picture reads its bytes only and verifies their checksum.

    Safe to use from several threads. A pack that is replaced or deleted meanwhile can still be read.
    """

    def __init__(self, path: Path) -> None:
        """Open a pack and read its table. `StoreError` when the file is missing, cut off or damaged."""
        self.path = path
        self._lock = threading.Lock()
        try:
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError as exc:
            raise StoreError(f"{path}: the stored pictures are missing") from exc
        except OSError as exc:
            raise StoreError(f"{path}: the stored pictures cannot be read: {exc.strerror}") from exc
        try:
            self._table = self._read_table()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; may be called again."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, time_ms: object) -> bool:
        return isinstance(time_ms, int | np.integer) and self._row_of(int(time_ms)) is not None

    @property
    def times_ms(self) -> NDArray[np.uint32]:
        """(n,) times of the pictures, strictly ascending."""
        return np.ascontiguousarray(self._table["time_ms"])

    def nearest(self, time_ms: int, count: int = 1) -> list[Millis]:
        """Returns the times of up to `count` pictures, the nearest first, of two equally near ones the earlier."""
        times = self._table["time_ms"].astype(np.int64)
        order = np.argsort(np.abs(times - time_ms), kind="stable")[: max(0, count)]
        return [Millis(int(time)) for time in times[order]]

    def rgb(self, time_ms: int) -> Rgb:
        """Returns the picture of exactly this time, RGB (height, width, 3).

        `StoreError` when there is none, or when its bytes are damaged or cannot be read.
        """
        return self.decode(self.jpeg(time_ms))

    def jpeg(self, time_ms: int) -> bytes:
        """Returns the picture of exactly this time as a JPEG; raises as `rgb` does."""
        row = self._row_of(time_ms)
        if row is None:
            raise StoreError(f"{self.path}: there is no stored picture of {format_millis(time_ms)} ({time_ms} ms)")
        payload = self._read(int(row["start"]), int(row["size"]))
        if zlib.crc32(payload) != row["crc"]:
            raise self._damage_error()
        return payload

    def decode(self, payload: bytes, *, eighth: bool = False) -> Rgb:
        """Decodes a JPEG of `jpeg` to RGB (height, width, 3), or faster at an eighth of its size; also when closed.

        `StoreError` when it is no picture.
        """
        try:
            return decode_jpeg(payload, eighth=eighth)
        except PictureError as exc:
            raise self._damage_error() from exc

    def _row_of(self, time_ms: int) -> np.void | None:
        times = self._table["time_ms"]
        if not 0 <= time_ms < MILLIS_LIMIT:
            return None
        index = int(np.searchsorted(times, np.uint32(time_ms)))
        return self._table[index] if index < len(times) and times[index] == time_ms else None

    def _read_table(self) -> NDArray[np.void]:
        header = self._read(0, _HEADER.size)
        if len(header) < _HEADER.size:
            raise self._damage_error()
        magic, version, count, start, crc = _HEADER.unpack(header)
        if magic != _MAGIC:
            raise self._damage_error()
        if version != _VERSION:
            raise StoreError(f"{self.path}: the stored pictures are of another version of WhenAnime")
        if os.fstat(self._file.fileno()).st_size != start + count * _ROW.itemsize:
            raise self._damage_error()
        table = self._read(start, count * _ROW.itemsize)
        if zlib.crc32(table) != crc:
            raise self._damage_error()
        return np.frombuffer(table, _ROW)

    def _read(self, start: int, size: int) -> bytes:
        """Up to `size` bytes, fewer at the end of the file."""
        parts: list[bytes] = []
        try:
            with self._lock:
                self._file.seek(start)
                while size and (part := self._file.read(size)):
                    parts.append(part)
                    size -= len(part)
        except OSError as exc:
            raise StoreError(f"{self.path}: the stored pictures cannot be read: {exc.strerror}") from exc
        return b"".join(parts)

    def _damage_error(self) -> StoreError:
        return StoreError(f"{self.path}: the stored pictures are damaged")
