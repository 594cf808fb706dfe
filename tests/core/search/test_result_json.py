"""The JSON of an answer, to the byte: scripts parse it."""

import json
from dataclasses import replace
from pathlib import Path

from core.catalogue.identities import ShowIdentity
from core.domain import (
    Area,
    EpisodeKind,
    EpisodeName,
    FileId,
    Occurrence,
    Reason,
    Scene,
    SearchResult,
    SegmentKind,
    ThemeMoment,
    Verdict,
)
from core.search.result_json import name_json, result_json
from core.timecode import Millis

SCENE = Scene(
    file_id=FileId(1),
    path="/videos/01.mp4",
    name=EpisodeName("紙の舟", 1, "Spring", first=1, last=2, name="The Ferry"),
    from_ms=Millis(1000),
    at_ms=Millis(61_500),
    to_ms=Millis(62_000),
    similarity=0.912345,
    probability=0.95999,
    turned=90,
    region=Area(0.1, 0.2, 0.9, 1 / 3),
    shown=Area(0, 0, 1, 0.5),
    inliers=31,
    exact=True,
    repeats=(Occurrence(FileId(2), "/videos/02.mp4", EpisodeName("紙の舟"), Millis(1250)),),
)
TEXT = (
    '{"picture": "a.png", "verdict": "found", "reason": null, "too_little": false, "sequence": false, '
    '"elsewhere": null, "cut_off": false, "scenes": [{"show": "紙の舟", "season": 1, "season_name": "Spring", '
    '"episode": "1-2", "episode_name": "The Ferry", "file": "/videos/01.mp4", "from_s": 1.0, "at_s": 61.5, '
    '"to_s": 62.0, "probability": 0.9599, "similarity": 0.9123, "mirrored": false, "turned": 90, "backwards": false, '
    '"region": [0.1, 0.2, 0.9, 0.3333], "shown": [0, 0, 1, 0.5], "inliers": 31, "exact": true, "also": [{"show": '
    '"紙の舟", "season": null, "season_name": null, "episode": null, "episode_name": null, "file": "/videos/02.mp4", '
    '"at_s": 1.25}], "video_missing": false, "theme": null, "anilist": null, "titles": {"native": null, "romaji": '
    'null, "english": null, "chinese": null}}], "timing_ms": {"second_lookup": 1.2, "total": 3.0}}'
)


def test_the_json_of_an_answer_is_what_scripts_know() -> None:
    result = SearchResult(Verdict.FOUND, (SCENE,), {"second lookup": 1.23, "total": 3.0})
    assert json.dumps(result_json([Path("a.png")], result), ensure_ascii=False) == TEXT


def test_keys_that_only_some_scenes_have() -> None:
    scenes = (replace(SCENE, pictures=(1, 3)), replace(SCENE, clip=(Millis(0), Millis(2500))))
    result = SearchResult(Verdict.UNSURE, scenes, reason=Reason.UNCALIBRATED, elsewhere=SCENE)
    values = json.loads(json.dumps(result_json([Path("a.png"), "b.png"], result)))
    assert values["pictures"] == ["a.png", "b.png"]
    assert values["elsewhere"]["episode_name"] == "The Ferry"
    assert [scene.get("pictures") for scene in values["scenes"]] == [[1, 3], None]
    assert [scene.get("clip_s") for scene in values["scenes"]] == [None, [0, 2.5]]
    assert [scene["probability"] for scene in values["scenes"]] == [None, None]


def test_a_scene_has_the_number_at_anilist_of_its_season_and_the_titles_of_its_show() -> None:
    identities = {"紙の舟": ShowIdentity(7, english="Paper Boats", season_anilist={1: 8})}
    result = SearchResult(Verdict.FOUND, (SCENE,), elsewhere=SCENE)
    values = json.loads(json.dumps(result_json(["a.png"], result, identities)))
    for scene in (*values["scenes"], values["elsewhere"]):
        assert scene["anilist"] == 8
        assert scene["titles"] == {"native": None, "romaji": None, "english": "Paper Boats", "chinese": None}


def test_a_film_has_no_number() -> None:
    assert name_json(EpisodeName("Glass Harbour", kind=EpisodeKind.MOVIE))["episode"] == "Movie"


def test_a_scene_of_a_theme_has_the_theme() -> None:
    theme = ThemeMoment(SegmentKind.OPENING, 2, 1, Millis(31_250), Millis(89_900), (1.0, 2.0, 5.5), 4)
    (scene,) = json.loads(
        json.dumps(result_json(["a.png"], SearchResult(Verdict.FOUND, (replace(SCENE, theme=theme),))))
    )["scenes"]
    assert scene["theme"] == {
        "kind": "opening",
        "number": 2,
        "season": 1,
        "offset_s": 31.25,
        "length_s": 89.9,
        "episodes": [1, 2, 5.5],
        "occurrences": 4,
    }
