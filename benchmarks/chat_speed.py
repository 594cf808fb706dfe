"""Speed of the bot over its platforms: `uv run --all-groups python -m benchmarks.chat_speed DATA_DIR [--save DIR]`.

DATA_DIR is a library made with `whenanime library add`, videos in place. Screenshots of its videos, every second
one distorted as people post them, are sent as messages over loopback sockets to Discord's and Telegram's real client
libraries, one after the other: times until the acknowledgement and until the answer with its preview. Then many users
send at once, one of them far more than the others, in several rounds: whether each is answered once and in fair order,
pictures a second in comparison with the engine and the encoder alone, and memory.

`--messages 0 --users 5 --each 6 --greedy 0 --deadline 30 --busy 4` is a crowd on a machine that four other processes
keep busy: numbers of answers and refusals, and the latest of each.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.chat_crowd import busy_processes, crowd_figures, pictures_per_second, resident_mib, send_crowd
from benchmarks.chat_platforms import TimedAnswer, ask, discord_room, telegram_room
from benchmarks.report import write_report
from bot.metrics import Metrics
from bot.wiring import open_adapter_services
from config.bot_settings import BotSettings
from config.opening import encoder_of, open_engine
from config.settings import Settings, load_settings
from core.encoders.preprocess import prepare
from core.engine import Engine
from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.previews.spec import PreviewFormat
from ingest.library.opening import open_library
from training.distortion.augmentation import AugmentSpec, augment
from training.evaluation.screenshots import draw_screenshots

WARM_UP = 3
QUALITY = 85


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--messages", type=int, default=40, help="on each platform")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--greedy", type=int, default=10, help="pictures more that one of them sends")
    parser.add_argument("--each", type=int, default=1, help="pictures that each user sends")
    parser.add_argument("--deadline", type=float, default=600, help="bot.deadline_s")
    parser.add_argument("--busy", type=int, default=0, help="processes that keep the machine busy meanwhile")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=BotSettings().workers, help="pictures searched at one time")
    parser.add_argument("--save", type=Path, help="write the first answers, with their previews, to this folder")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    plenty = 100_000
    bot = BotSettings(
        user_per_minute=plenty,
        user_per_day=plenty,
        per_minute=plenty,
        queue=1000,
        workers=options.workers,
        deadline_s=options.deadline,
        cache_s=0,
    )
    settings = load_settings(data_dir=options.data, bot=bot)
    with open_engine(settings) as engine, busy_processes(options.busy):
        report = asyncio.run(_measure(settings, engine, options))
    setup = {name: getattr(options, name) for name in ("workers", "deadline", "busy")}
    write_report({"benchmark": "chat_speed", **setup, **report}, options.out)


async def _measure(settings: Settings, engine: Engine, options: argparse.Namespace) -> Mapping[str, object]:
    most = max(options.messages + WARM_UP, options.users * options.each + options.greedy)
    pictures = _pictures(settings, most)
    report: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with open_adapter_services(settings, engine, Metrics(), Path(folder)) as parts:
            rooms = (("discord", discord_room), ("telegram", telegram_room))
            for name, opened in rooms if options.messages else ():
                async with opened(parts.dispatcher) as room:
                    answers = await ask(room, pictures[: options.messages + WARM_UP])
                report[name] = _percentiles(answers[WARM_UP:])
                if options.save:
                    _save(options.save / name, answers, pictures)
        rounds = []
        for _ in range(options.rounds):  # a dispatcher each, as previews are remembered
            async with open_adapter_services(settings, engine, Metrics(), Path(folder)) as parts:
                await send_crowd(
                    parts.dispatcher, pictures[::-1], WARM_UP, 0
                )  # a bot that runs knows how long it takes
                served = await send_crowd(parts.dispatcher, pictures, options.users, options.greedy, options.each)
            outcome = crowd_figures(served, options.users, options.greedy)
            rounds.append({**outcome, "resident_mib": round(resident_mib(), 1)})
        report["crowd"] = rounds
        alone = await asyncio.to_thread(_sequential_rates, settings, engine, pictures[: options.users], Path(folder))
    best = max(float(str(figures["pictures_a_second"])) for figures in rounds)
    report["alone_a_second"] = alone
    report["crowd_share"] = {name: round(best / value, 3) for name, value in alone.items()}
    return report


def _pictures(settings: Settings, number: int) -> list[bytes]:
    """JPEG files: every second one as it is, the others as people post them."""
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    pictures = []
    for index, shot in enumerate(draw_screenshots(records, number, np.random.default_rng(4))):
        rgb = augment(shot.rgb, AugmentSpec(), np.random.default_rng([4, index])) if index % 2 else shot.rgb
        pictures.append(encode_jpeg(rgb, QUALITY))
    return pictures[:number]


def _sequential_rates(
    settings: Settings, engine: Engine, pictures: Sequence[bytes], folder: Path
) -> Mapping[str, float]:
    """Pictures a second of the engine with a preview for each, of the engine, and of two views through the encoder."""
    file = folder / "shot.jpg"
    encoder = encoder_of(settings)

    def searched(picture: bytes, *, preview: bool) -> None:
        file.write_bytes(picture)
        scenes = engine.search(file).scenes
        if preview and scenes:
            engine.preview(scenes[0], PreviewFormat.MP4)

    def embedded(picture: bytes) -> None:
        frame = prepare(decode_jpeg(picture), encoder.spec.preprocess)
        encoder.embed(np.stack([frame, frame[:, ::-1]]))

    return {
        "search_and_preview": round(pictures_per_second(lambda picture: searched(picture, preview=True), pictures), 2),
        "search": round(pictures_per_second(lambda picture: searched(picture, preview=False), pictures), 2),
        "encoder_two_views": round(pictures_per_second(embedded, pictures), 2),
    }


def _percentiles(answers: Sequence[TimedAnswer]) -> Mapping[str, object]:
    acknowledged_ms = [answer.acknowledged_ms for answer in answers]
    answered_ms = [answer.answered_ms for answer in answers]
    return {
        "messages": len(answers),
        "with_attachment": sum(bool(answer.attachment) for answer in answers),
        "acknowledged_ms": {f"p{q}": round(float(np.percentile(acknowledged_ms, q)), 1) for q in (50, 90, 99)},
        "answered_ms": {f"p{q}": round(float(np.percentile(answered_ms, q)), 1) for q in (50, 90, 99)},
    }


def _save(folder: Path, answers: Sequence[TimedAnswer], pictures: Sequence[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (answer, picture) in enumerate(zip(answers[:6], pictures, strict=False)):
        (folder / f"{number}-asked.jpg").write_bytes(picture)
        (folder / f"{number}-answer.txt").write_text(answer.text + "\n", "utf-8")
        if answer.attachment:
            kind = "gif" if answer.attachment[:3] == b"GIF" else "mp4"
            (folder / f"{number}-preview.{kind}").write_bytes(answer.attachment)


if __name__ == "__main__":
    main()
