"""Reading one video of a library: its features and stored pictures on disk, and its outcome; used by add, reindex."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from core.catalogue.records import FileOutcome, FileStamp, FileState
from core.domain import EpisodeKind, EpisodeName, FileId
from core.errors import MediaError
from core.library.layout import DataLayout
from core.timecode import format_millis
from ingest.indexing.features import Origin, save_features
from ingest.indexing.frame_sampling import SamplingCounts
from ingest.indexing.video_indexer import VideoIndexer
from ingest.reporting import Reporter
from ingest.wording import counted


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A video to read: where it is now, the id that its features and pictures get, its name, its file's stamp."""

    path: Path
    file_id: FileId
    name: EpisodeName
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class VideoRead:
    """The outcome of reading one video, `failed` when nothing in it can be used, and what was sampled of it."""

    outcome: FileOutcome
    counts: SamplingCounts = field(default_factory=SamplingCounts)

    @property
    def failed(self) -> bool:
        """Whether there are no features and no stored pictures of it."""
        return self.outcome.state is FileState.FAILED

    @property
    def damaged(self) -> bool:
        """Whether it was read only as far as it goes."""
        return self.outcome.state is FileState.DAMAGED

    def size_text(self) -> str:
        """Length and number of frames: `00:24:00, 3520 frames kept`."""
        return f"{format_millis(self.outcome.duration_ms)}, {self.frames_text()}"

    def frames_text(self) -> str:
        """`3520 frames kept`."""
        return f"{counted(self.outcome.frames, 'frame')} kept"


def read_video(
    source: VideoSource,
    indexer: VideoIndexer,
    layout: DataLayout,
    reporter: Reporter,
    *,
    progress: Reporter | None = None,
) -> VideoRead:
    """Index a video and save its features, then its outcome can be written to the catalogue.

    The reporter is told when the file is begun, and when it failed; other ends are left to the caller. Progress within
    the file goes to `progress`, if given, in place of the reporter. `StorageError` when the disk refuses.
    """
    reporter.file_started(source.path.name, source.stamp.size_bytes)
    try:
        indexed = indexer.index(
            source.path,
            first_episode=_is_first_episode(source.name),
            reporter=progress or reporter,
            pack=layout.stills(source.file_id),
        )
    except MediaError as exc:
        reporter.file_failed()
        return VideoRead(FileOutcome(FileState.FAILED, problem=exc.reason))
    features = replace(indexed.features, origin=Origin(source.stamp.content, indexed.outcome))
    save_features(layout.features(indexed.outcome.encoder, source.file_id), features)
    reporter.video_indexed(indexed.outcome.frames)
    return VideoRead(indexed.outcome, indexed.counts)


def _is_first_episode(name: EpisodeName) -> bool:
    """Whether its opening and ending stand for those of the season."""
    return name.kind is EpisodeKind.EPISODE and name.first == 1
