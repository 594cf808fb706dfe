"""Speed of ingest, compared with decoding alone and with the classic method: `python -m benchmarks.ingest_speed VIDEO`.

Rounds of all methods alternate in one run; medians are compared. The classic method, as first published for this task:
cv2 reads every frame; eight a second become Pillow pictures, whose perceptual hash (Zauner 2010: 32 × 32 by Lanczos,
DCT, the 8 × 8 lowest frequencies against their median) is compared with the last 100 one by one; what is new goes
through torchvision's transforms and a ResNet18 in torch, one by one (224 × 224, eager). It is timed on a part of the
video only, without its first minute, which is titles in many.
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
from PIL import Image

from benchmarks.report import write_report
from core.encoders.loading import open_encoder
from core.video.reading import VideoReader
from ingest.indexing.frame_sampling import IndexFrameSampler, SamplingSpec
from ingest.indexing.video_indexer import VideoIndexer
from ingest.reporting import SilentReporter
from training.importing.spec import IMAGENET_MEAN, IMAGENET_STD

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
    parser.add_argument("--classic-from-s", type=float, default=60, help="where the classic method starts")
    parser.add_argument("--classic-s", type=float, default=20, help="seconds of video for the classic method")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    encoder = open_encoder(None)
    indexer = VideoIndexer(encoder, SamplingSpec())
    model = torchvision.models.resnet18(weights=None).eval()
    counts: dict[str, int] = {}

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
            sampler = IndexFrameSampler(video, SamplingSpec(), encoder.spec.preprocess, first_episode=False)
            counts["samples"] = sum(1 for _ in sampler)
            return float(sampler.time_reached)

    def ingest() -> float:
        with SilentReporter() as reporter:
            indexed = indexer.index(options.video, first_episode=False, reporter=reporter)
        counts["frames"] = indexed.outcome.frames
        return indexed.outcome.duration_ms / 1000

    methods: dict[str, Callable[[], float]] = {
        "decode_only": decode_only,
        "decode_and_sample": sample,
        "ingest": ingest,
        "classic": lambda: classic(options.video, model, options.classic_from_s, options.classic_s),
    }
    paces: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(options.rounds):
        for name, run in methods.items():
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
            "kept": counts,
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


def classic(video: Path, model: torch.nn.Module, from_s: float, limit_s: float) -> float:
    """Seconds of video that were indexed by the classic method."""
    transform = torchvision.transforms.Compose(
        [
            torchvision.transforms.Resize((224, 224)),
            torchvision.transforms.ToTensor(),
            torchvision.transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    capture = cv2.VideoCapture(str(video))
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.set(cv2.CAP_PROP_POS_MSEC, from_s * 1000)
    every = max(1, round(rate / CLASSIC_RATE_HZ))
    recent: deque[NDArray[np.bool_]] = deque(maxlen=CLASSIC_MEMORY)
    index = 0
    vectors = []
    while index / rate < limit_s:
        whole, frame = capture.read()
        if not whole:
            break
        if index % every == 0:
            picture = Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            code = perceptual_hash(picture)
            if not any(int((code != earlier).sum()) <= CLASSIC_DISTANCE for earlier in recent):
                recent.append(code)
                with torch.no_grad():
                    vectors.append(model(transform(picture)[None]).numpy())
        index += 1
    capture.release()
    return index / rate


def perceptual_hash(picture: Image.Image) -> NDArray[np.bool_]:
    """The perceptual hash of a picture: 64 bits."""
    grey = picture.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    low = cv2.dct(np.asarray(grey, np.float32))[:8, :8]
    bits: NDArray[np.bool_] = (low > np.median(low)).ravel()
    return bits


if __name__ == "__main__":
    main()
