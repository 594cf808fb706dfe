"""The memory benchmark searches frames of every video and records the memory."""

from pathlib import Path

import pytest

from benchmarks.search_memory import draw_pictures, measure


@pytest.mark.usefixtures("library_settings")
def test_memory_is_noted_from_the_opened_library_to_the_last_picture(tmp_path: Path) -> None:
    pictures = draw_pictures(tmp_path, 6)
    assert len(pictures) == 6
    report = measure(pictures, 4)
    curve = report["curve"]
    assert isinstance(curve, list)
    assert [note["pictures"] for note in curve] == [0, 4, 6]
    assert report["previews"] == 6
    assert 0 < curve[-1]["anonymous_mib"] < curve[-1]["rss_mib"] <= curve[-1]["peak_rss_mib"]
