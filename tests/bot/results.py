"""Search results and scenes for tests of the bot."""

from dataclasses import replace

from core.domain import (
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
from core.timecode import Millis


def scene(show: str = "Paper Boats", *, probability: float = 0.97, at_ms: int = 754_000, file_id: int = 7) -> Scene:
    name = EpisodeName(show, season=2, first=5, last=5, name="夜の雨")
    return Scene(
        file_id=FileId(file_id),
        path=f"/videos/{show}/05.mkv",
        name=name,
        from_ms=Millis(at_ms - 1000),
        at_ms=Millis(at_ms),
        to_ms=Millis(at_ms + 2000),
        similarity=0.9,
        probability=probability,
        inliers=140,
        repeats=(Occurrence(FileId(9), f"/videos/{show}/06.mkv", name, Millis(at_ms)),),
    )


OPENING = ThemeMoment(SegmentKind.OPENING, 1, 2, Millis(31_250), Millis(89_900), (5.0, 6.0, 7.0), 3)


def opening_scene() -> Scene:
    """A scene of an opening that three episodes have."""
    plain = scene()
    others = tuple(replace(plain.repeats[0], name=replace(plain.name, first=n, last=n)) for n in (6, 7))
    return replace(plain, theme=OPENING, repeats=others)


def result(
    *scenes: Scene, verdict: Verdict = Verdict.FOUND, sequence: bool = False, too_little: bool = False
) -> SearchResult:
    return SearchResult(
        verdict,
        tuple(replace(result_scene, sequence=sequence) for result_scene in scenes or (scene(),)),
        {"total": 12.5},
        reason=Reason.TOO_LITTLE if too_little else None,
    )
