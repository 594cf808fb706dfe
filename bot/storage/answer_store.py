"""The answer store: answers with their pictures, results and options, kept on disk for their buttons.

<id>/picture-0.bin …   the pictures as they were sent
<id>/case.json         a `StoredAnswer`; the folder is written aside and renamed when it is complete
"""

import logging
import os
import secrets
import shutil
import string
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.messages import UserId
from bot.replies.button_actions import AnswerId
from core.domain import SearchResult
from core.files import PART_SUFFIX, StagedPath, storage_errors

_FILE: Final = "case.json"
_PICTURE: Final = "picture-{}.bin"
_LETTERS: Final = string.ascii_letters + string.digits
_LENGTH: Final = 10
_PRUNE_EVERY_S: Final = 600.0
_PRUNE_SHARE: Final = 16
"""The part of the limit of bytes by which answers may grow before old ones are deleted again."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """The request behind an answer. `generation` is that of the index; `album`: the answers of all pictures of one
    reply, an empty id for a picture that has none.
    """

    user: UserId
    generation: str
    locale: str = ""
    spoiler: bool = False
    muted: bool = False
    album: tuple[AnswerId, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A stored answer; `at_s` is when it was stored, in seconds since 1970."""

    id: AnswerId
    at_s: float
    result: SearchResult
    facts: AnswerFacts


def new_answer_id() -> AnswerId:
    """An id that cannot be guessed: ten random letters and digits."""
    return AnswerId("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))


class AnswerStore:
    """Answers under one folder, for `keep_s` seconds; they survive a restart. For several threads.

    The oldest are deleted earlier when all together take more than `limit_bytes`. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        keep_s: float,
        clock: Callable[[], float] = time.time,
        *,
        limit_bytes: int = 4 << 30,
    ) -> None:
        self._folder = folder
        self._keep_s = keep_s
        self._clock = clock
        self._limit_bytes = limit_bytes
        self._pruned_s: float | None = None
        self._put_bytes = 0

    def put(
        self, result: SearchResult, pictures: Sequence[bytes], facts: AnswerFacts, answer_id: AnswerId | None = None
    ) -> AnswerId:
        """Store an answer, under `answer_id` if it has one already; now and then old answers are deleted.

        `StorageError` when the disk refuses.
        """
        answer = StoredAnswer(answer_id or new_answer_id(), self._clock(), result, facts)
        folder = self._folder / answer.id
        with storage_errors(folder, "the answer cannot be kept for its buttons"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with StagedPath(folder, sync=False) as part:
                part.mkdir(mode=0o700)
                for number, picture in enumerate(pictures):
                    (part / _PICTURE.format(number)).write_bytes(picture)
                (part / _FILE).write_bytes(_adapter().dump_json(answer, by_alias=True))
                os.utime(part, (answer.at_s, answer.at_s))
        self._put_bytes += sum(map(len, pictures))
        late = self._pruned_s is None or answer.at_s - self._pruned_s >= _PRUNE_EVERY_S
        if late or self._put_bytes > self._limit_bytes // _PRUNE_SHARE:
            self.prune()
        return answer.id

    def get(self, answer_id: AnswerId) -> StoredAnswer | None:
        """The answer; `None` when it is not there, too old or damaged."""
        if not _is_answer_id(answer_id):
            return None
        try:
            answer = _adapter().validate_json((self._folder / answer_id / _FILE).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as exc:
            _log.warning("stored answer %s cannot be read and counts as gone (%s)", answer_id, type(exc).__name__)
            return None
        return answer if answer.id == answer_id and self._clock() - answer.at_s < self._keep_s else None

    def pictures(self, answer_id: AnswerId) -> tuple[bytes, ...]:
        """The pictures as they were sent; empty when they are not there any more."""
        pictures: list[bytes] = []
        if _is_answer_id(answer_id):
            try:
                while (path := self._folder / answer_id / _PICTURE.format(len(pictures))).is_file():
                    pictures.append(path.read_bytes())
            except OSError as exc:
                _log.warning("pictures of stored answer %s cannot be read (%s)", answer_id, exc.strerror)
        return tuple(pictures)

    def prune(self) -> int:
        """Delete answers that are too old, and the oldest beyond the limit of bytes; how many were deleted."""
        now_s = self._pruned_s = self._clock()
        self._put_bytes = 0
        deleted = total_bytes = 0
        for at_s, size_bytes, folder in sorted(self._folders(), reverse=True):
            total_bytes += size_bytes
            if now_s - at_s >= self._keep_s or total_bytes > self._limit_bytes:
                shutil.rmtree(folder, ignore_errors=True)
                deleted += 1
        return deleted

    def _folders(self) -> Iterator[tuple[float, int, Path]]:
        """Time, size in bytes and folder of every answer."""
        for folder in self._folder.glob("*"):
            if not _is_answer_id(folder.name.removesuffix(PART_SUFFIX)):
                continue
            with suppress(FileNotFoundError):  # another thread deletes too
                yield folder.stat().st_mtime, sum(path.stat().st_size for path in folder.iterdir()), folder


def _is_answer_id(name: str) -> bool:
    return len(name) == _LENGTH and all(letter in _LETTERS for letter in name)


@cache
def _adapter() -> TypeAdapter[StoredAnswer]:
    return TypeAdapter(StoredAnswer)
