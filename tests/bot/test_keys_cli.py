"""`whenanime bot key`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.http_wiring import api_keys_path
from bot.storage.api_keys import ApiKeyStore
from core.errors import InputError


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHENANIME_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["key", *arguments], catch_exceptions=False)


def test_a_key_is_printed_once_and_works(data_dir: Path) -> None:
    printed = run("add", "program", "--quota", "10000", "--concurrency", "16")
    secret = printed.stdout.strip()
    key = ApiKeyStore(api_keys_path(data_dir)).find(secret)
    assert key is not None
    assert (key.quota, key.concurrency, key.operator) == (10_000, 16, False)
    assert "not shown again" in printed.stderr
    assert f"the data directory {data_dir}." in printed.stderr
    assert secret not in run("list").stdout + run("list", "--json").stdout


def test_a_key_may_do_what_an_address_may_unless_it_is_said(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_HTTP__QUOTA", "77")
    run("add", "operator", "--operator")
    (key,) = ApiKeyStore(api_keys_path(data_dir)).keys
    assert (key.quota, key.concurrency, key.operator) == (77, 4, True)


@pytest.mark.usefixtures("data_dir")
def test_keys_are_listed_for_people_and_programs() -> None:
    assert "`whenanime bot key add NAME` makes one" in run("list").stdout
    assert run("list", "--json").stdout == ""
    run("add", "[red]program[/]", "--quota", "10000")
    run("add", "me", "--operator")
    first, second = (json.loads(line) for line in run("list", "--json").stdout.splitlines())
    table = run("list").stdout.splitlines()
    assert (first["name"], first["quota"], first["operator"]) == ("[red]program[/]", 10_000, False)
    assert set(first) == {"name", "quota", "concurrency", "operator", "created"}
    assert (second["name"], second["operator"]) == ("me", True)
    assert table[1].split()[:3] == ["[red]program[/]", "10,000", "4"]
    assert table[2].split()[3] == "yes"


@pytest.mark.usefixtures("data_dir")
def test_a_key_is_revoked_by_its_name() -> None:
    run("add", "program")
    assert "works no more" in run("remove", "program").stdout
    with pytest.raises(InputError, match="There is no key named program"):
        run("remove", "program")


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("quota", ["0", "-1"])
def test_a_key_that_could_search_nothing_is_refused(
    quota: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=rf"--quota is {quota}, .*could search nothing: give it 1 at least"):
        run("add", "program", "--quota", quota)
    monkeypatch.setenv("WHENANIME_HTTP__QUOTA", "0")
    with pytest.raises(InputError, match=r"WHENANIME_HTTP__QUOTA \(--quota overrules it\) is 0"):
        run("add", "program")
    assert ApiKeyStore(api_keys_path(data_dir)).keys == ()
    run("add", "program", "--quota", "1")
    assert api_keys_path(data_dir).stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("arguments", [("--concurrency", "0"), ("--quota", "many")])
def test_numbers_that_make_no_sense_are_refused(arguments: tuple[str, str]) -> None:
    assert run("add", "program", *arguments).exit_code == 2
