"""Read-write lock: many readers or one writer.

Our own, because neither the standard library nor a library that is kept up to date has one that is fair to both sides.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class ReadWriteLock:
    """Shared by readers, exclusive for a writer; first come, first served, so that neither starves.

    A writer that releases the lock between blocks of work gets it again after the readers that have waited meanwhile.
    Not reentrant.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._reading = 0
        self._writing = False

    @property
    def waiting(self) -> int:
        """Number of threads that wait for the lock."""
        return len(self._queue)

    @contextmanager
    def read(self) -> Iterator[None]:
        """Shared lock of a block; waits for earlier writers."""
        with self._changed:
            self._await_turn(lambda: not self._writing)
            self._reading += 1
        try:
            yield
        finally:
            with self._changed:
                self._reading -= 1
                self._changed.notify_all()

    @contextmanager
    def write(self) -> Iterator[None]:
        """Exclusive lock of a block; waits for all earlier readers and writers."""
        with self._changed:
            self._await_turn(lambda: not (self._writing or self._reading))
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _await_turn(self, free: Callable[[], bool]) -> None:
        ticket = object()
        self._queue.append(ticket)
        try:
            self._changed.wait_for(lambda: self._queue[0] is ticket and free())
        finally:
            self._queue.remove(ticket)
            self._changed.notify_all()
