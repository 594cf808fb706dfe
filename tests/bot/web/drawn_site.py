"""A site whose library is drawn: pictures that are found, doubted, not found and not read, and a browser on it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2

from bot.http_adapter.media_links import MediaMoment
from bot.http_adapter.services import HttpSpec
from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import Area, EpisodeName, FileId, Reason, Scene, SearchResult, Verdict
from core.errors import PictureError, PictureProblem
from core.previews.spec import Preview
from core.timecode import Millis
from tests.bot.http_adapter.serving import HttpEngine, Server, served
from tests.bot.results import result, scene
from tests.bot.web.browsing import Browser, browser
from tests.clips import ClipSpec, drawing, drawings, write_clip

LONG_NAME: Final = (
    "The Extraordinarily Long and Winding Chronicle of the Lighthouse Keeper's Daughter Who Collected Paper Boats"
    " Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
)
_EPISODE_MS: Final = Millis(1_440_000)
NAMES: Final = ("found", "unsure", "unknown", "broken")
"""Names of the pictures in a folder of `pictures`."""


@dataclass
class DrawnEngine(HttpEngine):
    """Its media are a drawn clip that a browser can show."""

    clip: bytes = b""
    still_jpeg: bytes = b""

    def preview(self, moment: Scene | MediaMoment, *_arguments: object, **_options: object) -> Preview:  # type: ignore[override]  # whatever is asked
        return Preview(self.clip, moment.from_ms, moment.to_ms)

    def frame(self, _moment: Scene | MediaMoment, _width: int) -> bytes | None:
        return self.still_jpeg


def pictures(folder: Path) -> dict[str, Path]:
    """A picture for each of `NAMES`."""
    paths = {name: folder / f"{name}.png" for name in NAMES}
    for number, path in enumerate(paths.values()):
        cv2.imwrite(str(path), drawing(3 + number, 320, 180))
    return paths


def drawn_engine(folder: Path, paths: Mapping[str, Path], shows: int) -> DrawnEngine:
    """An engine over `shows` shows of two seasons that answers the pictures at `paths` by their names."""
    clip = write_clip(folder / "clip.mp4", drawings(48), ClipSpec(codec="libx264"))
    still = cv2.imencode(".jpg", drawing(1, 320, 180))[1].tobytes()
    names = ["Paper Boats", LONG_NAME, *(f"Show {number}" for number in range(3, shows + 1))]
    records = {
        record.id: record for number, name in enumerate(names) for record in _records(7 + 10 * number, name, folder)
    }
    return DrawnEngine(
        clip=clip.read_bytes(),
        still_jpeg=still,
        records=records,
        identities={"Paper Boats": ShowIdentity(native="紙の舟", chinese="纸船", link="https://example.com/boats")},
        shows=tuple(names),
        answers={paths[name].read_bytes(): answer for name, answer in _answers().items() if name in paths},
    )


def _records(first_id: int, show: str, folder: Path) -> list[FileRecord]:
    return [
        FileRecord(
            FileId(first_id + number),
            # the clip stands for all but one video, which is missing
            FileStamp(str(folder / ("clip.mp4" if number else "gone.mp4")), f"{number}.mkv", 1, 1, "content"),
            EpisodeName(show, season=1 + number // 3, first=number % 3 + 1, last=number % 3 + 1),
            FileOutcome(FileState.READY, duration_ms=_EPISODE_MS),
        )
        for number in range(6)
    ]


def _answers() -> dict[str, SearchResult | Exception]:
    others = [scene(LONG_NAME, probability=0.2, at_ms=3000, file_id=17)]
    others += [
        scene(f"Show {number}", probability=0.1, at_ms=90_000, file_id=7 + 10 * (number - 1)) for number in (3, 4)
    ]
    marked = replace(scene(), region=Area(0.0, 0.25, 1.0, 0.75), shown=Area(0.1, 0.0, 0.9, 0.8))
    unsure = result(scene(probability=0.4), *others, verdict=Verdict.UNSURE)
    unknown = result(scene(probability=0.02), verdict=Verdict.NOT_IN_LIBRARY)
    return {
        "found": result(marked, *others),
        "unsure": replace(unsure, reason=Reason.LOW_PROBABILITY),
        "unknown": replace(unknown, reason=Reason.LOW_PROBABILITY),
        "broken": PictureError("no", PictureProblem.NOT_A_PICTURE),
    }


def browsed(
    folder: Path,
    steps: Callable[[Browser, Server], None],
    *,
    spec: HttpSpec | None = None,
    shows: int = 14,
    dark: bool = False,
    script: bool = True,
    width: int = 1280,
) -> None:
    """Do steps in a browser that talks to a server; `folder` has the pictures."""

    async def run() -> None:
        engine = drawn_engine(folder, pictures(folder), shows)
        async with served(folder, engine, spec=spec) as server:

            def browse() -> None:
                with browser(server.url(""), dark=dark, script=script, width=width) as tab:
                    steps(tab, server)

            await asyncio.to_thread(browse)

    asyncio.run(run())
