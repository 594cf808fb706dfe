"""What the README and the docs lead a user to."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.service.tokens import read_tokens
from config.settings import load_settings

ROOT = Path(__file__).parent.parent
DISCORD_TOKEN = ".".join(("MTIzNDU2Nzg5MDEyMzQ1Njc4", "x" * 6, "x" * 38))
TELEGRAM_TOKEN = "123456789:" + "A" * 35


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An empty repository that ignores what ours ignores."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    subprocess.run([git, "init", "--quiet", tmp_path], check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    return tmp_path


def _untracked(folder: Path) -> set[str]:
    listed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],  # noqa: S607  # `checkout` has looked for it
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line[3:] for line in listed.stdout.splitlines()}


def _chat_page() -> str:
    return (ROOT / "docs/chat.md").read_text(encoding="utf-8")


def test_token_files_and_settings_that_the_docs_lead_to_are_ignored_by_git(checkout: Path) -> None:
    files = re.findall(r"^install .*/dev/stdin (\S+)$", _chat_page(), re.M)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files += re.findall(r"TOKEN_FILE=([\w./]+)", readme + _chat_page())
    assert len(files) >= 2
    for name in (*files, "discord_token", ".env", "whenanime.toml"):  # the docs led to the second one before
        path = checkout / name.removeprefix("/run/")
        path.parent.mkdir(exist_ok=True)
        path.write_text("a token", "utf-8")
    assert _untracked(checkout) == {".gitignore"}


def test_a_settings_file_as_the_docs_show_it_gives_both_tokens(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", _chat_page(), re.M | re.S)
    (tmp_path / "whenanime.toml").write_text(shown, "utf-8")
    (tmp_path / "secrets").mkdir()
    for name, token in (("discord_token", DISCORD_TOKEN), ("telegram_token", TELEGRAM_TOKEN)):
        (tmp_path / "secrets" / name).write_text(f"{token}\n", "utf-8")
    tokens = read_tokens(load_settings())
    assert (tokens.discord, tokens.telegram) == (DISCORD_TOKEN, TELEGRAM_TOKEN)


def test_every_module_that_the_architecture_names_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:bot|config|core|ingest|tests|training)/[\w/]+(?:\.py|/))`", page)
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []
