"""Packs of stored pictures: atomic writes, damage, reading of single pictures."""

import errno
import io
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
import pytest

from core.errors import StorageError, StoreError
from core.library.stills import StillsReader, StillsSpec, StillsWriter
from core.pictures.pixels import Rgb
from core.timecode import Millis
from tests.clips import drawing, number_in

TIMES = [0, 250, 1000, 1250, 4_000_000_000]
HEADER_BYTES = 28
ROW_BYTES = 20


def _picture(number: int) -> Rgb:
    return drawing(number, 320, 180, shot=number)


def _write(path: Path, times: list[int] = TIMES, quality: int = 80) -> Path:
    with StillsWriter(path, quality=quality) as writer:
        for number, time_ms in enumerate(times):
            writer.add(Millis(time_ms), _picture(number))
        writer.commit()
    return path


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return _write(tmp_path / "stills" / "00000001.pack")


def test_every_picture_is_given_back_at_its_time(pack: Path) -> None:
    with StillsReader(pack) as stills:
        assert stills.times_ms.tolist() == TIMES
        assert len(stills) == len(TIMES)
        for number, time_ms in enumerate(TIMES):
            rgb = stills.rgb(time_ms)
            assert (rgb.shape, rgb.dtype) == ((180, 320, 3), np.dtype(np.uint8))
            assert number_in(rgb) == number
            error = rgb.astype(float) - _picture(number)
            assert np.abs(error).mean() < 6  # red and blue are not swapped


def test_a_folder_with_a_chinese_name(tmp_path: Path) -> None:
    path = _write(tmp_path / "夜の雨" / "图片库" / "00000007.pack")
    with StillsReader(path) as stills:
        assert number_in(stills.rgb(1000)) == 2


def test_quality_costs_bytes_and_shows(tmp_path: Path) -> None:
    low, high = (_write(tmp_path / f"{quality}.pack", quality=quality) for quality in (20, 95))
    assert high.stat().st_size > 1.5 * low.stat().st_size
    with StillsReader(low) as low_stills, StillsReader(high) as high_stills:
        errors = [np.abs(stills.rgb(250).astype(float) - _picture(1)).mean() for stills in (low_stills, high_stills)]
    assert errors[1] < errors[0]


def test_nearest_pictures_come_nearest_first(pack: Path) -> None:
    with StillsReader(pack) as stills:
        assert stills.nearest(1100) == [1000]
        assert stills.nearest(1130, 3) == [1250, 1000, 250]
        assert stills.nearest(125, 2) == [0, 250]
        assert stills.nearest(-5, 99) == TIMES
        assert stills.nearest(4_294_967_295, 1) == [4_000_000_000]
        assert stills.nearest(0, 0) == []


def test_a_time_without_a_picture_is_named(pack: Path) -> None:
    with StillsReader(pack) as stills:
        assert 250 in stills
        assert stills.times_ms[1] in stills
        for time_ms in (251, -1, 1 << 40):
            assert time_ms not in stills
            with pytest.raises(StoreError, match=rf"00000001\.pack: there is no stored picture of .*\({time_ms} ms\)"):
                stills.rgb(time_ms)


def test_a_pack_without_pictures(tmp_path: Path) -> None:
    with StillsReader(_write(tmp_path / "1.pack", [])) as stills:
        assert len(stills) == 0
        assert stills.nearest(0, 3) == []


def test_times_must_ascend(tmp_path: Path) -> None:
    with StillsWriter(tmp_path / "1.pack", quality=80) as writer:
        writer.add(Millis(500), _picture(0))
        for time_ms in (500, 499, -1, 1 << 32):
            with pytest.raises(ValueError, match=f"{time_ms} ms"):
                writer.add(Millis(time_ms), _picture(1))


def test_what_is_not_committed_leaves_the_pack_before_it(pack: Path) -> None:
    before = pack.read_bytes()
    with StillsWriter(pack, quality=80) as writer:
        writer.add(Millis(9), _picture(9))
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]
    assert pack.read_bytes() == before


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), StillsWriter(tmp_path / "s" / "1.pack", quality=80) as writer:
        _stopped_after_one(writer)
    assert list((tmp_path / "s").iterdir()) == []


def _stopped_after_one(writer: StillsWriter) -> None:
    writer.add(Millis(9), _picture(9))
    raise KeyError


def test_a_writer_that_never_ended_is_no_pack_and_its_leftover_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "1.pack"
    leftover = path.with_name("1.pack.part")
    with StillsWriter(path, quality=80) as killed:
        for number in range(20):
            killed.add(Millis(number), _picture(number))
        beginning = leftover.read_bytes()
    assert len(beginning) > HEADER_BYTES
    assert not path.exists()
    leftover.write_bytes(beginning)
    with pytest.raises(StoreError, match="damaged"):
        StillsReader(leftover)
    _write(path)
    assert not leftover.exists()
    with StillsReader(path) as stills:
        assert stills.times_ms.tolist() == TIMES


