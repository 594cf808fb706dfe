"""User locales: stored, replaced, lost when the file is damaged."""

from pathlib import Path

import pytest

from bot.language.user_locales import UserLocales
from bot.messages import UserId
from core.errors import StorageError

ANN, BEN = UserId("test:ann"), UserId("test:ben")


def test_choices_survive_a_restart_and_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "bot" / "languages.json"
    languages = UserLocales(path)
    assert languages.chosen_locale(ANN) == ""
    for user, locale in ((ANN, "zh"), (BEN, "ja"), (ANN, "en")):
        languages.choose(user, locale)
    again = UserLocales(path)
    assert (again.chosen_locale(ANN), again.chosen_locale(BEN)) == ("en", "ja")
    assert [file.name for file in path.parent.iterdir()] == ["languages.json"]


@pytest.mark.parametrize("damage", [b"{", b"[]", b"\xff", b"7", b""])
def test_a_damaged_file_is_an_empty_one_and_can_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    path = tmp_path / "languages.json"
    path.write_bytes(damage)
    languages = UserLocales(path)
    assert languages.chosen_locale(ANN) == ""
    assert "languages.json" in caplog.text
    languages.choose(ANN, "ja")
    assert UserLocales(path).chosen_locale(ANN) == "ja"


def test_a_language_for_the_meantime_is_not_kept_and_ends_with_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "languages.json"
    languages = UserLocales(path)
    languages.choose(ANN, "zh")
    languages.set_temporarily(ANN, "ja")
    assert (languages.chosen_locale(ANN), UserLocales(path).chosen_locale(ANN)) == ("ja", "zh")
    languages.choose(ANN, "en")
    assert (languages.chosen_locale(ANN), UserLocales(path).chosen_locale(ANN)) == ("en", "en")


def test_a_disk_that_refuses_is_said_and_the_choice_holds(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    languages = UserLocales(tmp_path / "file" / "languages.json")
    with pytest.raises(StorageError, match="cannot be kept"):
        languages.choose(ANN, "zh")
    assert languages.chosen_locale(ANN) == "zh"
