"""Openings and endings: seasons with known truth, and how well they are found in them.

    python -m benchmarks.themes render OUT --footage FOLDER --sound FOLDER --split development

puts seasons together from footage, songs and speech that you have, spliced after decoding at random moments and encoded
anew episode by episode: themes and story from different files, credits drawn over, speech over music, shortened and
changed versions, two openings, cold opens, sponsor cards, recaps, music that returns, missing themes, variable frame
rate, PAL speed, sound that starts late. Three in ten episodes share no opening or ending with another one. The truth
lies beside each season in `truth.json`. Files are split by a hash of their names: seasons of the development split and
of the evaluation split have no file in common. Sound of 40 s and more is a song, shorter sound is speech.

    python -m benchmarks.themes measure OUT --out FILE.json

finds openings and endings in all seasons below OUT and compares them with the truth, beside what chapters say by
themselves, the matcher of Intro Skipper on pairs of episodes, and fixed times. Segments by intersection over union of
.5 and .9, errors of starts and ends, seconds of story inside of what is reported, alarms in episodes that have none;
the score of the published system, mean(max(0, |error| - 1 s)) over ends of openings and starts of endings, on whole
episodes and on clips of 200 s; CPU time. Intervals are 95 %, by bootstrap over seasons. Sound and chapters are read of
every file; --pictures embeds frames too, which takes longest and is kept beside the files. Tables go to standard error.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import run_command, write_report
from benchmarks.theme_seasons.measure_run import measure_seasons
from benchmarks.theme_seasons.render_run import RenderSpec, render_seasons
from benchmarks.theme_seasons.scenarios import SCENARIOS
from benchmarks.theme_seasons.score_table import conditions_table, systems_table
from benchmarks.theme_seasons.sources import Split, read_sources
from core.errors import InputError


def main(arguments: Sequence[str] | None = None) -> None:
    """Render or measure. An error ends it with a message and an exit code."""
    run_command(_parser(), lambda options: options.run(options), arguments)


def _render(options: argparse.Namespace) -> None:
    split = Split(options.split)
    numbers = [number - 1 for number in options.season] or range(len(SCENARIOS))
    if not all(0 <= number < len(SCENARIOS) for number in numbers):
        raise InputError(f"--season: the seasons are 1 to {len(SCENARIOS)}.")
    spec = RenderSpec(options.out, split, options.seed, numbers, options.jobs, options.minutes, options.cache)
    render_seasons(spec, read_sources(options.footage, options.sound, split))


def _measure(options: argparse.Namespace) -> None:
    figures = measure_seasons(options.seasons, pictures=options.pictures, jobs=options.jobs)
    sys.stderr.write(systems_table(figures["systems"]) + conditions_table(figures["conditions"]))
    write_report({"benchmark": "themes", **figures}, options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.themes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    render = commands.add_parser("render", help="render seasons")
    render.set_defaults(run=_render)
    render.add_argument("out", type=Path, help="folder of the seasons")
    render.add_argument("--footage", type=Path, action="append", required=True, help="folder of videos")
    render.add_argument("--sound", type=Path, action="append", required=True, help="folder of songs and speech")
    render.add_argument("--split", choices=[split.value for split in Split], default=Split.DEVELOPMENT.value)
    render.add_argument("--seed", type=int, default=0)
    render.add_argument("--season", type=int, action="append", default=[], help="number of a season; by default all")
    render.add_argument("--minutes", type=float, help="length of the story of an episode")
    render.add_argument("--jobs", type=int, default=1, help="episodes rendered at a time")
    render.add_argument("--cache", type=Path, help="folder for decoded sources, which makes a second run faster")
    measure = commands.add_parser("measure", help="find openings and endings in rendered seasons")
    measure.set_defaults(run=_measure)
    measure.add_argument("seasons", type=Path, help="folder of rendered seasons")
    measure.add_argument("--pictures", action="store_true", help="embed frames and use them")
    measure.add_argument("--jobs", type=int, default=1, help="seasons measured at a time")
    measure.add_argument("--out", type=Path, help="FILE.json")
    return parser


if __name__ == "__main__":
    main()
