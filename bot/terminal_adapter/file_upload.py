"""Uploads of local files."""

import asyncio
from pathlib import Path

from bot.messages import Upload
from core.errors import FetchError, FetchProblem


def file_upload(path: Path) -> Upload:
    """A file as an upload. Reading it raises `FetchError` when it is too large, deleted or not readable."""

    async def read(limit_bytes: int) -> bytes:
        return await asyncio.to_thread(_read, path, limit_bytes)

    return Upload(path.name, read)


def _read(path: Path, limit_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except FileNotFoundError as exc:
        raise FetchError(FetchProblem.NOT_FOUND, f"{path}: does not exist any more.") from exc
    except OSError as exc:
        raise FetchError(FetchProblem.UNREACHABLE, f"{path}: cannot be read: {exc.strerror}.") from exc
    if len(data) > limit_bytes:
        raise FetchError(FetchProblem.TOO_LARGE, f"{path}: has more than {limit_bytes} bytes.")
    return data
