"""The answer of a search as text: the verdict and its reason, and a line for each scene."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from core.domain import Area, Reason, Scene, SearchFilter, SearchResult, ThemeMoment, Verdict
from core.search.calibration import percent_text, possible_scenes
from core.timecode import format_millis, short_time
from ingest.commands.search_pictures import display_name
from ingest.wording import name_text

_REPEATS_LIMIT: Final = 5
_REASONS: Final[Mapping[Reason, str]] = {
    Reason.TOO_LITTLE: "there is too little in {what} to go on",
    Reason.UNCALIBRATED: "unsure, and the encoder was never calibrated, so that nothing has a probability",
    Reason.CHECK_FAILED: "unsure, because compared with the picture of that moment it does not hold",
    Reason.LOW_PROBABILITY: "unsure, because it is not likely enough",
}
_WHOLE: Final = Area()
_TURNED: Final[Mapping[int, str]] = {90: "turned to the right", 180: "upside down", 270: "turned to the left"}


def result_text(pictures: Sequence[Path], result: SearchResult) -> str:
    """What is printed without `--json`: the verdict and its reason, and the possible scenes, a line each."""
    separate = len({scene.pictures for scene in result.scenes}) > 1
    scenes = [result.scenes[index] for index in possible_scenes(result)]
    lines = [f"{', '.join(map(display_name, pictures))}: {_verdict_text(pictures, result, has_scenes=bool(scenes))}"]
    if result.elsewhere:
        lines += [f"  {scene_line(result.elsewhere)}", *_detail_lines(result.elsewhere)]
        lines += [f"  The best guess in {_filter_text(result.where)} is"] if scenes else []
    if separate:
        lines.append("  These pictures are not one scene; each by itself:")
    calibrated = result.reason is not Reason.UNCALIBRATED
    for number, scene in enumerate(scenes, 1):
        prefix = _pictures_prefix(scene) if separate else _clip_prefix(scene)
        lines += [f"  {number}. {prefix}{scene_line(scene, calibrated=calibrated)}", *_detail_lines(scene)]
    if separate:
        shown = {number for scene in scenes for number in scene.pictures}
        missing = [number for number in range(1, len(pictures) + 1) if number not in shown]
        lines += [f"  picture {number}: not found" for number in missing]
    if result.cut_off:
        lines.append("  The file breaks off: the part of the picture that is there was searched.")
    return "\n".join(lines)


def scene_line(scene: Scene, *, calibrated: bool = True) -> str:
    """Name, time and properties of a scene; of a sequence the times of its first and last picture; an exact time to
    the millisecond.
    """
    properties = [
        f"probability {percent_text(scene.probability)}" if calibrated else "",
        "to the frame" if scene.exact else "",
        "mirrored" if scene.mirrored else "",
        _TURNED.get(scene.turned, ""),
        "played backwards" if scene.backwards else "",
        "" if scene.region == _WHOLE else "in a part of the picture",
    ]
    time = format_millis(scene.at_ms, precise=scene.exact)
    if scene.sequence:
        time = f"{format_millis(scene.from_ms)} to {format_millis(scene.to_ms)}"
    details = ", ".join(filter(None, properties))
    place = f"{name_text(scene.name)}, {time}"
    if scene.theme:
        place = f"{scene.name.show}, {theme_text(scene.theme)}; {'first ' if scene.theme.first else ''}in {place}"
    return place + (f"  ({details})" if details else "")


def theme_text(theme: ThemeMoment) -> str:
    """`opening 1 of season 2 (episodes 1–12), 00:31 into it`."""
    season = f" of season {theme.season}" if theme.season else ""
    noun = "episode" if len(theme.episodes) == 1 else "episodes"
    episodes = f" ({noun} {', '.join(theme.episode_ranges)})" if theme.episodes else ""
    kind = theme.kind.replace("_", " ")
    return f"{kind} {theme.number}{season}{episodes}, {short_time(theme.offset_ms)} into it"


def _verdict_text(pictures: Sequence[Path], result: SearchResult, *, has_scenes: bool) -> str:
    """The verdict and its reason; `has_scenes`: whether scenes are listed below."""
    if result.verdict is Verdict.FOUND:
        return "found"
    if result.elsewhere:
        adverb = "not" if result.verdict is Verdict.NOT_IN_LIBRARY else "hardly"
        return f"{adverb} in {_filter_text(result.where)}; in the whole library there is one:"
    if result.verdict is Verdict.NOT_IN_LIBRARY and not result.too_little:
        place = _filter_text(result.where) if result.where else "the library"
        return f"not in {place}, as far as can be told" + ("; the nearest scenes are" if has_scenes else "")
    what = "this picture" if len(pictures) == 1 else "these pictures"
    reason = _REASONS[result.reason or Reason.LOW_PROBABILITY].format(what=what)
    return reason + ("; the best guess is" if has_scenes else "")


def _detail_lines(scene: Scene) -> list[str]:
    """What is printed below a scene: that its video is missing, and where the same shot is repeated."""
    lines = []
    if scene.video_missing:
        lines.append(
            "     its video is not where it was: the time is that of an indexed frame, and no preview can be made"
        )
    places = scene.repeats_beyond_theme
    repeats = places[:_REPEATS_LIMIT]
    lines += [f"     also at {name_text(sighting.name)}, {format_millis(sighting.at_ms)}" for sighting in repeats]
    if len(places) > _REPEATS_LIMIT:
        lines.append(f"     and {len(places) - _REPEATS_LIMIT} more")
    return lines


def _filter_text(where: SearchFilter) -> str:
    """`Yuru-Yuri, season 1 or 3, the parts outside of openings and endings`."""
    seasons = " or ".join(map(str, sorted(where.seasons)))
    parts = (
        " or ".join(where.shows),
        f"season {seasons}" if seasons else "",
        "" if where.themes else "the parts outside of openings and endings",
    )
    return ", ".join(filter(None, parts))


def _pictures_prefix(scene: Scene) -> str:
    """Which of several pictures show this scene: `pictures 1 and 2: `."""
    noun = "picture" if len(scene.pictures) == 1 else "pictures"
    return f"{noun} {' and '.join(map(str, scene.pictures))}: "


def _clip_prefix(scene: Scene) -> str:
    """Which part of a clip shows this scene: `1.3 to 2.6 s of the clip: `; empty for a clip of one scene."""
    return f"{scene.clip[0] / 1000:.1f} to {scene.clip[1] / 1000:.1f} s of the clip: " if scene.clip else ""
