"""`whenanime demo`: draw a show, index it, find a screenshot of it, without special cases."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import typer
from rich.console import Console

from config.opening import open_engine, start
from config.settings import Settings
from core.domain import Scene, Verdict
from core.errors import ExitCode, LibraryError
from core.files import write_file
from core.library.layout import DataLayout
from core.pictures.jpeg import encode_jpeg
from core.previews.spec import PreviewFormat
from core.timecode import Millis, format_millis, to_millis
from core.video.reading import VideoReader
from ingest.commands.progress import open_reporter
from ingest.commands.search_files import write_preview
from ingest.commands.search_text import scene_line
from ingest.library.add import add_videos
from ingest.planning.plan import PlanOptions
from ingest.sample.show import SampleEpisode, draw_sample_show, plan_sample_show

MOMENT_TOLERANCE_MS = 500
_UV_RUN_VARIABLE = "UV_RUN_RECURSION_DEPTH"
_JPEG_QUALITY = 60
_SHOT_INDEX = 7
_SHOT_SHARE = 0.7
"""A shot with much movement, as the frames of a still one are all alike."""


def run_demo(answer_in_chat: Callable[[Settings, Path], None]) -> bool:
    """Draw a sample show, index it, and find a distorted screenshot of it; whether the moment is right.

    Everything is written below the data directory, in `demo`. `answer_in_chat` prints what a chat would
    answer to a picture, with the demo's settings.
    """
    started = time.monotonic()
    settings = start()
    folder, has_media_root = settings.data_dir / "demo", settings.media_root is not None
    settings = settings.model_copy(update={"data_dir": folder / "data", "media_root": None})
    errors = Console(stderr=True)
    typer.echo(f"1. Drawing a show of two seasons into {folder / 'videos'} …")
    draw_sample_show(folder / "videos")
    typer.echo("2. Adding it to a library, as `whenanime library add` does …")
    added = add_videos(settings, [folder / "videos"], PlanOptions(again=True), partial(open_reporter, errors))
    if added.summary.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if added.summary.problems:
        raise LibraryError("\n".join(f"{path}: {reason}" for path, reason in added.summary.problems))
    episode = plan_sample_show(folder / "videos")[-2]
    shot = episode.shots[_SHOT_INDEX]
    picture = folder / "screenshot.jpg"
    at_ms = _screenshot(episode, round(shot.start_ms + _SHOT_SHARE * (shot.end_ms - shot.start_ms)), picture)
    typer.echo(f"3. A screenshot, cropped, mirrored, darker and compressed: {picture}")
    typer.echo(f"   taken from season {episode.season}, episode {episode.episode} at {_precise_time(at_ms)}")
    with open_engine(settings) as engine:
        result = engine.search(picture)
        best = result.scenes[0]
        typer.echo(f"4. {_outcome_text(result.verdict, result.timing_ms['total'])}:")
        typer.echo(f"   {scene_line(best)}")
        from_time, at_time, to_time = map(_precise_time, (best.from_ms, best.at_ms, best.to_ms))
        typer.echo(f"   scene {from_time} to {to_time}, matched frame {at_time}")
        gif = write_preview(engine, best, DataLayout(folder).previews / "demo.gif", PreviewFormat.GIF)
    typer.echo(f"   preview: {gif}")
    typer.echo("5. In a chat (`whenanime chat`, Discord, Telegram) the screenshot is answered so:")
    typer.echo()
    sys.stdout.flush()
    answer_in_chat(settings, picture)
    is_right = _is_right(best, episode, at_ms)
    command = command_text(sys.argv[0], os.environ)
    typer.echo(
        f"{'That is the right moment' if is_right else 'That is NOT the right moment'}; "
        f"{time.monotonic() - started:.0f} s in all. Now with your own videos: {command} library add DIR"
    )
    typer.echo(
        "The demo's library stays; to ask it again, in a chat, at once, or on a web page, with this picture or another:"
    )
    no_media_root = "WHENANIME_MEDIA_ROOT= " if has_media_root else ""
    demo_command = f"{no_media_root}WHENANIME_DATA_DIR={shlex.quote(str(settings.data_dir))} {command}"
    typer.echo(f"  {demo_command} chat")
    typer.echo(f"  {demo_command} search {shlex.quote(str(picture))}")
    typer.echo(f"  {demo_command} serve")
    sys.stdout.flush()
    return is_right


def command_text(program: str, environ: Mapping[str, str]) -> str:
    """The command that started this process, as it can be typed in the same folder.

    `program` is `sys.argv[0]`; `uv run` is recognised by the environment.
    """
    if _UV_RUN_VARIABLE in environ:
        return "uv run whenanime"
    if program.endswith(".py"):
        return shlex.join([sys.executable, program])
    in_path = shutil.which(Path(program).name)
    return Path(program).name if in_path and Path(in_path).samefile(program) else shlex.quote(program)


def _screenshot(episode: SampleEpisode, from_ms: int, path: Path) -> Millis:
    """Write the first frame from a time on as a distorted screenshot: cropped to 70 %, mirrored, darker, a small JPEG.
    Returns the time of the frame.
    """
    with VideoReader(episode.path) as video:
        frame = next(frame for frame in video.frames() if frame.time * 1000 >= from_ms)
        rgb = frame.rgb(video.info.width, video.info.height)
    height, width = rgb.shape[:2]
    cropped = rgb[height // 10 : height * 94 // 100, width // 10 : width * 93 // 100]
    darker = (np.ascontiguousarray(cropped[:, ::-1]) * 0.85).astype(np.uint8)
    write_file(path, encode_jpeg(darker, _JPEG_QUALITY), sync=False)
    return to_millis(frame.time)


def _is_right(scene: Scene, episode: SampleEpisode, at_ms: int) -> bool:
    return Path(scene.path) == episode.path.resolve() and abs(scene.at_ms - at_ms) <= MOMENT_TOLERANCE_MS


def _outcome_text(verdict: Verdict, total_ms: float) -> str:
    if verdict is Verdict.FOUND:
        return f"Found in {total_ms:.0f} ms"
    qualifier = "only a guess" if verdict is Verdict.UNSURE else "not found, the nearest scene is"
    return f"Searched for {total_ms:.0f} ms; {qualifier}"


def _precise_time(time_ms: int) -> str:
    return format_millis(time_ms, precise=True)
