"""Feedback: stored entries, their order, and damaged ones that are left out."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Area
from core.errors import StorageError
from core.library.feedback import CASE_FILE, Correction, CorrectionKind, FeedbackEntry, FeedbackStore, StatedMoment
from tests.bot.results import result, scene

ENTRY = FeedbackEntry(
    case="aB3dE6gH9j",
    voice="0a1b2c",
    when="2026-03-04T05:06:07+00:00",
    generation="generation-000003",
    result=result(scene(), replace(scene("夜の雨"), shown=Area(0.1, 0, 0.9, 0.8), mirrored=True), sequence=True),
    correction=Correction(CorrectionKind.SCENE, scene=1),
)


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback")


def test_an_entry_comes_back_as_it_was(store: FeedbackStore) -> None:
    store.add(ENTRY, [b"first", b"second"])
    assert list(store.entries()) == [ENTRY]
    assert [path.read_bytes() for path in store.pictures(ENTRY)] == [b"first", b"second"]
    assert ENTRY.right == ENTRY.result.scenes[1]


def test_what_is_written_can_be_read_without_us(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(ENTRY, [b"picture"])
    (path,) = (tmp_path / "feedback").rglob(CASE_FILE)
    values = json.loads(path.read_text("utf-8"))
    assert values["correction"] == {"kind": "scene", "scene": 1, "text": "", "moment": None}
    assert values["result"]["scenes"][1]["name"]["show"] == "夜の雨"
    assert sorted(file.name for file in path.parent.iterdir()) == [CASE_FILE, "picture-0.bin"]


def test_the_last_word_of_a_voice_counts_and_others_have_their_own(store: FeedbackStore) -> None:
    later = replace(ENTRY, when="2026-03-04T06:00:00+00:00", correction=Correction(CorrectionKind.TEXT, text="Boats 2"))
    earlier = replace(
        ENTRY, voice="ffffff", when="2026-01-01T00:00:00+00:00", correction=Correction(CorrectionKind.NONE)
    )
    for entry in (ENTRY, later, earlier):
        store.add(entry, [b"picture"])
    assert list(store.entries()) == [earlier, later]
    assert later.right is None


def test_a_number_that_no_scene_has_is_not_right() -> None:
    assert replace(ENTRY, correction=Correction(CorrectionKind.SCENE, scene=2)).right is None
    assert replace(ENTRY, correction=Correction(CorrectionKind.SCENE, scene=-1)).right is None


@pytest.mark.parametrize("damage", ["{", "{}", '{"case": 1}', ""])
def test_a_damaged_entry_is_left_out_and_named(
    store: FeedbackStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    store.add(ENTRY, [])
    broken = replace(ENTRY, case="broken")
    store.add(broken, [])
    (tmp_path / "feedback" / "broken-0a1b2c" / CASE_FILE).write_text(damage)
    with caplog.at_level(logging.WARNING):
        assert list(store.entries()) == [ENTRY]
    assert "broken-0a1b2c" in caplog.text


def test_half_an_entry_is_none(store: FeedbackStore, tmp_path: Path) -> None:
    (tmp_path / "feedback" / "half-0a1b2c").mkdir(parents=True)
    (tmp_path / "feedback" / "half-0a1b2c" / "picture-0.bin").write_bytes(b"picture")
    assert list(store.entries()) == []


def test_names_cannot_lead_elsewhere(store: FeedbackStore) -> None:
    for entry in (replace(ENTRY, case="../up"), replace(ENTRY, voice="a/b"), replace(ENTRY, case="")):
        with pytest.raises(ValueError, match="not names of a folder"):
            store.add(entry, [])


def test_a_disk_that_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="feedback cannot be written"):
        FeedbackStore(tmp_path / "file").add(ENTRY, [])


def test_places_where_a_shot_repeats_are_stored_under_the_key_that_older_entries_have(store: FeedbackStore) -> None:
    store.add(ENTRY, [b"picture"])
    path = store.pictures(ENTRY)[0].with_name(CASE_FILE)
    values = json.loads(path.read_text("utf-8"))
    (repeat,) = values["result"]["scenes"][0]["also"]
    assert repeat["path"] == ENTRY.result.scenes[0].repeats[0].path
    values["result"]["scenes"][0] = {
        key: values["result"]["scenes"][0][key]
        for key in ("file_id", "path", "name", "from_ms", "at_ms", "to_ms", "similarity", "probability", "also")
    }
    path.write_text(json.dumps(values), "utf-8")
    assert [entry.result.scenes[0].repeats for entry in store.entries()] == [ENTRY.result.scenes[0].repeats]


def test_an_entry_is_had_by_its_id_and_by_no_path(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(ENTRY, [b"picture"])
    (tmp_path / "outside-1").mkdir()
    (tmp_path / "outside-1" / CASE_FILE).write_bytes((tmp_path / "feedback" / ENTRY.id / CASE_FILE).read_bytes())
    (tmp_path / "feedback" / "moved-1").mkdir()
    (tmp_path / "feedback" / "moved-1" / CASE_FILE).write_bytes((tmp_path / "outside-1" / CASE_FILE).read_bytes())
    assert store.get(ENTRY.id) == ENTRY
    others = ("", ".", "..", "../outside-1", f"{ENTRY.id}/", f"{ENTRY.id}\0", "moved-1", "nobody-0", "a" * 200)
    assert [store.get(name) for name in others] == [None] * len(others)


def test_what_was_looked_at_is_not_what_the_same_voice_says_later(store: FeedbackStore) -> None:
    store.add(ENTRY, [b"picture"])
    assert not store.is_looked_at(ENTRY)
    store.mark_looked_at(ENTRY)
    assert store.is_looked_at(ENTRY)
    assert list(store.entries()) == [ENTRY]
    later = replace(ENTRY, when="2026-03-05T00:00:00+00:00")
    store.add(later, [b"picture"])
    assert not store.is_looked_at(later)


def test_a_deleted_entry_is_gone_with_its_pictures(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(ENTRY, [b"picture"])
    store.add(replace(ENTRY, voice="ffffff"), [b"picture"])
    store.mark_looked_at(ENTRY)
    for _ in range(2):
        store.delete(ENTRY)
    store.mark_looked_at(ENTRY)
    assert [folder.name for folder in (tmp_path / "feedback").iterdir()] == [f"{ENTRY.case}-ffffff"]


def test_what_a_program_stated_is_kept_beside_its_words(store: FeedbackStore) -> None:
    moment = StatedMoment("Paper Boats", 2, "OVA 2", 754_500)
    correction = Correction(CorrectionKind.TEXT, text=str(moment), moment=moment)
    store.add(replace(ENTRY, correction=correction), [])
    (entry,) = store.entries()
    assert entry.correction == correction
    assert entry.correction.text == "Paper Boats, season 2, episode OVA 2, 00:12:35"


def test_a_file_of_an_earlier_version_has_no_stated_moment(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(ENTRY, [])
    (path,) = (tmp_path / "feedback").rglob(CASE_FILE)
    values = json.loads(path.read_text("utf-8"))
    del values["correction"]["moment"]
    path.write_text(json.dumps(values), "utf-8")
    assert list(store.entries()) == [ENTRY]
