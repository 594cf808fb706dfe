"""A library of fake records and identities for tests of the HTTP adapter, and its answers."""

from core.catalogue.identities import ShowIdentity
from core.catalogue.records import FileOutcome, FileRecord, FileStamp, FileState
from core.domain import EpisodeKind, EpisodeName, FileId
from core.timecode import Millis
from tests.bot.fake_engine import FakeGeneration
from tests.bot.http_adapter.serving import HttpEngine

BOATS = ShowIdentity(
    anilist=21827,
    native="紙の舟",
    romaji="Kami no Fune",
    english="Paper Boats",
    chinese="纸船",
    synonyms=("Boats of Paper",),
    adult=False,
    season_anilist={2: 99_001},
)


def record(
    file_id: int,
    show: str = "Paper Boats",
    *,
    season: int | None = 2,
    first: float | None = 5,
    kind: EpisodeKind = EpisodeKind.EPISODE,
    duration_ms: int = 1_440_040,
    path: str = "",
) -> FileRecord:
    path = path or f"/videos/{show}/{file_id:02d}.mkv"
    return FileRecord(
        FileId(file_id),
        FileStamp(path, path.removeprefix("/videos/"), 1000, 0, f"content {file_id}"),
        EpisodeName(show, season=season, kind=kind, first=first, last=first),
        FileOutcome(FileState.READY, duration_ms=Millis(duration_ms), frames=100),
    )


def library_engine(**options: object) -> HttpEngine:
    """An engine over two seasons of a show that AniList knows, and one show that it does not know."""
    records = {
        FileId(7): record(7),
        FileId(8): record(8, season=1),
        FileId(9): record(9, "Aria", season=None),
    }
    generation = FakeGeneration(frames=200, files={FileId(7): 120, FileId(9): 80})
    engine = HttpEngine(records=records, identities={"Paper Boats": BOATS}, generation=generation)
    for name, value in options.items():
        setattr(engine, name, value)
    return engine
