"""Material of one season: stretches of the sources, none of which is drawn twice in the same form."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from benchmarks.theme_seasons.season_plan import Look, Reel, Shot, Stretch, Track
from benchmarks.theme_seasons.sources import Source, Sources

NOISE_DB: Final = -36.0
SPEECH_DB: Final = 2.0
MUSIC_DB: Final = (-14.0, -3.0)
"""Level of the music of a body."""


class Material:
    """Draws shots, speech, music and themes for one season."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        self._sources = sources
        self._rng = rng
        self._speech = self._utterances()
        self._music = self._stretches_of_songs()
        self._theme_songs = self._shuffled(sources.theme_songs)

    def reel(self, length_s: float, *, theme: bool = False) -> Reel:
        """Shots of 1.2 to 7 s (of a theme: 0.8 to 4 s) from random places, each changed in its own way."""
        footage = self._sources.theme_footage if theme else self._sources.body_footage
        weights = np.array([min(source.duration_s, 240.0) for source in footage])
        shots: list[Shot] = []
        left = length_s
        while left > 0:
            source = footage[int(self._rng.choice(len(footage), p=weights / weights.sum()))]
            shot = self._shot(source, *((0.8, 4.0) if theme else (1.2, 7.0)))
            if shot.length_s > left - 0.5:
                shot = Shot(shot.path, shot.source_s, left, shot.speed, shot.look)
            shots.append(shot)
            left -= shot.length_s
        return Reel(shots)

    def song(self, length_s: float, at_s: float = 0.0) -> Stretch:
        """A stretch of a song for a theme, from a random place in it; each song is drawn once while there are some."""
        for _ in range(len(self._sources.theme_songs)):
            source = next(self._theme_songs)
            if source.duration_s >= length_s + 1:
                start = float(self._rng.uniform(0, source.duration_s - length_s))
                return Stretch(source.path, start, at_s, length_s, fade_s=0.02)
        source = max(self._sources.theme_songs, key=lambda source: source.duration_s)
        return Stretch(source.path, 0.0, at_s, length_s, speed=0.98 * source.duration_s / length_s, fade_s=0.02)

    def speech(self, from_s: float, to_s: float, *, share: float, level_db: float = SPEECH_DB) -> list[Stretch]:
        """Utterances between two times of a track that fill about `share` of it."""
        stretches = []
        at = from_s + float(self._rng.uniform(0, 1.5))
        while at < to_s - 1:
            source, speed = next(self._speech)
            length = min(source.duration_s / speed, to_s - at)
            stretches.append(Stretch(source.path, 0.0, at, length, level_db, speed))
            pause = length * (1 - share) / share
            at += length + float(self._rng.uniform(0.3, 1.7)) * pause
        return stretches

    def music(self, from_s: float, to_s: float, *, share: float, returning: Sequence[Source] = ()) -> list[Stretch]:
        """Music between two times of a track; of `returning` songs one in three stretches, always from its head."""
        stretches = []
        at = from_s + float(self._rng.uniform(0, 12))
        while at < to_s - 8:
            wanted = float(self._rng.uniform(12, 55))
            level = float(self._rng.uniform(*MUSIC_DB))
            if returning and self._rng.random() < 0.4:
                source = returning[int(self._rng.integers(len(returning)))]
                length = min(wanted, to_s - at, source.duration_s)
                stretches.append(Stretch(source.path, 0.0, at, length, level, fade_s=0.3))
            else:
                source, start, speed = next(self._music)
                length = min(wanted, to_s - at, (source.duration_s - start) / speed, 55.0)
                stretches.append(Stretch(source.path, start, at, length, level, speed, fade_s=0.4))
            at += length + float(self._rng.uniform(0.3, 1.7)) * length * (1 - share) / share
        return stretches

    def story(self, length_s: float, returning: Sequence[Source]) -> Track:
        """The sound of a body: speech over changing music over noise."""
        music = self.music(0.0, length_s, share=0.7, returning=returning)
        speech = self.speech(0.0, length_s, share=0.6)
        return Track((*music, *speech), NOISE_DB + float(self._rng.uniform(-6, 4)), int(self._rng.integers(1 << 30)))

    def returning_songs(self, count: int) -> list[Source]:
        """Songs that come back in the bodies of a season; from those of themes, so that no body has them otherwise."""
        return [next(self._theme_songs) for _ in range(count)]

    def _shot(self, source: Source, least_s: float, most_s: float) -> Shot:
        speed = float(self._rng.uniform(0.75, 1.3)) * (1 if self._rng.random() < 0.75 else -1)
        length = min(float(self._rng.uniform(least_s, most_s)), (source.duration_s - 0.3) / abs(speed))
        start = float(self._rng.uniform(0.1, source.duration_s - 0.1 - length * abs(speed)))
        if speed < 0:
            start += length * abs(speed)
        return Shot(source.path, start, length, speed, self._look())

    def _look(self) -> Look:
        rng = self._rng
        return Look(
            mirrored=bool(rng.random() < 0.5),
            zoom=float(rng.uniform(1.0, 1.9)),
            x=float(rng.random()),
            y=float(rng.random()),
            hue=int(rng.integers(180)) if rng.random() < 0.7 else 0,
            gain=float(rng.uniform(0.7, 1.25)),
            lift=float(rng.uniform(-20, 25)),
        )

    def _utterances(self) -> Iterator[tuple[Source, float]]:
        """Speech with its speed: all of it once, then all again at a speed that it did not have."""
        for speed in _speeds():
            for source in self._shuffle(self._sources.speech):
                yield source, speed

    def _stretches_of_songs(self) -> Iterator[tuple[Source, float, float]]:
        """Songs of bodies, in pieces of 55 s: source, where a piece starts, speed."""
        for speed in _speeds():
            pieces = [
                (source, start * 55.0 * speed)
                for source in self._sources.body_songs
                for start in range(math.ceil(max(1.0, source.duration_s - 15) / (55.0 * speed)))
            ]
            for number in self._rng.permutation(len(pieces)):
                source, start = pieces[number]
                yield source, start, speed * float(self._rng.uniform(0.97, 1.03))

    def _shuffled(self, sources: Sequence[Source]) -> Iterator[Source]:
        while True:
            yield from self._shuffle(sources)

    def _shuffle(self, sources: Sequence[Source]) -> list[Source]:
        return [sources[number] for number in self._rng.permutation(len(sources))]


def _speeds() -> Iterator[float]:
    """1, .92, 1.09, .85, 1.19, … and round again."""
    while True:
        yield from (1.0, 0.92, 1.09, 0.85, 1.19, 0.8, 1.27)
