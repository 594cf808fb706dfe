"""Values of the metrics: counts by platform, and quantiles of histograms."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_SEARCH_OUTCOMES: Final = ("found", "unsure", "not_found")
_INFINITY: Final = "+Inf"


@dataclass(slots=True)
class PlatformValues:
    """Counts of one platform since the process began. `outcomes` by the tone of the reply; `buckets` of a histogram of
    seconds, cumulative, by their upper bounds.
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    buckets: dict[float, float] = field(default_factory=dict)

    @property
    def searches(self) -> int:
        """Searches that were answered, whatever the verdict."""
        return sum(self.outcomes.get(outcome, 0) for outcome in _SEARCH_OUTCOMES)


@dataclass(frozen=True, slots=True)
class MetricValues:
    """Values by platform, and of the process. `started_s` is in seconds since the epoch."""

    platforms: Mapping[str, PlatformValues]
    waiting: int
    started_s: float | None
    memory_bytes: float | None


def metric_values(families: Iterable[Metric]) -> MetricValues:
    """Values of the bot's metrics, as `/metrics` has them."""
    platforms: dict[str, PlatformValues] = {}
    single: dict[str, float] = {}
    for sample in (sample for family in families for sample in family.samples):
        if "platform" in sample.labels:
            _add(platforms.setdefault(sample.labels["platform"], PlatformValues()), sample)
        elif not sample.labels:
            single[sample.name] = sample.value
    return MetricValues(
        dict(sorted(platforms.items())),
        int(single.get("whenanime_queue_length", 0)),
        single.get("process_start_time_seconds"),
        single.get("process_resident_memory_bytes"),
    )


def _add(values: PlatformValues, sample: Sample) -> None:
    labels = sample.labels
    if sample.name == "whenanime_requests_total":
        values.outcomes[labels["outcome"]] = int(sample.value)
    elif sample.name == "whenanime_refused_total":
        values.refused[labels["kind"]] = int(sample.value)
    elif sample.name == "whenanime_platform_faults_total":
        values.faults[labels["kind"]] = int(sample.value)
    elif sample.name == "whenanime_answered_seconds_bucket":
        bound = math.inf if labels["le"] == _INFINITY else float(labels["le"])
        values.buckets[bound] = sample.value


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """The quantile of a cumulative histogram, linear within a bucket (Prometheus, `histogram_quantile`).

    `None` without observations; infinite when it lies beyond the last bound.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    rank = share * total
    low, below = 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank:
            if math.isinf(bound):
                return math.inf
            return low + (bound - low) * (rank - below) / (count - below) if count > below else bound
        low, below = bound, count
    return math.inf
