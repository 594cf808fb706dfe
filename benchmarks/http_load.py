"""Load on the HTTP API: `uv run --all-groups python -m benchmarks.http_load DATA_DIR`.

DATA_DIR is a library made with `whenanime library add`, videos in place. Screenshots of its videos, every second one
distorted as people post them, are searched in turn by the engine alone, on as many threads as the server has workers,
and by clients of `POST /api/v1/search` that send one after the other, in this process. Both have the same pictures, and
nothing is remembered. Reported are searches a second of both and their ratio, the clients' times, and answers lost:
whatever is not an answer with status 200.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import numpy as np

from benchmarks.report import log_line, run_command, write_report
from bot.http_adapter.adapter import HttpAdapter
from bot.http_wiring import new_http_adapter
from bot.metrics import Metrics
from bot.wiring import open_adapter_services
from config.bot_settings import BotSettings, HttpSettings
from config.opening import open_engine
from config.settings import Settings, load_settings
from core.domain import SearchFilter
from core.engine import Engine
from core.pictures.jpeg import encode_jpeg
from ingest.library.opening import open_library
from training.distortion.augmentation import AugmentSpec, augment
from training.evaluation.screenshots import draw_screenshots

PLENTY = 10**9
QUALITY = 85
WARM_UP = 8


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--searches", type=int, default=200, help="of each round, by the engine and by the clients")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=BotSettings().workers, help="pictures searched at one time")
    parser.add_argument("--out", type=Path)
    run_command(parser, _measure, arguments)


def _measure(options: argparse.Namespace) -> None:
    bot = BotSettings(per_minute=PLENTY, queue=1000, workers=options.workers, deadline_s=600, cache_s=0)
    http = HttpSettings(enabled=True, port=0, per_minute=PLENTY, quota=PLENTY, concurrency=options.clients)
    settings = load_settings(data_dir=options.data, bot=bot, http=http)
    pictures = _pictures(settings, options.searches)
    with open_engine(settings) as engine, tempfile.TemporaryDirectory() as folder:
        own = settings.model_copy(update={"data_dir": Path(folder)})  # the library's folder stays as it is
        rounds = asyncio.run(_rounds(own, engine, pictures, options))
    ratios = [float(str(figures["ratio"])) for figures in rounds]
    write_report(
        {
            "benchmark": "http_load",
            **{name: getattr(options, name) for name in ("clients", "searches", "workers")},
            "rounds": rounds,
            "ratio": round(float(np.median(ratios)), 3),
            "lost": sum(int(str(figures["lost"])) for figures in rounds),
        },
        options.out,
    )


async def _rounds(
    settings: Settings, engine: Engine, pictures: Sequence[bytes], options: argparse.Namespace
) -> list[Mapping[str, object]]:
    rounds: list[Mapping[str, object]] = []
    async with (
        open_adapter_services(settings, engine, Metrics(), settings.data_dir / "bot") as parts,
        new_http_adapter(settings, engine, parts, dict) as server,
        _session(options.clients) as session,
    ):
        await _sent(server, session, pictures[:WARM_UP], options.clients)
        for _ in range(options.rounds):
            alone = await asyncio.to_thread(_engine_rate, engine, pictures, options.workers)
            began_s = time.perf_counter()
            answers = await _sent(server, session, pictures, options.clients)
            rate = len(answers) / (time.perf_counter() - began_s)
            times_ms = [1000 * seconds for _status, seconds in answers]
            statuses = Counter(status for status, _seconds in answers)
            rounds.append(
                {
                    "engine_alone_a_second": round(alone, 2),
                    "http_a_second": round(rate, 2),
                    "ratio": round(rate / alone, 3),
                    **{f"p{q}_ms": round(float(np.percentile(times_ms, q)), 1) for q in (50, 99)},
                    "lost": len(answers) - statuses[200],
                    "statuses": {str(status): count for status, count in sorted(statuses.items())},
                }
            )
            log_line(str(rounds[-1]))
    return rounds


def _session(clients: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=clients), timeout=aiohttp.ClientTimeout(total=None)
    )


async def _sent(
    server: HttpAdapter, session: aiohttp.ClientSession, pictures: Sequence[bytes], clients: int
) -> list[tuple[int, float]]:
    """Status and seconds of each search; each client sends its next picture when it has an answer. Status 0: none."""
    left: Iterator[bytes] = iter(pictures)
    answers: list[tuple[int, float]] = []

    async def send_all() -> None:
        for picture in left:
            began_s = time.perf_counter()
            try:
                async with session.post(
                    f"{server.url}api/v1/search", data=picture, headers={"Content-Type": "image/jpeg"}
                ) as response:
                    status = response.status if "scenes" in await response.json(content_type=None) else -1
            except aiohttp.ClientError:
                status = 0
            answers.append((status, time.perf_counter() - began_s))

    await asyncio.gather(*itertools.starmap(send_all, [()] * clients))
    return answers


def _engine_rate(engine: Engine, pictures: Sequence[bytes], threads: int) -> float:
    """Searches a second of the engine on so many threads."""
    began_s = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda picture: engine.search(picture, where=SearchFilter()), pictures):
            pass
    return len(pictures) / (time.perf_counter() - began_s)


def _pictures(settings: Settings, number: int) -> list[bytes]:
    """JPEG files: every second one as it is, the others as people post them."""
    with open_library(settings) as library:
        records = [record for record in library.reader.all() if record.searchable]
    pictures = []
    for index, shot in enumerate(draw_screenshots(records, number, np.random.default_rng(4))):
        rgb = augment(shot.rgb, AugmentSpec(), np.random.default_rng([4, index])) if index % 2 else shot.rgb
        pictures.append(encode_jpeg(rgb, QUALITY))
    return pictures[:number]


if __name__ == "__main__":
    main()
