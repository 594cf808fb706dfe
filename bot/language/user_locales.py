"""User locales: the languages that users chose, in a JSON file from user to locale."""

import json
import logging
from pathlib import Path
from threading import Lock

from bot.messages import UserId
from core.files import write_file

_log = logging.getLogger(__name__)


class UserLocales:
    """Users' choices, read once and written as a whole. For several threads. A damaged file counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._stored = _read(path)
        self._temporary: dict[UserId, str] = {}

    def chosen_locale(self, user: UserId) -> str:
        """The locale that a user chose; empty for none."""
        return self._temporary.get(user) or self._stored.get(user, "")

    def set_temporarily(self, user: UserId, locale: str) -> None:
        """Use a locale until the user chooses another or the process ends; nothing is written."""
        self._temporary[user] = locale

    def choose(self, user: UserId, locale: str) -> None:
        """Store a choice; blocking. `StorageError` when the disk refuses; it then holds until the next start."""
        with self._lock:
            self._temporary.pop(user, None)
            self._stored[user] = locale
            text = json.dumps(self._stored, ensure_ascii=False, indent=0)
            write_file(self._path, text, private=True, problem="languages cannot be kept")


def _read(path: Path) -> dict[UserId, str]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {UserId(str(user)): str(locale) for user, locale in values.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as exc:
        _log.warning("%s cannot be read; users choose their languages anew (%s)", path, type(exc).__name__)
        return {}
