"""Root for a while without the right to pass over permissions, so that tests of what may not be written hold for it."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_VERSION = 0x20080522
_PASSES_OVER = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("thread", ctypes.c_int))


class _Half(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@contextmanager
def permissions_hold() -> Iterator[None]:
    """Inside the block file permissions are those of any user, in this thread."""
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, halves = _Header(_VERSION, 0), (_Half * 2)()
    if not hasattr(libc, "capset") or libc.capget(ctypes.byref(header), halves):
        pytest.skip("root cannot be had without its rights here")
    before = halves[0].effective
    halves[0].effective = before & ~_PASSES_OVER
    if libc.capset(ctypes.byref(header), halves):
        pytest.skip("root cannot be had without its rights here")
    try:
        yield
    finally:
        halves[0].effective = before
        libc.capset(ctypes.byref(header), halves)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Inside the block nothing in `folder` and below can be written, in this thread."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        with permissions_hold():
            yield
    finally:
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)
