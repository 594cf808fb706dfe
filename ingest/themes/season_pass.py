"""Mining of one season of a library: what is read, compared and stored."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.catalogue.reader import CatalogueReader
from core.catalogue.records import FileRecord
from core.catalogue.segments import MinedSeason, Segment, SegmentKind, ThemeId
from core.catalogue.writer import CatalogueWriter
from core.domain import FileId
from core.themes.chapters import chapter_segments
from core.themes.episode_track import EpisodeTrack
from core.themes.season_themes import SeasonThemes
from core.themes.stored_theme import StoredTheme, stored_theme
from ingest.themes.season_grouping import SeasonFiles
from ingest.themes.season_tracks import Episode, TrackReader, common_encoder
from ingest.themes.theme_store import ThemeStore

Miner = Callable[
    [Sequence[EpisodeTrack], Mapping[FileId, Sequence[Segment]], Sequence[StoredTheme]],
    SeasonThemes,
]
"""Mines a season: its episodes in their order, what their chapters tell, and the themes that are known of it. Themes
that are new have negative ids.
"""
FileDone = Callable[[FileRecord], None]
"""Called when a file is read."""

METHOD: Final = "1"
"""Version of mining and of what chapters are taken for; to be raised when they change, so that every season is mined
again by the next pass.
"""
EPISODES_AT_ONCE: Final = 26
"""New episodes that are compared with each other: two courses of a season on television."""
_COMPANIONS_LIMIT: Final = 6
"""Earlier episodes without an opening or an ending that a new one is compared with, to find one that they share."""


@dataclass(frozen=True, slots=True)
class SeasonPass:
    """Mines seasons. The caller holds the library's lock. `StorageError` when disk or database refuse."""

    reader: CatalogueReader
    writer: CatalogueWriter
    tracks: TrackReader
    mine: Miner
    episodes_at_once: int = EPISODES_AT_ONCE

    def is_settled(self, season: SeasonFiles) -> bool:
        """Whether a pass over it would find nothing to do: every episode that can be read was compared, by this
        method.
        """
        if season.mined is None or season.mined.config != METHOD:
            return False
        new_ids = season.new_ids
        return not any(self.tracks.has_signals(record) for record in season.records if record.id in new_ids)

    def run(self, season: SeasonFiles, done: FileDone, *, again: bool = False) -> SeasonThemes:
        """Mine a season and store what comes of it; with `again`, without regard to what was stored.

        A few new episodes are compared with the stored themes, and with those earlier ones that lack an opening or an
        ending; more of them, and a season whose method has changed, as a whole. Of a long season the first episodes are
        the whole, and the others are new ones, so many at a time: neither memory nor the work for an episode grows with
        the length of the season, and a run that is killed goes on from there.
        """
        if again or not self._is_incremental(season):
            season = replace(season, mined=None)
        pending = [record for record in season.records if record.id in season.new_ids]
        while True:
            new, pending = pending[: self.episodes_at_once], pending[self.episodes_at_once :]
            mined, result = self._mine(season, {record.id for record in new}, done)
            season = replace(season, mined=mined)
            if not pending:
                return result

    def _mine(
        self, season: SeasonFiles, new_ids: Collection[FileId], done: FileDone
    ) -> tuple[MinedSeason, SeasonThemes]:
        """Compare new episodes with what is known of their season, and store what comes of it."""
        encoder = common_encoder(season.records)
        episodes: list[Episode] = []
        companions = self._companions(season) if season.mined else frozenset()
        for record in season.records:
            if record.id in new_ids or record.id in companions:
                episodes.append(self.tracks.episode(record, encoder))
                done(record)
        store = ThemeStore(self.tracks.layout, encoder)
        known = season.mined.themes if season.mined else ()
        stored = [theme for theme in map(store.load, known) if theme]
        result = self.mine([episode.track for episode in episodes], _named_segments(episodes), stored)
        return self._store(season, episodes, self._numbered(result), store)

    def _is_incremental(self, season: SeasonFiles) -> bool:
        mined = season.mined
        if mined is None or mined.config != METHOD or not mined.themes:
            return False
        is_few = len(season.new_ids) <= max(1, len(season.records) // 3)
        return is_few or len(mined.files) >= self.episodes_at_once

    def _companions(self, season: SeasonFiles) -> frozenset[FileId]:
        """The last of the episodes that were compared before and lack an opening or an ending."""
        segments = self.reader.segments()
        known = season.mined.files if season.mined else frozenset()
        lacking = [
            record.id
            for record in season.records
            if record.id in known
            and not {SegmentKind.OPENING, SegmentKind.ENDING}
            <= {segment.kind for segment in segments.get(record.id, ())}
        ]
        return frozenset(lacking[-_COMPANIONS_LIMIT:])

    def _numbered(self, result: SeasonThemes) -> SeasonThemes:
        """The result with ids of the catalogue in place of the negative ones."""
        next_id = self.writer.next_theme_id()
        new = [theme.id for theme in result.themes if theme.id < 0]
        ids = {theme_id: ThemeId(next_id + index) for index, theme_id in enumerate(new)}
        themes = [
            replace(
                theme,
                id=ids.get(theme.id, theme.id),
                variant_of=None if theme.variant_of is None else ids.get(theme.variant_of, theme.variant_of),
            )
            for theme in result.themes
        ]
        segments = {
            file_id: [
                replace(segment, theme=None if segment.theme is None else ids.get(segment.theme, segment.theme))
                for segment in of_file
            ]
            for file_id, of_file in result.segments.items()
        }
        return SeasonThemes(themes, segments, result.notes)

    def _store(
        self, season: SeasonFiles, episodes: Sequence[Episode], result: SeasonThemes, store: ThemeStore
    ) -> tuple[MinedSeason, SeasonThemes]:
        """Store slices of themes, then the season's rows; a crash between the two leaves slices that nothing names."""
        tracks = {episode.record.id: episode.track for episode in episodes}
        known = {theme.id: theme for theme in (season.mined.themes if season.mined else ())}
        for theme in result.themes:
            if theme != known.get(theme.id) and theme.file_id in tracks:
                store.save(stored_theme(theme, tracks[theme.file_id]))
        themes = tuple((known | {theme.id: theme for theme in result.themes}).values())
        read = {episode.record.id for episode in episodes if episode.read}
        earlier = season.mined.files if season.mined else frozenset()
        files = frozenset(record.id for record in season.records if record.id in read or record.id in earlier)
        segments: dict[FileId, Sequence[Segment]] = {
            file_id: of_file for file_id, of_file in self.reader.mined_segments().items() if file_id in files
        }
        segments |= {
            file_id: _merged(result.segments.get(file_id, ()), segments.get(file_id, ())) for file_id in tracks
        }
        notes = {file_id: note for file_id, note in self.reader.theme_notes().items() if file_id in files - read}
        notes |= _notes(episodes, result)
        mined = MinedSeason(season.season, METHOD, files, themes)
        self.writer.put_season(mined, segments, notes)
        return mined, SeasonThemes(themes, segments, notes)


def _named_segments(episodes: Sequence[Episode]) -> Mapping[FileId, Sequence[Segment]]:
    """What chapters tell of each episode. Corrections are not among it: they are laid over what is mined when it is
    read, and what is mined has to be there when one is taken back.
    """
    named = {
        episode.record.id: chapter_segments(episode.track.chapters, episode.track.duration_ms) for episode in episodes
    }
    return {file_id: segments for file_id, segments in named.items() if segments}


def _merged(mined: Sequence[Segment], earlier: Sequence[Segment]) -> Sequence[Segment]:
    """Segments of an episode by time: those mined now, and of those mined earlier the ones beside them. Short parts are
    not found by stored themes alone.
    """
    beside = [
        segment
        for segment in earlier
        if all(segment.end_ms <= new.start_ms or new.end_ms <= segment.start_ms for new in mined)
    ]
    return sorted([*mined, *beside], key=lambda segment: (segment.start_ms, segment.end_ms))


def _notes(episodes: Sequence[Episode], result: SeasonThemes) -> Mapping[FileId, str]:
    """Notes of reading and of mining; of an episode that could not be read only the former."""
    notes = {}
    for episode in episodes:
        mined = result.notes.get(episode.record.id, "") if episode.read else ""
        text = "; ".join(filter(None, (episode.note, mined)))
        if text:
            notes[episode.record.id] = text
    return notes
