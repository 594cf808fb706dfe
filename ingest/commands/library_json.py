"""The JSON of `whenanime library`: files of the library, files of a plan, totals of a show, a reindex."""

from collections.abc import Mapping

from core.catalogue.records import FileRecord
from core.search.result_json import name_json
from core.timecode import to_seconds
from ingest.commands.listing import ShowTotals
from ingest.library.reindex import ReindexResult
from ingest.planning.plan import PlannedFile


def record_json(record: FileRecord, *, missing: bool) -> Mapping[str, object]:
    """One object of `library list --json`."""
    return {
        "id": record.id,
        "file": record.stamp.path,
        "state": record.outcome.state,
        "problem": record.outcome.problem,
        **name_json(record.name),
        "duration_s": to_seconds(record.outcome.duration_ms),
        "frames": record.outcome.frames,
        "seekable": record.outcome.seekable,
        "encoder": record.outcome.encoder,
        "missing": missing,
    }


def totals_json(totals: ShowTotals) -> Mapping[str, object]:
    """One object of `library list --shows --json`."""
    return {
        "show": totals.show,
        "seasons": list(totals.seasons),
        "files": totals.files,
        "failed": totals.failed,
        "missing": totals.missing,
        "duration_s": to_seconds(totals.duration_ms),
        "frames": totals.frames,
    }


def plan_json(planned: PlannedFile) -> Mapping[str, object]:
    """One object of `library add --dry-run --json`; an episode that is a range is a list of its first and last."""
    name = planned.name
    first, last = _number_json(name.first), _number_json(name.last)
    return {
        "file": str(planned.path),
        "action": planned.action,
        "show": name.show,
        "season": name.season,
        "season_name": name.season_name or None,
        "episode": first if last is None or first == last else [first, last],
        "episode_name": name.name or None,
        "kind": name.kind,
        "note": planned.message,
    }


def reindex_json(result: ReindexResult) -> Mapping[str, object]:
    """The object of `library reindex --json`; `files`, `frames` and `video_s` cover all that is embedded so far."""
    return {
        "state": result.state,
        "encoder": result.encoder_name,
        "fingerprint": result.fingerprint,
        "generation": result.index.name if result.index else None,
        "files": len(result.embedded),
        "files_read": result.read_count,
        "frames": sum(record.outcome.frames for record in result.embedded),
        "video_s": to_seconds(sum(record.outcome.duration_ms for record in result.embedded)),
        "left_out": result.left_out,
    }


def _number_json(number: float | None) -> float | None:
    """5.0 as `5`."""
    return int(number) if number is not None and float(number).is_integer() else number
