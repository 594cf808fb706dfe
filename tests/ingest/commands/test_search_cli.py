"""`whenanime search` on the drawn library: what it prints of sequences, repeats and regions, and what it writes."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from core.domain import (
    Area,
    EpisodeName,
    FileId,
    Occurrence,
    Reason,
    Scene,
    SearchFilter,
    SearchResult,
    SegmentKind,
    ThemeMoment,
    Verdict,
)
from core.errors import InputError, PictureError
from core.pictures.pixels import Rgb
from core.search.result_json import result_json
from core.timecode import Millis
from ingest.commands import search_cli
from ingest.commands.search_pictures import file_stems
from ingest.commands.search_text import result_text, scene_line
from tests.animations import animation
from tests.episodes import scene_frame

SCENE = Scene(
    file_id=FileId(1),
    path="/videos/01.mp4",
    name=EpisodeName("Paper Boats", 1, "Spring", first=1, last=1, name="The Ferry"),
    from_ms=Millis(1000),
    at_ms=Millis(61_500),
    to_ms=Millis(62_000),
    similarity=0.9,
    probability=0.95,
)


def _png(path: Path, picture: Rgb) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return path


def _search(*arguments: str | Path) -> tuple[int, str, str]:
    ended = CliRunner().invoke(search_cli.app, [str(argument) for argument in arguments])
    error = ended.exception
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return ended.exit_code, ended.stdout, ended.stderr


def _sightings(count: int) -> tuple[Occurrence, ...]:
    return tuple(
        Occurrence(FileId(2), "/videos/02.mp4", EpisodeName("Paper Boats", 1, first=2, last=2), Millis(1000 * number))
        for number in range(count)
    )


@pytest.mark.usefixtures("library_settings")
def test_several_pictures_get_one_answer_together_and_one_each_without(tmp_path: Path) -> None:
    frames = [(5, 0), (20, 0), (45, 1)]
    pictures = [_png(tmp_path / f"{number}.png", scene_frame(number, shot)) for number, shot in frames]
    code, printed, _ = _search("--together", "--json", *pictures)
    (answer,) = [json.loads(line) for line in printed.splitlines()]
    assert code == 0
    assert answer["pictures"] == list(map(str, pictures))
    best = answer["scenes"][0]
    assert best["episode_name"] == "The Ferry"
    assert best["from_s"] < 1
    assert best["to_s"] > 3
    assert len(_search("--json", *pictures)[1].splitlines()) == 3


@pytest.mark.usefixtures("library_settings")
def test_an_animation_s_scene_in_json(tmp_path: Path) -> None:
    turned = [np.ascontiguousarray(scene_frame(number, 0)[:, ::-1]) for number in range(30)]
    (tmp_path / "a.gif").write_bytes(animation(turned))
    _, printed, _ = _search("--json", tmp_path / "a.gif")
    answer = json.loads(printed)
    assert answer["picture"] == str(tmp_path / "a.gif")
    assert answer["too_little"] is False
    assert answer["sequence"] is True
    best = answer["scenes"][0]
    assert best["mirrored"] is True
    assert best["region"] == [0, 0, 1, 1]
    assert len(best["shown"]) == 4
    assert max(abs(edge - whole) for edge, whole in zip(best["shown"], (0, 0, 1, 1), strict=True)) < 0.1
    assert best["inliers"] > 30
    assert best["exact"] is True
    assert best["also"] == []


@pytest.mark.usefixtures("library_settings")
def test_too_many_pictures_together_are_refused(tmp_path: Path) -> None:
    picture = _png(tmp_path / "a.png", scene_frame(5, 0))
    with pytest.raises(Exception, match="1 to 8 pictures can be looked up together"):
        _search("--together", *[picture] * 9)


@pytest.mark.usefixtures("library_settings")
def test_an_explanation_is_written_for_each_picture(tmp_path: Path) -> None:
    pictures = [_png(tmp_path / f"{number}.png", scene_frame(number, 0)) for number in (5, 20)]
    code, _, errors = _search("--explain", tmp_path / "why", *pictures)
    assert code == 0
    written = [Path(path) for path in re.findall(r"wrote (.+)", errors)]
    assert len(written) == 2
    assert all(path.parent == tmp_path / "why" and cv2.imread(str(path)) is not None for path in written)
    with pytest.raises(Exception, match=r"--explain: .* is not a folder"):
        _search("--explain", pictures[0], pictures[1])


def test_what_is_known_of_a_scene_is_said_in_words() -> None:
    assert scene_line(SCENE) == ("Paper Boats, season 1 Spring, episode 1 The Ferry, 00:01:02  (probability 95%)")
    scene = replace(SCENE, exact=True, mirrored=True, region=Area(0.1, 0.2, 0.9, 1.0))
    assert scene_line(scene).endswith("(probability 95%, to the frame, mirrored, in a part of the picture)")


@pytest.mark.parametrize(("count", "lines", "last"), [(0, 0, None), (5, 5, "00:00:04"), (8, 6, "and 3 more")])
def test_repeats_are_told_but_not_all(count: int, lines: int, last: str | None) -> None:
    result = SearchResult(Verdict.FOUND, (replace(SCENE, repeats=_sightings(count)),))
    printed = result_text([Path("a.png")], result).splitlines()[2:]
    assert len(printed) == lines
    if last:
        assert printed[0].strip() == "also at Paper Boats, season 1, episode 2, 00:00:00"
        assert printed[-1].endswith(last)


def test_a_sequence_is_told_from_its_first_to_its_last_picture() -> None:
    scene = replace(SCENE, from_ms=Millis(61_000), to_ms=Millis(65_500))
    moving, still = (SearchResult(Verdict.FOUND, (replace(scene, sequence=sequence),)) for sequence in (True, False))
    assert "00:01:01 to 00:01:06" in result_text([Path("a.gif")], moving)
    assert " to 00:" not in result_text([Path("a.png")], still)


def test_both_scenes_of_a_clip_are_named_with_their_parts_and_what_is_turned_or_backwards_is_called_so() -> None:
    first = replace(SCENE, sequence=True, clip=(Millis(0), Millis(1240)), backwards=True)
    second = replace(first, file_id=FileId(9), clip=(Millis(1300), Millis(2600)), backwards=False, turned=270)
    result = SearchResult(Verdict.FOUND, (second, first))
    lines = result_text([Path("a.gif")], result).splitlines()
    assert lines[1].startswith("  1. 1.3 to 2.6 s of the clip: ")
    assert "turned to the left" in lines[1]
    assert any(line.startswith("  2. 0.0 to 1.2 s of the clip: ") for line in lines)
    assert "played backwards" in result_text([Path("a.gif")], result)
    scenes = result_json([Path("a.gif")], result)["scenes"]
    assert isinstance(scenes, list)
    assert [(scene["turned"], scene["backwards"], scene["clip_s"]) for scene in scenes] == [
        (270, False, [1.3, 2.6]),
        (0, True, [0.0, 1.24]),
    ]


def test_a_moment_of_an_opening_is_told_within_it_and_where_it_came_first() -> None:
    theme = ThemeMoment(SegmentKind.ENDING, 2, 3, Millis(31_250), Millis(89_900), (1.0, 2.0, 3.0, 5.0), 4)
    others = tuple(Occurrence(FileId(n), "/v.mkv", SCENE.name, Millis(1000)) for n in range(2, 5))
    lines = result_text(
        [Path("a.png")], SearchResult(Verdict.FOUND, (replace(SCENE, theme=theme, repeats=others),))
    ).splitlines()
    show = SCENE.name.show
    assert lines[1].startswith(f"  1. {show}, ending 2 of season 3 (episodes 1–3, 5), 00:31 into it; first in {show}, ")
    assert len(lines) == 2


def test_where_openings_are_left_out_that_the_answer_is_in_one_is_said() -> None:
    theme = ThemeMoment(SegmentKind.OPENING, 1, None, Millis(1000), Millis(89_900), (4.0,), first=False)
    result = SearchResult(
        Verdict.NOT_IN_LIBRARY, (), where=SearchFilter(themes=False), elsewhere=replace(SCENE, theme=theme)
    )
    text = result_text([Path("a.png")], result)
    assert "not in the parts outside of openings and endings; in the whole library there is one:" in text
    assert "opening 1 (episode 4), 00:01 into it; in " in text


def test_a_video_that_is_not_where_it_was_is_said() -> None:
    result = SearchResult(Verdict.FOUND, (replace(SCENE, video_missing=True),))
    assert "its video is not where it was" in result_text([Path("a.png")], result)
    scenes = result_json([Path("a.png")], result)["scenes"]
    assert isinstance(scenes, list)
    assert scenes[0]["video_missing"] is True


@pytest.mark.usefixtures("library_settings")
def test_a_wrong_media_root_is_named_at_the_start_of_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENANIME_MEDIA_ROOT", str(tmp_path / "wrong"))
    code, printed, errors = _search("--json", _png(tmp_path / "a.png", scene_frame(5, 0)))
    assert code == 0
    assert json.loads(printed)["scenes"][0]["video_missing"] is True
    assert f"The media root {tmp_path / 'wrong'} is not there" in errors


def test_a_picture_that_was_searched_in_part_is_said_to_be() -> None:
    part = SearchResult(Verdict.FOUND, (), cut_off=True)
    assert "breaks off: the part of the picture that is there was searched" in result_text([Path("a.jpg")], part)
    assert result_json([Path("a.jpg")], part)["cut_off"] is True
    assert "breaks off" not in result_text([Path("a.jpg")], replace(part, cut_off=False))


def test_too_little_is_said() -> None:
    little = SearchResult(Verdict.UNSURE, (SCENE,), reason=Reason.TOO_LITTLE)
    assert "there is too little in this picture to go on" in result_text([Path("a.png")], little)
    assert "too little" not in result_text([Path("a.png")], replace(little, reason=Reason.LOW_PROBABILITY))


@pytest.mark.usefixtures("library_settings")
def test_a_preview_never_overwrites_the_picture(tmp_path: Path) -> None:
    picture = tmp_path / "a.gif"
    picture.write_bytes(animation([scene_frame(number, 0) for number in range(12)]))
    before = picture.read_bytes()
    code, _, _ = _search("--preview", tmp_path, picture)
    assert code == 0
    assert picture.read_bytes() == before
    assert (tmp_path / "a.preview.gif").read_bytes().startswith(b"GIF8")
    assert (tmp_path / "a.mp4").exists()


def test_an_exact_moment_is_told_to_the_millisecond() -> None:
    assert ", 00:01:02  (" in scene_line(SCENE)
    assert ", 00:01:01.500  (" in scene_line(replace(SCENE, exact=True))


def test_scenes_that_are_next_to_impossible_are_in_json_only() -> None:
    scenes = tuple(replace(SCENE, probability=chance) for chance in (0.99, 0.006, 0.004, 0.0))
    result = SearchResult(Verdict.FOUND, scenes)
    assert len(result_text([Path("a.png")], result).splitlines()) == 1 + 1
    written = result_json([Path("a.png")], result)["scenes"]
    assert isinstance(written, list)
    assert len(written) == 4
    nothing_else = SearchResult(Verdict.NOT_IN_LIBRARY, scenes[2:])
    assert result_text([Path("a.png")], nothing_else) == ("a.png: not in the library, as far as can be told")
    near = SearchResult(Verdict.NOT_IN_LIBRARY, (replace(SCENE, probability=0.07), *scenes[1:]))
    assert len(result_text([Path("a.png")], near).splitlines()) == 1 + 1


@pytest.mark.parametrize(
    ("verdict", "reason", "head"),
    [
        (Verdict.FOUND, None, "a.png: found"),
        (Verdict.UNSURE, Reason.LOW_PROBABILITY, "a.png: unsure, because it is not likely enough; the best guess is"),
        (Verdict.UNSURE, Reason.CHECK_FAILED, "does not hold; the best guess is"),
        (Verdict.UNSURE, Reason.UNCALIBRATED, "never calibrated, so that nothing has a probability; the best guess is"),
    ],
)
def test_the_reason_is_said_beside_the_verdict(verdict: Verdict, reason: Reason | None, head: str) -> None:
    result = SearchResult(verdict, (replace(SCENE, probability=0.5995),), reason=reason)
    first, scene = result_text([Path("a.png")], result).splitlines()
    assert first.endswith(head)
    assert ("probability 59%" in scene) is (reason is not Reason.UNCALIBRATED)
    written = result_json([Path("a.png")], result)
    assert written["reason"] == reason
    assert isinstance(written["scenes"], list)
    assert written["scenes"][0]["probability"] == (None if reason is Reason.UNCALIBRATED else 0.5995)


def test_a_filter_that_excludes_the_answer_is_told_so() -> None:
    where = SearchFilter(("Yuru-Yuri",), frozenset({3, 1}))
    missing = SearchResult(Verdict.NOT_IN_LIBRARY, (replace(SCENE, probability=0.0),), where=where, elsewhere=SCENE)
    assert result_text([Path("a.png")], missing).splitlines() == [
        "a.png: not in Yuru-Yuri, season 1 or 3; in the whole library there is one:",
        f"  {scene_line(SCENE)}",
    ]
    unsure = replace(missing, verdict=Verdict.UNSURE, reason=Reason.LOW_PROBABILITY)
    lines = result_text([Path("a.png")], unsure).splitlines()
    assert lines[0].startswith("a.png: hardly in Yuru-Yuri")
    assert lines[2] == "  The best guess in Yuru-Yuri, season 1 or 3 is"
    written = result_json([Path("a.png")], missing)["elsewhere"]
    assert isinstance(written, dict)
    assert written["show"] == "Paper Boats"
    nowhere = result_text([Path("a.png")], replace(missing, elsewhere=None))
    assert nowhere == "a.png: not in Yuru-Yuri, season 1 or 3, as far as can be told"


@pytest.mark.usefixtures("library_settings")
def test_what_another_season_than_the_filter_s_has_is_found_there(tmp_path: Path) -> None:
    picture = _png(tmp_path / "a.png", scene_frame(5, 0))
    answer = json.loads(_search("--json", "--season", "2", picture)[1])
    assert answer["verdict"] != "found"
    assert (answer["elsewhere"]["season"], answer["elsewhere"]["episode_name"]) == (1, "The Ferry")
    assert json.loads(_search("--json", "--season", "1", picture)[1])["elsewhere"] is None
    assert json.loads(_search("--json", picture)[1])["elsewhere"] is None
    assert "in the whole library there is one:\n  Paper Boats, season 1" in _search("--season", "2", picture)[1]


@pytest.mark.usefixtures("library_settings")
@pytest.mark.parametrize("transparent", [False, True])
def test_a_black_or_a_transparent_picture_gets_no_guess(tmp_path: Path, *, transparent: bool) -> None:
    picture = np.zeros((180, 320, 4), np.uint8)
    picture[..., 3] = 0 if transparent else 255
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    assert _search(tmp_path / "a.png")[1] == f"{tmp_path / 'a.png'}: there is too little in this picture to go on\n"
    answer = json.loads(_search("--json", tmp_path / "a.png")[1])
    assert (answer["reason"], answer["too_little"], answer["scenes"]) == ("too_little", True, [])
    assert answer["verdict"] != "found"


def test_stages_have_no_space_in_json() -> None:
    result = SearchResult(Verdict.FOUND, (), {"second lookup": 1.04, "exact frame": 2.0, "total": 3.0})
    assert result_json([Path("a.png")], result)["timing_ms"] == {
        "second_lookup": 1.0,
        "exact_frame": 2.0,
        "total": 3.0,
    }


@pytest.mark.usefixtures("library_settings")
def test_pictures_that_are_not_one_scene_are_told_one_by_one(tmp_path: Path) -> None:
    black = np.zeros((180, 320, 3), np.uint8)
    drawn = [black, scene_frame(5, 0), scene_frame(20, 10), scene_frame(6, 20)]
    pictures = [_png(tmp_path / f"{number}.png", picture) for number, picture in enumerate(drawn)]
    printed = _search("--together", "--json", *pictures)[1]
    answer = json.loads(printed)
    assert answer["sequence"] is False
    episodes = {tuple(scene["pictures"]): scene["episode_name"] for scene in answer["scenes"]}
    assert episodes == {(2,): "The Ferry", (3,): "夜の雨", (4,): 'It\'s "late" 🍂'}
    lines = _search("--together", *pictures)[1].splitlines()
    assert lines[1] == "  These pictures are not one scene; each by itself:"
    scene_lines = [line for line in lines if re.match(r"  \d\. ", line)]
    assert len(scene_lines) == 3
    assert sum(bool(re.match(r"  \d\. picture 3: Paper Boats, .* 夜の雨, ", line)) for line in scene_lines) == 1


@pytest.mark.usefixtures("library_settings")
def test_a_scene_names_all_pictures_that_it_is_of(tmp_path: Path) -> None:
    frames = [(5, 0), (8, 0), (20, 10), (40, 11), (6, 20), (40, 21)]
    pictures = [_png(tmp_path / f"{number}-{shot}.png", scene_frame(number, shot)) for number, shot in frames]
    answer = json.loads(_search("--together", "--json", "--limit", "9", *pictures)[1])
    assert sorted(scene["pictures"] for scene in answer["scenes"]) == [[1, 2], [3], [4], [5], [6]]
    assert ". pictures 1 and 2: Paper Boats, season 1 Spring, episode 1" in _search("--together", *pictures)[1]


@pytest.mark.usefixtures("library_settings")
def test_a_picture_that_cannot_be_read_has_its_line_of_json(tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    good = _png(tmp_path / "good.png", scene_frame(12, 0))
    code, printed, errors = _search("--json", bad, good)
    refused, answer = [json.loads(line) for line in printed.splitlines()]
    assert code == 1
    assert set(refused) == {"picture", "error"}
    assert refused["picture"] == str(bad)
    assert refused["error"] in errors
    assert answer["verdict"] == "found"


def test_files_about_pictures_of_one_name_have_names_of_their_own() -> None:
    pictures = [Path(text) for text in ("a/1.png", "b/1.png", "1.gif", "b/1-2.png", "B/X.png", "b/x.jpg")]
    assert file_stems(pictures) == ["1", "1-3", "1-4", "1-2", "X", "x-2"]
    assert file_stems([Path("-"), Path("stdin.png")]) == ["stdin", "stdin-2"]


@pytest.mark.usefixtures("library_settings")
def test_pictures_of_one_name_do_not_overwrite_each_other_s_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    pictures = [_png(tmp_path / "one/a.png", scene_frame(5, 0)), _png(tmp_path / "two/a.png", scene_frame(20, 10))]
    code, _, errors = _search("--preview", tmp_path / "out", "--explain", tmp_path / "why", *pictures)
    assert code == 0
    written = [Path(path) for path in re.findall(r"wrote (.+)", errors)]
    assert len(set(written)) == 6
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.gif", "a.mp4", "a-2.gif", "a-2.mp4"}
    assert (tmp_path / "out/a.gif").read_bytes() != (tmp_path / "out/a-2.gif").read_bytes()
    assert {path.name for path in (tmp_path / "why").iterdir()} == {"a.explain.png", "a-2.explain.png"}


@pytest.mark.usefixtures("library_settings")
def test_a_show_without_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="Show: the name is empty"):
        _search("--show", " ", _png(tmp_path / "a.png", scene_frame(5, 0)))


@pytest.mark.usefixtures("library_settings")
def test_a_link_and_a_pipe_are_refused_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(PictureError, match=r"^https://example\.com/x\.png: is a link; `whenanime chat`"):
        _search("https://example.com/x.png")
    with pytest.raises(PictureError, match=r"pipe\.mp4: is not a file"):
        _search(tmp_path / "pipe.mp4")


@pytest.mark.usefixtures("library_settings")
def test_a_picture_is_read_from_standard_input(tmp_path: Path) -> None:
    data = _png(tmp_path / "a.png", scene_frame(5, 0)).read_bytes()

    def search(*options: str, data: bytes = data) -> Result:
        return CliRunner().invoke(search_cli.app, ["-", *options], input=data)

    assert search().stdout.startswith("standard input: found\n")
    ended = search("--json", "--preview", str(tmp_path / "out"), "--explain", str(tmp_path / "out"))
    answer = json.loads(ended.stdout)
    assert (ended.exit_code, answer["picture"], answer["verdict"]) == (0, "-", "found")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"stdin.gif", "stdin.mp4", "stdin.explain.png"}
    for wrong, message in ((b"", "standard input: is empty"), (b"text", "standard input: is not a picture")):
        refused = search(data=wrong).exception
        assert isinstance(refused, PictureError)
        assert str(refused).startswith(message)
    with pytest.raises(InputError, match="name it once"):
        _search("-", "-")
