"""Lines typed at a terminal: paths, links, options, and names of files that do not exist."""

from pathlib import Path

import pytest

from bot.intake.typed_options import TypedLine, parse_line
from bot.messages import PictureUrl


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    path = tmp_path / "my shot.png"
    path.write_bytes(b"picture")
    return path


@pytest.mark.parametrize(
    "form", ["{}", "  {} \n", "'{}'", '"{}"', "file://{url}", "{escaped}", "{escaped} ", "'file://{url}'"]
)
def test_a_path_is_read_in_every_form_that_terminals_drop_it(shot: Path, form: str) -> None:
    text = str(shot)
    line = form.format(text, url=text.replace(" ", "%20"), escaped=text.replace(" ", "\\ "))
    assert parse_line(line) == TypedLine((shot,))


def test_a_path_may_be_relative_to_the_folder_or_to_home(
    shot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_line("my shot.png").pictures == (Path("my shot.png"),)
    assert parse_line("~/my\\ shot.png").pictures == (shot,)


def test_a_name_with_quotation_marks_and_signs_is_a_path_as_it_stands(tmp_path: Path) -> None:
    for name in ("it's.png", 'a "b".png', "50%20.png", "夜の雨 #1.png", "1"):
        (tmp_path / name).write_bytes(b"")
        assert parse_line(str(tmp_path / name)).pictures == (tmp_path / name,)


def test_several_paths_links_and_options_are_told_apart(shot: Path, tmp_path: Path) -> None:
    second = tmp_path / "b.png"
    second.write_bytes(b"")
    typed = parse_line(f"'{shot}' {second} https://example.org/a.png?x=1 show:\"Paper Boats\" season:1-2 together")
    assert typed.pictures == (shot, second, PictureUrl("https://example.org/a.png?x=1"))
    assert typed.options == 'show:"Paper Boats" season:1-2 together'
    assert not typed.missing


def test_what_looks_like_a_file_and_is_none_is_told(tmp_path: Path) -> None:
    assert parse_line("nowhere/a.png b.jpg 'unpaired").missing == ("nowhere/a.png", "b.jpg")
    assert parse_line(f"file://{tmp_path}/gone.png").missing == (f"{tmp_path}/gone.png",)
    assert parse_line("what is this").missing == ()
    assert parse_line("x" * 5000 + "\0").pictures == ()
