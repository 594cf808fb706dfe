"""File types by names and first bytes."""

import pytest

from core.pictures.file_types import INDEXED_SUFFIXES, PICTURE_SUFFIXES, is_posted_picture, suffix_of


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (b"\x89PNG\r\n\x1a\n", ".png"),
        (b"\xff\xd8\xff\xe1", ".jpg"),
        (b"GIF89a", ".gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", ".avif"),
        (b"\x1a\x45\xdf\xa3", ".mp4"),
        (b"BM", ".bmp"),
        (b"", ".bin"),
        (b"hello", ".bin"),
    ],
)
def test_a_file_is_named_by_its_first_bytes(head: bytes, suffix: str) -> None:
    assert suffix_of(head) == suffix


@pytest.mark.parametrize("name", ["shot.PNG", "a.b.jpeg", "clip.webm", "https://host.example/x.heic", "newer.jxl"])
def test_what_people_post_as_a_picture_is_told_by_its_name(name: str) -> None:
    assert is_posted_picture(name)


@pytest.mark.parametrize("name", ["source.ts", "notes.txt", "png", "shot.png.zip", ""])
def test_other_files_of_a_chat_are_no_pictures(name: str) -> None:
    assert not is_posted_picture(name)


def test_animations_are_pictures_and_are_indexed() -> None:
    assert {".gif"} == PICTURE_SUFFIXES & INDEXED_SUFFIXES
