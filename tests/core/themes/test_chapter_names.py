"""Names of chapters as releases have them, in four languages."""

import json
from pathlib import Path

import pytest

from core.themes.chapter_names import ChapterRole, chapter_role

_TABLE: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "chapter_names_table.json").read_text("utf-8")
)
"""By language and role; under `none` are names that say nothing of the kind."""
_ROWS = [
    (language, role, title)
    for language, titles_by_role in _TABLE.items()
    for role, titles in titles_by_role.items()
    for title in titles
]


def test_the_table_has_names_in_four_languages() -> None:
    assert _TABLE.keys() == {"en", "ja", "zh-Hans", "zh-Hant", "none"}
    assert len({title for language, _, title in _ROWS if language != "none"}) >= 80


@pytest.mark.parametrize(("language", "role", "title"), _ROWS)
def test_a_name_of_a_chapter(language: str, role: str, title: str) -> None:
    assert chapter_role(title) is (None if language == "none" else ChapterRole(role))


def test_a_name_of_any_length_is_read_in_no_time() -> None:
    assert chapter_role("op theme song " * 20_000) is None
    assert chapter_role("第" * 50_000) is None
