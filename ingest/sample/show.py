"""The sample show: two seasons of videos with sound and exactly known cuts."""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.pictures.pixels import Rgb
from core.timecode import Millis, to_millis
from core.video.writing import Sound, VideoQuality, write_mp4
from ingest.sample.characters import Pose, draw_cat, draw_character
from ingest.sample.drawing import Camera, Painting, Pen
from ingest.sample.effects import draw_effect
from ingest.sample.sound import SOUND_RATE_HZ, opening_sound, scene_sound
from ingest.sample.storyboard import CAT, EPISODES, SEASONS, SHOW, Scene, character_of, mood_of, opening, scenes

RATE = Fraction(24_000, 1001)
MAX_SEASONS, MAX_EPISODES = len(EPISODES), len(EPISODES[0])
_OPENING_FRAMES = (52, 44, 38)
_DRAWING_INTERVAL = 2
"""Characters are drawn for every second frame, as in most animation; a panning camera moves in every frame."""
_QUALITY = VideoQuality(crf=24, preset="veryfast", keyframe_every_s=4.0, threads=1)


@dataclass(frozen=True, slots=True)
class SampleShot:
    """A shot between two cuts: `start_ms <= time < end_ms`."""

    scene: str
    start_ms: Millis
    end_ms: Millis


@dataclass(frozen=True, slots=True)
class SampleEpisode:
    """One file of the sample show, with its names and shots."""

    path: Path
    season: int
    season_name: str
    episode: int
    name: str
    opening_ms: tuple[Millis, Millis]
    shots: tuple[SampleShot, ...]


@dataclass(frozen=True, slots=True)
class _ShotPlan:
    """A scene in one episode: its number of frames, and the seed of its drawing and tune."""

    scene: Scene
    season: int
    frames: int
    seed: int
    in_opening: bool


def plan_sample_show(folder: Path, *, seasons: int = 2, episodes: int = 3, seed: int = 1) -> list[SampleEpisode]:
    """The paths, names and cuts of what `draw_sample_show` draws with the same arguments."""
    return [_plan_episode(folder, season, number, seed) for season, number in _episode_numbers(seasons, episodes)]


