"""Metrics, parsed by Prometheus' own client library."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.messages import Tone
from bot.metrics import CONTENT_TYPE, Metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Of one sample, `None` when there is none of these labels."""
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None


def test_replies_are_counted_by_platform_and_tone() -> None:
    metrics = Metrics()
    metrics.answered("discord", Tone.FOUND, 0.4)
    metrics.answered("discord", Tone.FOUND, 0.6)
    metrics.answered("telegram", Tone.REFUSED, 0.01)
    assert value(metrics, "whenanime_requests_total", platform="discord", outcome="found") == 2
    assert value(metrics, "whenanime_requests_total", platform="telegram", outcome="refused") == 1
    assert value(metrics, "whenanime_requests_total", platform="telegram", outcome="found") is None
    assert value(metrics, "whenanime_answered_seconds_count", platform="discord") == 2
    assert value(metrics, "whenanime_answered_seconds_sum", platform="discord") == pytest.approx(1.0)
    assert value(metrics, "whenanime_answered_seconds_bucket", platform="discord", le="0.5") == 1


def test_what_went_otherwise_is_counted_by_kind() -> None:
    metrics = Metrics()
    metrics.refused("discord", "busy")
    metrics.platform_fault("telegram", "upload")
    metrics.platform_fault("telegram", "upload")
    assert value(metrics, "whenanime_refused_total", platform="discord", kind="busy") == 1
    assert value(metrics, "whenanime_platform_faults_total", platform="telegram", kind="upload") == 2


def test_the_first_sign_has_a_bound_at_what_is_promised() -> None:
    metrics = Metrics()
    metrics.acknowledged("discord", 0.19)
    metrics.acknowledged("discord", 0.21)
    assert value(metrics, "whenanime_acknowledged_seconds_bucket", platform="discord", le="0.2") == 1
    assert value(metrics, "whenanime_acknowledged_seconds_count", platform="discord") == 2


def test_stages_of_a_search_come_in_milliseconds() -> None:
    metrics = Metrics()
    metrics.stages({"decode": 4.0, "lookup": 30.0})
    metrics.stage("preview", 0.25)
    assert value(metrics, "whenanime_stage_seconds_sum", stage="decode") == pytest.approx(0.004)
    assert value(metrics, "whenanime_stage_seconds_sum", stage="lookup") == pytest.approx(0.03)
    assert value(metrics, "whenanime_stage_seconds_sum", stage="preview") == pytest.approx(0.25)


def test_the_queue_is_asked_when_somebody_reads() -> None:
    metrics, waiting = Metrics(), [1, 2, 3]
    assert value(metrics, "whenanime_queue_length") == 0
    metrics.watch_queue(lambda: len(waiting))
    assert value(metrics, "whenanime_queue_length") == 3
    waiting.pop()
    assert value(metrics, "whenanime_queue_length") == 2


def test_a_clock_that_went_back_is_no_error() -> None:
    metrics = Metrics()
    metrics.answered("discord", Tone.FAILED, -1.0)
    assert value(metrics, "whenanime_answered_seconds_sum", platform="discord") == 0


def test_two_in_one_process_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.refused("discord", "limit")
    assert value(second, "whenanime_refused_total", platform="discord", kind="limit") is None
    assert "version=0.0.4" in CONTENT_TYPE


def test_memory_of_the_process_is_told() -> None:
    resident = value(Metrics(), "process_resident_memory_bytes")
    if resident is None:
        pytest.skip("the process is described on Linux only")
    assert resident > 1 << 20
