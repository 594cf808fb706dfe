"""Inference time of networks."""

import itertools
import time

import onnx
import pytest
from onnx import TensorProto, helper

from benchmarks.pace import BATCH, Network, paces


def _network() -> Network:
    """Frames 4 × 2 to their sums."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["frames"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("GlobalAveragePool", ["floats"], ["vectors"]),
        ],
        "sums",
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, ("n", 2, 4, 3))],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ("n", 2, 1, 1))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return Network(model.SerializeToString(), 4, 2)


def test_a_pace_is_the_median_by_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is read before and after each of: one in one go, one in chunks, other in one go, other in chunks."""
    spent = [16, 32, 48, 64, 16, 32, 48, 64, 160, 320, 480, 640]
    ticks = itertools.accumulate(itertools.chain.from_iterable((0, ms / 1000) for ms in spent))
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    measured = paces({"one": _network(), "other": _network()}, threads=1, rounds=3)
    assert BATCH == 16
    medians = [
        measured["one"].whole_ms,
        measured["one"].chunked_ms,
        measured["other"].whole_ms,
        measured["other"].chunked_ms,
    ]
    assert medians == pytest.approx([1, 2, 3, 4])
