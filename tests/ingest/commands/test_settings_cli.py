"""`whenanime settings`: lists as they can be written."""

import pytest

from config.settings import load_settings
from ingest.commands.settings_cli import rows


def test_lists_are_shown_as_they_are_written_and_empty_ones_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_DISCORD__CHANNELS", "456,123")
    shown = {variable: value for variable, value, _meaning in rows(load_settings())}
    assert shown["WHENANIME_DISCORD__CHANNELS"] == "123, 456"
    assert shown["WHENANIME_BOT__ADULT_SHOWS"] == shown["WHENANIME_BOT__TITLES"] == ""
    assert not [value for value in shown.values() if value.startswith(("(", "{", "frozenset"))]
