"""The pictures of the README exist, are small, and can be made again."""

import re
from pathlib import Path

import cv2
from PIL import Image

from benchmarks import readme_pictures
from tests.episodes import scene_frame

ROOT = Path(__file__).resolve().parents[2]
LIMIT_BYTES = 300_000


def test_the_readme_and_the_docs_show_an_answer_a_preview_and_an_explanation() -> None:
    shown = {
        (page.parent / link).resolve()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for link in re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", page.read_text("utf-8"))
    }
    pictures = set((ROOT / "docs/pictures").glob("*.png"))
    assert {path.stem for path in pictures} == {"answer", "preview", "explanation"}
    assert shown == pictures
    assert sum(path.stat().st_size for path in pictures) < LIMIT_BYTES


def test_the_pictures_can_be_made_again(made_library: Path, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/data").symlink_to(made_library)
    cv2.imwrite(str(tmp_path / "demo/screenshot.jpg"), scene_frame(6, 10)[..., ::-1])
    readme_pictures.main([str(tmp_path / "demo"), "--out", str(tmp_path / "out")])
    sizes = {}
    for path in (tmp_path / "out").iterdir():
        with Image.open(path) as image:
            sizes[path.name] = image.size
    assert set(sizes) == {"answer.png", "preview.png", "explanation.png"}
    assert all(width > 600 and height > 200 for width, height in sizes.values())
