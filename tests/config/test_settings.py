import dataclasses
import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.settings import Settings, SettingsError, load_settings
from core.answering import SearchSpec
from core.previews import PreviewSpec
from core.stills import StillsSpec
from core.stores.base import IndexSpec
from ingest.frames import SamplingSpec


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
    ("variable", "value", "said"),
    [
        ("WHENANIME_FOO", "1", "WHENANIME_FOO: there is no such setting (environment)"),
        ("WHENANIME_INDEX__FOO", "1", "WHENANIME_INDEX__FOO: there is no such setting (environment)"),
        ("WHENANIME_INDEX__M", "many", "WHENANIME_INDEX__M: input should be a valid integer"),
        ("WHENANIME_SAMPLING__RATE_HZ", "-1", "WHENANIME_SAMPLING__RATE_HZ: input should be greater than 0"),
        ("WHENANIME_INDEX", "16", "WHENANIME_INDEX: is a section"),
        ("WHENANIME_MEDIA_ROOT", "ftp://nas/", "WHENANIME_MEDIA_ROOT: should be a folder or start with http"),
        ("WHENANIME_CONFIG", "nowhere.toml", "WHENANIME_CONFIG: there is no file nowhere.toml"),
    ],
)
def test_a_bad_variable_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[indx]\nm = 16\n", ["indx: there is no such setting (whenanime.toml)"]),
        ("[index]\nm = 1\nz = 2\n", ["index.m: input should be", "index.z: there is no such setting"]),
        ("[index\n", ["whenanime.toml: not valid TOML"]),
        ("[search]\nfound_at = 0.1\n", ["search: unsure_at should not be greater than found_at"]),
        ('[sampling]\nskip_head = "abc"\n', ["sampling.skip_head: string should match"]),
    ],
)
def test_every_bad_key_of_the_file_is_named(text: str, said: list[str]) -> None:
    Path("whenanime.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert len(lines) == len(said)
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=True))


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
    assert values.model_dump() == dataclasses.asdict(spec())
