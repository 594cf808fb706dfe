"""Settings that are lists: as people write them, what is said of wrong ones, and how they are shown."""

from pathlib import Path

import pytest

from config.list_settings import environment_text
from config.settings import SettingsError, load_settings


@pytest.mark.parametrize("text", ["123,456", " 123 , 456, ", "[123, 456]", '["123", 456]', '"123", "456"'])
def test_numbers_are_taken_plain_and_as_json(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WHENANIME_DISCORD__CHANNELS", text)
    assert load_settings().discord.channels == {123, 456}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One", ("One",)),
        ("One, Two words", ("One", "Two words")),
        ('["One, or", "Two"]', ("One, or", "Two")),
        ('"One, or", "Two"', ("One, or", "Two")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("", ()),
        (" , ", ()),
    ],
)
@pytest.mark.parametrize("name", ["ADULT_SHOWS", "LINK_HOSTS"])
def test_texts_are_taken_plain_and_as_json(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, parts: tuple[str, ...]
) -> None:
    monkeypatch.setenv(f"WHENANIME_BOT__{name}", text)
    assert getattr(load_settings().bot, name.lower()) == parts


@pytest.mark.parametrize("text", ["channels = 123", "channels = [123]", 'channels = "123"'])
def test_the_file_may_say_one_number_as_it_likes(text: str) -> None:
    Path("whenanime.toml").write_text(f"[discord]\n{text}\n[bot]\nadult_shows = ['One']\n", "utf-8")
    assert load_settings().discord.channels == {123}
    assert load_settings().bot.adult_shows == ("One",)


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("DISCORD__CHANNELS", "general", "should be numbers, such as `123, 456` or `[123, 456]`, not 'general'"),
        ("DISCORD__CHANNELS", "[abc]", "should be a list, such as `123, 456` or `[123, 456]`, not '[abc]'"),
        ("DISCORD__CHANNELS", "[1.5]", "input should be a valid integer"),
        ("BOT__ADULT_SHOWS", '["One', 'should be a list, such as `One, Two` or `["One", "Two"]`'),
        ("BOT__ADULT_SHOWS", "[5]", "input should be a valid string, not 5"),
        ("BOT__TITLES", "One", 'should be JSON, such as `{"One": {"ja": "一"}}`, not \'One\''),
        ("BOT__TITLES", '{"One": 5}', "input should be a valid dictionary, not 5"),
    ],
)
def test_a_wrong_one_is_named_with_an_example(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, message: str
) -> None:
    monkeypatch.setenv(f"WHENANIME_{variable}", text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"WHENANIME_{variable}: {message}")
    assert str(caught.value).endswith("(environment)")


def test_titles_are_taken_whole_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_BOT__TITLES", '{"One": {"ja": "一"}}')
    assert load_settings().bot.titles == {"One": {"ja": "一"}}
    monkeypatch.delenv("WHENANIME_BOT__TITLES")
    monkeypatch.setenv("WHENANIME_BOT__TITLES__ONE__JA", "一")
    assert load_settings().bot.titles == {"one": {"ja": "一"}}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((), ""),
        (frozenset(), ""),
        ({}, ""),
        (None, ""),
        (frozenset({456, 123}), "123, 456"),
        (("One", "Two"), "One, Two"),
        (("One, or", "Two"), '["One, or", "Two"]'),
        (("[One]",), '["[One]"]'),
        ({"One": {"ja": "一"}}, '{"One": {"ja": "一"}}'),
        (4.0, "4.0"),
    ],
)
def test_a_value_is_shown_as_it_may_be_written(value: object, shown: str) -> None:
    assert environment_text(value) == shown


@pytest.mark.parametrize("parts", [("One",), ("One, or", "[Two]"), ('"Three"', "4"), ()])
def test_what_is_shown_is_taken(monkeypatch: pytest.MonkeyPatch, parts: tuple[str, ...]) -> None:
    monkeypatch.setenv("WHENANIME_BOT__ADULT_SHOWS", environment_text(parts))
    assert load_settings().bot.adult_shows == parts
