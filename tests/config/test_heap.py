"""Freed memory goes back to the system, not too often, and only where the C library can."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from config.heap import HeapTrimmer

ROOT = Path(__file__).resolve().parents[2]
GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")


def test_memory_is_given_back_every_two_seconds_at_most() -> None:
    trims: list[int] = []
    moments = iter((100.0, 100.0, 100.5, 101.9, 102.0, 103.0, 110.0))
    tidy = HeapTrimmer(lambda: next(moments), trims.append)
    for _ in range(6):
        tidy()
    assert len(trims) == 3


def _grown_mib(code: str) -> float:
    """By how much a process of its own has grown at the end of `code`."""
    script = f"""
import threading
import numpy as np
import psutil
from config.heap import HeapTrimmer, limit_arenas

limit_arenas()
rss = lambda: psutil.Process().memory_info().rss / 2**20
{code}
HeapTrimmer()()
print(rss() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


@GLIBC
def test_what_threads_have_freed_is_given_back() -> None:
    grown = _grown_mib("""
def work():
    held = [bytes(50_000) for _ in range(2000)]
    kept.append(held[-1])

kept, before = [], rss()
for _ in range(4):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
""")
    assert grown < 50


@GLIBC
def test_pictures_that_were_checked_leave_nothing_in_memory() -> None:
    """ONNX Runtime's own arena kept what the largest pictures took."""
    code = """
from core.keypoints.detector import open_detector

detector = open_detector()
noise = np.random.default_rng(0).integers(0, 255, (480, 480, 3)).astype(np.uint8)
detector.detect(noise)
HeapTrimmer()()
before = rss()
threads = [threading.Thread(target=detector.detect, args=(noise,)) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    grown = min(_grown_mib(code) for _ in range(3))  # a busy machine lets threads peak together now and then
    assert grown < 40