def draw_sample_show(
    folder: Path,
    *,
    seasons: int = 2,
    episodes: int = 3,
    seed: int = 1,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Draw the show into `<folder>/Paper Lanterns/1-Spring/01-The Ferry.mp4` and so on; returns the paths in order.

    640×360 H.264 at 24000/1001 frames a second with AAC. Every episode has a scene, the opening of its season (the same
    pictures and the same tune in each), and five more scenes. The same arguments draw the same pictures. `progress` is
    called with frames done and frames in all, from several threads, one at a time. `MediaError` when a file cannot be
    written, `ValueError` when more than two seasons or three episodes are asked for.
    """
    plan = plan_sample_show(folder, seasons=seasons, episodes=episodes, seed=seed)
    counter = _Counter(sum(shot.frames for e in plan for shot in _shot_plans(e.season, e.episode, seed)), progress)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(_draw_episode, episode, seed, counter) for episode in plan]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [episode.path for episode in plan]


class _Counter:
    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = Lock()

    def add(self, frames: int) -> None:
        with self._lock:
            self._done += frames
            if self._progress is not None:
                self._progress(self._done, self._total)


def _episode_numbers(seasons: int, episodes: int) -> list[tuple[int, int]]:
    if not (1 <= seasons <= MAX_SEASONS and 1 <= episodes <= MAX_EPISODES):
        raise ValueError(f"the sample show has up to {MAX_SEASONS} seasons of up to {MAX_EPISODES} episodes")
    return [(season, number) for season in range(1, seasons + 1) for number in range(1, episodes + 1)]


def _plan_episode(folder: Path, season: int, number: int, seed: int) -> SampleEpisode:
    season_name, name = SEASONS[season - 1], EPISODES[season - 1][number - 1]
    shots, opening_times, frame = [], [], 0
    for shot in _shot_plans(season, number, seed):
        start, end = to_millis(frame / RATE), to_millis((frame + shot.frames) / RATE)
        shots.append(SampleShot(shot.scene.name, start, end))
        if shot.in_opening:
            opening_times += [start, end]
        frame += shot.frames
    path = folder / SHOW / f"{season}-{season_name}" / f"{number:02d}-{name}.mp4"
    return SampleEpisode(path, season, season_name, number, name, (opening_times[0], opening_times[-1]), tuple(shots))


def _shot_plans(season: int, number: int, seed: int) -> list[_ShotPlan]:
    """The shots of an episode in order: a scene, the opening, the other scenes."""
    shots = []
    for scene in scenes(season, number):
        own_seed = zlib.crc32(f"{seed} {season} {number} {scene.name}".encode())
        shots.append(_ShotPlan(scene, season, Random(own_seed).randint(62, 104), own_seed, in_opening=False))
    opening_shots = [
        _ShotPlan(scene, season, frames, zlib.crc32(f"{seed} {season} {scene.name}".encode()), in_opening=True)
        for scene, frames in zip(opening(season), _OPENING_FRAMES, strict=True)
    ]
    return [shots[0], *opening_shots, *shots[1:]]


def _draw_episode(episode: SampleEpisode, seed: int, counter: _Counter) -> None:
    shots = _shot_plans(episode.season, episode.episode, seed)
    try:
        episode.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise MediaError(episode.path, f"its folder cannot be made ({exc.strerror})") from exc
    frames = (frame for shot in shots for frame in _frames(shot, counter))
    sound = Sound(_sounds(shots), rate_hz=SOUND_RATE_HZ, bits_per_s=64_000)
    write_mp4(episode.path, frames, rate=RATE, quality=_QUALITY, sound=sound)


def _sounds(shots: list[_ShotPlan]) -> Iterator[NDArray[np.float32]]:
    """One block of sound for each scene and one for the opening, each as long as its pictures."""
    frame = sample = 0
    for shot, following in zip(shots, [*shots[1:], None], strict=True):
        frame += shot.frames
        if shot.in_opening and following is not None and following.in_opening:
            continue
        end = round(frame / RATE * SOUND_RATE_HZ)
        if shot.in_opening:
            yield opening_sound(shot.seed, end - sample)
        else:
            yield scene_sound(shot.seed, end - sample, rain=shot.scene.air == "rain")
        sample = end


def _frames(shot: _ShotPlan, counter: _Counter) -> Iterator[Rgb]:
    """The frames of one scene, (360, 640, 3)."""
    painting = _paint(shot)
    first, last = shot.scene.camera
    backdrop: tuple[Camera, Rgb] | None = None
    picture: Rgb | None = None
    for number in range(shot.frames):
        drawn = number - number % _DRAWING_INTERVAL
        camera = _camera(shot.scene, (number if first.zoom == last.zoom else drawn) / shot.frames)
        moves = backdrop is None or backdrop[0] != camera
        if backdrop is None or moves:
            backdrop = (camera, painting.background(camera))
        if picture is None or moves or number == drawn:
            picture = _draw(shot, painting, backdrop[1].copy(), camera, drawn / shot.frames, float(drawn / RATE))
        yield picture
        if number % 24 == 23:
            counter.add(24)
    counter.add(shot.frames % 24)


def _camera(scene: Scene, progress: float) -> Camera:
    """The camera at `progress` (0..1) of its way; at whole pixels unless it zooms."""
    first, last = scene.camera
    x, y = first.x + (last.x - first.x) * progress, first.y + (last.y - first.y) * progress
    zoom = first.zoom + (last.zoom - first.zoom) * progress
    return Camera(round(x), round(y), zoom) if zoom == 1 else Camera(x, y, zoom)


def _paint(shot: _ShotPlan) -> Painting:
    scene, painting = shot.scene, Painting()
    scene.place(painting, mood_of(scene), Random(shot.seed))
    if scene.title:
        painting.near.text(322, 152, scene.title, 64, (40, 24, 50))
        painting.near.text(320, 150, scene.title, 64, (255, 246, 226))
        painting.near.text(320, 204, SEASONS[shot.season - 1], 26, (255, 226, 170))
    painting.finish()
    return painting


def _draw(shot: _ShotPlan, painting: Painting, picture: Rgb, camera: Camera, progress: float, time_s: float) -> Rgb:
    mood = mood_of(shot.scene)
    for number, role in enumerate(shot.scene.roles):
        x, y, zoom = camera.place(role.x + (role.to_x - role.x) * progress, role.y)
        pen = Pen(picture, tint=mood.sky[0], tint_amount=mood.tint_amount)
        if role.name == CAT:
            own = pen.moved(x, y, role.size * zoom, mirrored=role.turn < 0)
            draw_cat(own, (58, 50, 66), time_s, walks=role.action == "walk")
        else:
            pose = Pose(role.action, time_s, turn=role.turn, phase=number * 1.7 + shot.seed % 7)
            draw_character(pen.moved(x, y, role.size * zoom), character_of(role, shot.season), pose)
    picture = painting.add_foreground(picture, camera)
    draw_effect(Pen(picture), shot.scene.air, time_s, shot.seed)
    return picture
