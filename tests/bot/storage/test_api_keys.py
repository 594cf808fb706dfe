"""API keys in their file."""

from pathlib import Path

import pytest

from bot.storage.api_keys import ApiKeyStore
from core.errors import InputError, StorageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot" / "api-keys.json"


def test_a_key_works_at_once_in_another_process_until_it_is_removed(path: Path) -> None:
    command, server = ApiKeyStore(path), ApiKeyStore(path)
    assert server.find("wa_anything") is None
    secret = command.add("program", quota=10, concurrency=2)
    key = server.find(secret)
    assert key is not None
    assert (key.name, key.quota, key.concurrency, key.operator) == ("program", 10, 2, False)
    command.remove("program")
    assert server.find(secret) is None


def test_a_key_that_takes_the_place_of_another_is_noticed(path: Path) -> None:
    command, server = ApiKeyStore(path), ApiKeyStore(path)
    for number in range(50):
        secret = command.add(f"key{number % 10}", quota=1, concurrency=1)
        assert server.find(secret) is not None
        command.remove(f"key{number % 10}")


def test_nothing_in_the_file_lets_anybody_in(path: Path) -> None:
    store = ApiKeyStore(path)
    secret = store.add("program", quota=10, concurrency=2, operator=True)
    assert len(secret) > 40
    assert secret not in path.read_text("utf-8")
    assert store.find(store.keys[0].digest) is None
    assert store.find("program") is None


def test_the_file_is_its_owners_also_where_an_earlier_version_made_it(path: Path) -> None:
    store = ApiKeyStore(path)
    store.add("program", quota=10, concurrency=2)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert ApiKeyStore(path).keys == store.keys
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_key_needs_a_name(name: str, path: Path) -> None:
    with pytest.raises(InputError, match="A key needs a name"):
        ApiKeyStore(path).add(name, quota=1, concurrency=1)


def test_a_name_is_given_once(path: Path) -> None:
    store = ApiKeyStore(path)
    store.add("program", quota=1, concurrency=1)
    with pytest.raises(InputError, match="There is a key named program already"):
        store.add(" program ", quota=1, concurrency=1)


@pytest.mark.parametrize("text", ["", "{}", '[{"name": 1}]'])
def test_a_damaged_file_is_named(text: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(StorageError, match=r"api-keys\.json: is no file of API keys"):
        ApiKeyStore(path).find("anything")


@pytest.mark.parametrize("secret", ["", "\udcff", "é" * 10_000])
def test_any_text_may_be_shown_as_a_key(secret: str, path: Path) -> None:
    store = ApiKeyStore(path)
    store.add("program", quota=1, concurrency=1)
    assert store.find(secret) is None
