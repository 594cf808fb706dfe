"""Decoding in a separate thread, a few batches ahead of embedding."""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType

from core.errors import WhenAnimeError
from ingest.indexing.frame_sampling import SampledFrame

_BATCHES_AHEAD = 4
_PUT_WAIT_S = 0.2


class DecodeAhead:
    """Batches of sampled frames. A context manager: the thread has ended when the block is left, also by an exception.

    Iterating raises the error that decoding raised; one that is no `WhenAnimeError` is the cause of a `RuntimeError`.
    """

    def __init__(self, frames: Iterable[SampledFrame], batch_frames: int) -> None:
        self._frames = frames
        self._batch_frames = batch_frames
        self._queue: queue.Queue[Sequence[SampledFrame] | Exception | None] = queue.Queue(_BATCHES_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._decode, name="decode", daemon=True)

    def __enter__(self) -> Iterator[Sequence[SampledFrame]]:
        self._thread.start()
        return self._batches()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _batches(self) -> Iterator[Sequence[SampledFrame]]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, WhenAnimeError):
                raise item
            if isinstance(item, Exception):
                raise RuntimeError("decoding failed") from item
            yield item

    def _decode(self) -> None:
        batch: list[SampledFrame] = []
        try:
            for frame in self._frames:
                batch.append(frame)
                if len(batch) == self._batch_frames:
                    self._put(batch)
                    batch = []
                if self._stop.is_set():
                    return
            if batch:
                self._put(batch)
            self._put(None)
        except Exception as exc:  # noqa: BLE001  # raised in the thread that waits for it
            self._put(exc)

    def _put(self, item: Sequence[SampledFrame] | Exception | None) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=_PUT_WAIT_S)
            except queue.Full:
                continue
            return
