"""The pictures of the README exist, are small, and can be made again."""

import re
from pathlib import Path

import cv2
import pytest
from PIL import Image

from benchmarks import page_picture, readme_pictures
from tests.episodes import scene_frame

ROOT = Path(__file__).resolve().parents[2]
LIMIT_BYTES = 400_000


def test_the_readme_and_the_docs_show_the_page_an_answer_a_preview_and_an_explanation() -> None:
    shown = {
        (page.parent / link).resolve()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for link in re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", page.read_text("utf-8"))
    }
    pictures = set((ROOT / "docs/pictures").glob("*.png"))
    assert {path.stem for path in pictures} == {"page", "answer", "preview", "explanation"}
    assert shown == pictures
    assert sum(path.stat().st_size for path in pictures) < LIMIT_BYTES


def test_the_pictures_can_be_made_again(made_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/data").symlink_to(made_library)
    monkeypatch.setattr(page_picture, "is_possible", lambda: False)  # tests of the page have their own browser
    cv2.imwrite(str(tmp_path / "demo/screenshot.jpg"), scene_frame(6, 10)[..., ::-1])
    readme_pictures.main([str(tmp_path / "demo"), "--out", str(tmp_path / "out")])
    sizes = {}
    for path in (tmp_path / "out").iterdir():
        with Image.open(path) as image:
            sizes[path.name] = image.size
    assert set(sizes) == {"answer.png", "preview.png", "explanation.png"}
    assert all(width > 600 and height > 200 for width, height in sizes.values())
