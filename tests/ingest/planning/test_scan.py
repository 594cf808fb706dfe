import os
import shutil
import socket
from pathlib import Path

import pytest

from ingest.planning.scan import PassedOver, Unreadable, VideoFile, scan, stamp


def _touch(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _names(root: Path, *places: Path) -> list[str]:
    return [item.path.relative_to(root).as_posix() for item in scan(list(places)) if not isinstance(item, PassedOver)]


def test_videos_are_found_in_natural_order_and_nothing_else(tmp_path: Path) -> None:
    for name in [
        "S/10.mkv",
        "S/2.MP4",
        "S/notes.txt",
        "S/.hidden.mp4",
        ".trash/1.mp4",
        "第2季/第05集 名字.mp4",
        "a.gif",
    ]:
        _touch(tmp_path / name)
    assert _names(tmp_path, tmp_path) == ["a.gif", "S/2.MP4", "S/10.mkv", "第2季/第05集 名字.mp4"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        *[
            (f"{folder}/deleted/Show - 01.mkv", "in a recycle bin")
            for folder in (
                "#recycle",
                "@Recycle",
                "$RECYCLE.BIN",
                "$Recycle.Bin",
                "RECYCLER",
                ".Trash-1000",
                ".Trashes",
                ".recycle",
            )
        ],
        *[
            (f"Show/{folder}/01.mkv", "in a folder of the system's own")
            for folder in ("@eaDir", "#snapshot", ".@__thumb", "__MACOSX", "System Volume Information", "lost+found")
        ],
        ("Show/Sample/show-s01e01.mkv", "in a folder of samples"),
        ("Show/samples/01.mkv", "in a folder of samples"),
        ("Show/Trailers/Second One.mkv", "in a folder of trailers"),
        ("Show/show.s01e01.1080p-sample.mkv", "a sample"),
        ("Show/sample-show.s01e01.mkv", "a sample"),
    ],
)
def test_recycle_bins_samples_and_trailers_folders_are_passed_over(tmp_path: Path, path: str, reason: str) -> None:
    _touch(tmp_path / "Show/01.mkv")
    video = _touch(tmp_path / path)
    assert _names(tmp_path, tmp_path) == ["Show/01.mkv"]
    assert [item for item in scan([tmp_path]) if isinstance(item, PassedOver)] == [PassedOver(video, reason)]


@pytest.mark.parametrize(
    "path",
    [
        "The Sampler/01.mkv",
        "Trailer Park Girls/01.mkv",
        "Recycle of the Penguindrum/01.mkv",
        "Show/sample.mkv",
        "Show/PV/PV1.mkv",
        "Show/Extras/Free Sample Day.mkv",
    ],
)
def test_shows_that_only_sound_like_bins_and_samples_are_added(tmp_path: Path, path: str) -> None:
    _touch(tmp_path / path)
    assert _names(tmp_path, tmp_path) == [path]


def test_what_is_named_by_hand_is_added_even_out_of_a_recycle_bin(tmp_path: Path) -> None:
    video = _touch(tmp_path / "#recycle/Show/01.mkv")
    sample = _touch(tmp_path / "Sample/show-sample.mkv")
    assert _names(tmp_path, tmp_path / "#recycle", sample) == ["#recycle/Show/01.mkv", "Sample/show-sample.mkv"]
    assert video.exists()


def test_a_file_named_by_hand_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    video = _touch(tmp_path / "clip.ogm")
    (item,) = scan([video])
    assert isinstance(item, VideoFile)
    assert (item.path, item.root, item.relative) == (video, tmp_path, "clip.ogm")


def test_a_loop_of_links_is_walked_once(tmp_path: Path) -> None:
    _touch(tmp_path / "show/01.mp4")
    (tmp_path / "show/again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "loop").symlink_to("loop")
    items = [item for item in scan([tmp_path, tmp_path / "show"]) if isinstance(item, VideoFile)]
    assert [item.path.name for item in items] == ["01.mp4"]


def test_what_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (tmp_path / "ring.mp4").symlink_to("ring.mp4")
    (tmp_path / os.fsdecode(b"bad\xff.mp4")).write_bytes(b"x")
    items = list(scan([tmp_path, tmp_path / "missing"]))
    assert all(isinstance(item, Unreadable) for item in items)
    reasons = {item.path.name: item.reason for item in items if isinstance(item, Unreadable)}
    assert reasons["gone.mp4"] == "a link that leads nowhere"
    assert reasons["missing"] == "there is no such file or folder"
    assert "ring.mp4" in reasons
    assert "not valid text" in reasons[os.fsdecode(b"bad\xff.mp4")]


def test_pipes_and_sockets_are_named_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's address has to be short
    os.mkfifo("pipe.mp4")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.mkv")
        items = [*scan([tmp_path]), *scan([tmp_path / "pipe.mp4"])]
    reason = "is not a file but a pipe, a socket or a device"
    assert items == [Unreadable(tmp_path / name, reason) for name in ("pipe.mp4", "socket.mkv", "pipe.mp4")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        (item,) = scan([tmp_path])
    finally:
        closed.chmod(0o700)
    assert item == Unreadable(closed, "Permission denied")


def test_content_is_recognised_wherever_the_file_goes(tmp_path: Path) -> None:
    first = _touch(tmp_path / "a.mp4", os.urandom(5 << 20))
    second = tmp_path / "b" / "c.mp4"
    second.parent.mkdir()
    shutil.copy(first, second)
    altered = bytearray(first.read_bytes())
    altered[len(altered) // 2] ^= 1
    third = _touch(tmp_path / "d.mp4", bytes(altered))
    content, moved_content, altered_content = (
        stamp(VideoFile(path, tmp_path)).content for path in (first, second, third)
    )
    assert content == moved_content != altered_content
