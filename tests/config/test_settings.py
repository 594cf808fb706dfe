import dataclasses
import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.settings import Settings, SettingsError, load_settings
from core.library.stills import StillsSpec
from core.previews.spec import PreviewSpec
from core.search.picture_search import SearchSpec
from core.stores.base import IndexSpec
from ingest.indexing.frame_sampling import SamplingSpec


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, _own_settings: None) -> None:
    for name in [name for name in os.environ if name.startswith("WHENANIME_")]:
        monkeypatch.delenv(name)


def test_without_file_and_environment_the_defaults_hold() -> None:
    assert load_settings() == Settings.model_construct()
    assert load_settings().data_dir == Path("data")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("whenanime.toml").write_text("[index]\nm = 24\nef = 99\n", "utf-8")
    monkeypatch.setenv("WHENANIME_INDEX__M", "32")
    assert (load_settings().index.m, load_settings().index.ef, load_settings().index.ef_construction) == (32, 99, 300)


def test_the_file_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('data_dir = "/srv/when"\n', "utf-8")
    monkeypatch.setenv("WHENANIME_CONFIG", str(tmp_path / "other.toml"))
    assert load_settings().data_dir == Path("/srv/when")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("WHENANIME_FOO", "1", "WHENANIME_FOO: there is no such setting (environment)"),
        ("WHENANIME_INDEX__FOO", "1", "WHENANIME_INDEX__FOO: there is no such setting (environment)"),
        ("WHENANIME_INDEX__M", "many", "WHENANIME_INDEX__M: input should be a valid integer"),
        ("WHENANIME_SAMPLING__RATE_HZ", "-1", "WHENANIME_SAMPLING__RATE_HZ: input should be greater than 0"),
        ("WHENANIME_INDEX", "16", "WHENANIME_INDEX: is a section"),
        ("WHENANIME_DATA_DIR", "", "WHENANIME_DATA_DIR: should name a folder; leave it out for `data`"),
        ("WHENANIME_SAMPLING__RATE_HZ", "nan", "WHENANIME_SAMPLING__RATE_HZ: should be a finite number, not 'nan'"),
        ("WHENANIME_SEARCH__FOUND_AT", "NaN", "WHENANIME_SEARCH__FOUND_AT: should be a finite number, not 'NaN'"),
        ("WHENANIME_BOT__DEADLINE_S", "inf", "WHENANIME_BOT__DEADLINE_S: should be a finite number, not 'inf'"),
        (
            "WHENANIME_SEARCH__FOUND_AT",
            "0.2",
            "WHENANIME_SEARCH: found_at (0.2) should not be below unsure_at (0.3) (environment)",
        ),
        ("WHENANIME_MEDIA_ROOT", "ftp://nas/", "WHENANIME_MEDIA_ROOT: should be a folder or start with http"),
        ("WHENANIME_CONFIG", "nowhere.toml", "WHENANIME_CONFIG: there is no file nowhere.toml"),
    ],
)
def test_a_bad_variable_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[indx]\nm = 16\n", ["indx: there is no such setting (whenanime.toml)"]),
        ("[index]\nm = 1\nz = 2\n", ["index.m: input should be", "index.z: there is no such setting"]),
        ("[index\n", ["whenanime.toml: not valid TOML"]),
        ("[search]\nfound_at = 0.1\n", ["search: found_at (0.1) should not be below unsure_at (0.3) (whenanime.toml)"]),
        ("data_dir = 5\n", ["data_dir: should be a path, as text in quotes, not 5 (whenanime.toml)"]),
        ("[search]\nfound_at = nan\n", ["search.found_at: should be a finite number, not nan (whenanime.toml)"]),
    ],
)
def test_every_bad_key_of_the_file_is_named(text: str, messages: list[str]) -> None:
    Path("whenanime.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert len(lines) == len(messages)
    assert all(line.startswith(start) for line, start in zip(lines, messages, strict=True))


@pytest.mark.parametrize("value", ["5x", "500%", "-1", "abc", "", "nan"])
@pytest.mark.parametrize("end", ["HEAD", "TAIL"])
def test_what_is_left_out_is_explained_in_words(monkeypatch: pytest.MonkeyPatch, end: str, value: str) -> None:
    monkeypatch.setenv(f"WHENANIME_SAMPLING__SKIP_{end}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == (
        f"WHENANIME_SAMPLING__SKIP_{end}: should be seconds (`90`, `90s`) or a share of at most 100 % (`5%`), "
        f"not {value!r} (environment)"
    )


@pytest.mark.parametrize("value", ["0", "90", " 90 s ", "1.5s", "5%", "100 %"])
def test_what_settings_take_to_be_left_out_the_sampler_takes_too(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("WHENANIME_SAMPLING__SKIP_HEAD", value)
    assert SamplingSpec(**load_settings().sampling.model_dump()).skip_head == value


@pytest.mark.parametrize("level", ["info", "Debug", "WARNING"])
def test_the_case_of_the_log_level_does_not_matter(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setenv("WHENANIME_LOG_LEVEL", level)
    assert load_settings().log_level == level.upper()


def test_an_encoder_that_is_empty_is_none_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_ENCODER", "")
    assert load_settings().encoder is None


@pytest.mark.parametrize("text", ["[telegram]\ntoken = 12345\n", '[telegram]\ntoken = "12345"\nmode = "webhook"\n'])
def test_a_token_is_never_in_an_error(text: str) -> None:
    Path("whenanime.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="telegram") as caught:
        load_settings()
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        ("MEDIA_ROOT", "ftp://me:pa/ss@nas/videos?key=pass", "'ftp://***@nas/videos?***'"),
        ("TELEGRAM__BASE_URL", "me:pass@proxy.test/bot", "'***@proxy.test/bot'"),
        ("DISCORD__GATEWAY_URL", "https://gateway.test/?token=pass", "'https://gateway.test/?***'"),
        ("BOT__SHOW_URL", "anilist.co/{title}", "'anilist.co/{title}'"),
    ],
)
def test_an_address_in_an_error_is_without_what_is_secret_in_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, shown: str
) -> None:
    monkeypatch.setenv(f"WHENANIME_{variable}", value)
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings()
    assert f"not {shown} (environment)" in str(caught.value)
    assert "pass" not in str(caught.value)


def test_secrets_that_are_set_and_empty_are_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("DISCORD__TOKEN", "DISCORD__TOKEN_FILE", "TELEGRAM__TOKEN", "TELEGRAM__TOKEN_FILE", "TELEGRAM__SECRET")
    for name, blank in zip(names, ("", "", " ", " ", ""), strict=True):
        monkeypatch.setenv(f"WHENANIME_{name}", blank)
    settings = load_settings()
    assert (settings.discord.token, settings.discord.token_file) == (None, None)
    assert (settings.telegram.token, settings.telegram.token_file, settings.telegram.secret) == (None, None, None)


@pytest.mark.parametrize(
    ("secret", "message"), [("", "needs url and secret"), ("two words", "1 to 256"), ("x" * 257, "1 to 256")]
)
def test_a_webhook_is_not_opened_without_a_secret_that_telegram_takes(
    monkeypatch: pytest.MonkeyPatch, secret: str, message: str
) -> None:
    monkeypatch.setenv("WHENANIME_TELEGRAM__MODE", "webhook")
    monkeypatch.setenv("WHENANIME_TELEGRAM__URL", "https://bot.test/telegram")
    monkeypatch.setenv("WHENANIME_TELEGRAM__SECRET", secret)
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings()
    assert not secret or secret not in str(caught.value)


def test_a_title_may_lead_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_BOT__SHOW_URL", "")
    assert load_settings().bot.show_url == ""


def test_a_file_that_is_not_text_is_named() -> None:
    Path("whenanime.toml").write_bytes(b"\xff\xfebad")
    with pytest.raises(SettingsError, match=r"whenanime\.toml: is not text in UTF-8"):
        load_settings()


@pytest.mark.parametrize(
    ("section", "spec"),
    [
        ("sampling", SamplingSpec),
        ("stills", StillsSpec),
        ("index", IndexSpec),
        ("search", SearchSpec),
        ("preview", PreviewSpec),
    ],
)
def test_a_section_has_the_fields_and_defaults_of_the_spec_it_becomes(section: str, spec: type) -> None:
    values: BaseModel = getattr(Settings.model_construct(), section)
    assert values.model_dump(exclude={"color_layout", "themes_once"}) == dataclasses.asdict(spec())
