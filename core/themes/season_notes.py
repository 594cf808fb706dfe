"""Notes of a season: what an episode lacks that others have."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.catalogue.segments import Evidence, Segment, SegmentKind
from core.domain import FileId

_MIN_EPISODES: Final = 3
_MOST: Final = 0.6


def missing_notes(segments: Mapping[FileId, Sequence[Segment]], file_id: FileId) -> list[str]:
    """Sentences on an episode without an opening or an ending where most others of its season have one, and with one
    that has other sound.
    """
    notes = []
    for kind in (SegmentKind.OPENING, SegmentKind.ENDING):
        having = sum(any(segment.kind is kind for segment in items) for items in segments.values())
        own = [segment for segment in segments[file_id] if segment.kind is kind]
        if not own and having >= max(_MIN_EPISODES, _MOST * len(segments)):
            notes.append(f"no {kind} like those of {having} other episodes")
        if own and all(segment.evidence == (Evidence.PICTURES,) for segment in own):
            notes.append(f"its {kind} was found by pictures alone: it has other sound than elsewhere, or none")
    return notes
