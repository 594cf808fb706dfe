"""A link in place of a picture's path."""

from pathlib import Path

import pytest

from core.errors import PictureError
from ingest.commands.link_paths import require_path


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_a_link_is_shown_as_it_was_typed_and_sent_to_the_chat(scheme: str) -> None:
    with pytest.raises(PictureError) as caught:
        require_path(Path(f"{scheme}://example.com/x.png"))
    assert str(caught.value).startswith(f"{scheme}://example.com/x.png: is a link; `whenanime chat` takes links")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["x.png", "/srv/https.png", "https", "ftp:/x"])
def test_paths_are_none(name: str) -> None:
    require_path(Path(name))


def test_a_file_in_a_folder_of_such_a_name_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("https:").mkdir()
    Path("https:/x.png").touch()
    require_path(Path("https:/x.png"))