def _cuts(size: int) -> list[int]:
    table = size - len(TIMES) * ROW_BYTES
    return [0, 1, 7, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1, size // 2, table - 1, table, table + 1, size - 1]


@pytest.mark.parametrize("where", range(11))
def test_a_pack_that_was_cut_off_is_told(pack: Path, where: int) -> None:
    whole = pack.read_bytes()
    pack.write_bytes(whole[: _cuts(len(whole))[where]])
    with pytest.raises(StoreError, match=r"00000001\.pack: the stored pictures are damaged$"):
        StillsReader(pack)


def test_bytes_behind_the_end_are_told(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes() + b"\0")
    with pytest.raises(StoreError, match="damaged"):
        StillsReader(pack)


def _flip(path: Path, where: int) -> None:
    data = bytearray(path.read_bytes())
    data[where] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("where", [*range(8), *range(12, HEADER_BYTES), -1, -ROW_BYTES, -ROW_BYTES * len(TIMES)])
def test_a_changed_byte_of_header_or_table_is_told(pack: Path, where: int) -> None:
    _flip(pack, where)
    with pytest.raises(StoreError, match=r"00000001\.pack: .*damaged"):
        StillsReader(pack)


def test_a_changed_byte_of_a_picture_costs_that_picture_only(pack: Path) -> None:
    _flip(pack, HEADER_BYTES + 700)
    with StillsReader(pack) as stills:
        with pytest.raises(StoreError, match=r"00000001\.pack: .*damaged"):
            stills.rgb(TIMES[0])
        assert number_in(stills.rgb(TIMES[1])) == 1


def test_another_version_is_said_to_be_one(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[8:12] = struct.pack("<I", 2)
    pack.write_bytes(data)
    with pytest.raises(StoreError, match="another version of WhenAnime"):
        StillsReader(pack)


def test_no_pack_and_a_folder_in_its_place_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.pack: the stored pictures are missing"):
        StillsReader(tmp_path / "none.pack")
    with pytest.raises(StoreError, match="cannot be read"):
        StillsReader(tmp_path)


def test_a_pack_replaced_while_open_gives_its_own_pictures(pack: Path) -> None:
    with StillsReader(pack) as stills:
        _write(pack, [0, 1])
        assert number_in(stills.rgb(1250)) == 3
    with StillsReader(pack) as stills:
        assert stills.times_ms.tolist() == [0, 1]


def test_reading_one_picture_reads_its_bytes_only(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class CountingFile(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size or 0)
            return super().read(size)

    monkeypatch.setattr(Path, "open", lambda path, *_arguments, **_options: CountingFile(path))
    with StillsReader(pack) as stills:
        sizes.clear()
        stills.rgb(1000)
    assert len(sizes) == 1
    assert sizes[0] < pack.stat().st_size / 3


def test_several_threads_get_the_right_pictures(pack: Path) -> None:
    wrong: list[int] = []

    def ask(stills: StillsReader, first: int) -> None:
        for step in range(25):
            number = (first + step) % len(TIMES)
            if number_in(stills.rgb(TIMES[number])) != number:
                wrong.append(number)

    with StillsReader(pack) as stills:
        threads = [threading.Thread(target=ask, args=(stills, first)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def _full(_file: BinaryIO) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _open_full(path: Path, *_arguments: object, **_options: object) -> IO[bytes]:
    """What is written beside the pack goes to a device that is always full; the file itself is there."""
    path.touch()
    return open("/dev/full", "wb")  # noqa: PTH123  # `Path.open` is what this replaces


@pytest.mark.parametrize("break_it", ["add", "commit"])
def test_a_full_disk_is_told_and_leaves_the_pack_before_it(
    pack: Path, break_it: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pack.read_bytes()
    step: Callable[[StillsWriter], None] = {
        "add": lambda writer: [writer.add(Millis(number), _picture(number)) for number in range(1, 20)][-1],
        "commit": StillsWriter.commit,
    }[break_it]
    with monkeypatch.context() as patch:
        if break_it == "add":
            patch.setattr(Path, "open", _open_full)
        with StillsWriter(pack, quality=80) as writer:
            patch.setattr(os, "fsync", _full)
            with pytest.raises(StorageError, match=r"00000001\.pack: cannot be written: No space left"):
                step(writer)
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]
    assert pack.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "stills").write_text("a file in the folder's place", "utf-8")
    with pytest.raises(StorageError, match=r"1\.pack: cannot be written"):
        StillsWriter(tmp_path / "stills" / "1.pack", quality=80)


def test_something_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    with StillsWriter(tmp_path / "1.pack", quality=80) as writer, pytest.raises(StoreError, match="cannot be stored"):
        writer.add(Millis(0), np.zeros((0, 4, 3), np.uint8))


@pytest.mark.parametrize(
    ("width", "shown", "stored"),
    [
        (368, (1920, 1080), (368, 207)),
        (368, (1080, 1920), (207, 368)),
        (368, (320, 180), (320, 180)),
        (368, (4000, 2), (368, 1)),
        (0, (1920, 1080), None),
    ],
)
def test_sizes_keep_the_shape_and_never_grow(
    width: int, shown: tuple[int, int], stored: tuple[int, int] | None
) -> None:
    assert StillsSpec(width=width).size_of(*shown) == stored
