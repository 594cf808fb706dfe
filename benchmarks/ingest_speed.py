"""Ingest against decoding alone and against the classic way: `python -m benchmarks.ingest_speed VIDEO`.

Rounds of all contestants alternate in one run, medians are compared. The classic way, as first published for this job:
cv2 reads every frame, eight a second go one by one through a ResNet18 in torch (224 × 224, eager), after a perceptual
hash (Zauner 2010: DCT of 32 × 32, the 8 × 8 lowest frequencies against their median) was compared with the last 100.
"""

import argparse
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import torch
import torchvision
from numpy.typing import NDArray

from benchmarks.report import write_report
from core.encoders.opening import open_encoder
from core.video.reading import VideoReader
from ingest.frames import FrameSampler, SamplingSpec
from ingest.indexing import VideoIndexer
from ingest.progress import SilentReporter

CLASSIC_RATE_HZ = 8
CLASSIC_DISTANCE = 4
CLASSIC_MEMORY = 100
TARGET_OF_DECODING = 0.5
TARGET_OF_CLASSIC = 10.0


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--classic-s", type=float, default=20, help="seconds of video for the slow classic way")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    encoder = open_encoder(None)
    indexer = VideoIndexer(encoder, SamplingSpec())
    model = torchvision.models.resnet18(weights=None).eval()
    kept: dict[str, int] = {}

    def decode_only() -> float:
        with av.open(options.video) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            last = 0.0
            for frame in container.decode(stream):
                last = float(frame.time or 0)
        return last

    def sample() -> float:
        with VideoReader(options.video) as video:
            sampler = FrameSampler(video, SamplingSpec(), encoder.spec.preprocess, first_episode=False)
            kept["samples"] = sum(1 for _ in sampler)
            return float(sampler.time_reached)

    def ingest() -> float:
        with SilentReporter() as reporter:
            indexed = indexer.index(options.video, first_episode=False, reporter=reporter)
        kept["frames"] = indexed.outcome.frames
        return indexed.outcome.duration_ms / 1000

    contestants: dict[str, Callable[[], float]] = {
        "decode_only": decode_only,
        "decode_and_sample": sample,
        "ingest": ingest,
        "classic": lambda: classic(options.video, model, options.classic_s),
    }
    paces: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name, run in contestants.items():
            started = time.perf_counter()
            paces[name].append(run() / (time.perf_counter() - started))
    median = {name: statistics.median(values) for name, values in paces.items()}
    frames = np.zeros((16, encoder.spec.preprocess.height, encoder.spec.preprocess.width, 3), np.uint8)
    write_report(
        {
            "benchmark": "ingest_speed",
            "times_real_time": {name: round(value, 2) for name, value in median.items()},
            "all_rounds": {name: [round(value, 2) for value in values] for name, values in paces.items()},
            "embed_ms_per_frame": round(_embed_ms(lambda: encoder.embed(frames)) / len(frames), 3),
            "kept": kept,
            **_ratios(median),
        },
        options.out,
    )


def _ratios(median: Mapping[str, float]) -> Mapping[str, float]:
    return {
        "ingest_of_decode_only": round(median["ingest"] / median["decode_only"], 3),
        "target_of_decode_only": TARGET_OF_DECODING,
        "ingest_of_classic": round(median["ingest"] / median["classic"], 1),
        "target_of_classic": TARGET_OF_CLASSIC,
    }


def _embed_ms(run: Callable[[], object]) -> float:
    run()
    started = time.perf_counter()
    for _ in range(5):
        run()
    return (time.perf_counter() - started) / 5 * 1000


def classic(video: Path, model: torch.nn.Module, limit_s: float) -> float:
    """Seconds of video that were indexed the classic way."""
    capture = cv2.VideoCapture(str(video))
    rate = capture.get(cv2.CAP_PROP_FPS)
    every = max(1, round(rate / CLASSIC_RATE_HZ))
    recent: deque[NDArray[np.bool_]] = deque(maxlen=CLASSIC_MEMORY)
    index = 0
    vectors = []
    while index / rate < limit_s:
        whole, frame = capture.read()
        if not whole:
            break
        if index % every == 0:
            code = perceptual_hash(frame)
            if not any(int((code != other).sum()) <= CLASSIC_DISTANCE for other in recent):
                recent.append(code)
                vectors.append(_embed_one(model, frame))
        index += 1
    capture.release()
    return index / rate


def perceptual_hash(frame: cv2.typing.MatLike) -> NDArray[np.bool_]:
    """64 bits of a (height, width, 3) frame."""
    grey = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(grey.astype(np.float32))[:8, :8]
    bits: NDArray[np.bool_] = (low > np.median(low)).ravel()
    return bits


def _embed_one(model: torch.nn.Module, frame: cv2.typing.MatLike) -> NDArray[np.float32]:
    rgb = cv2.cvtColor(cv2.resize(frame, (224, 224)), cv2.COLOR_BGR2RGB)
    with torch.no_grad():
        vector: NDArray[np.float32] = model(torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255).numpy()
    return vector


if __name__ == "__main__":
    main()
