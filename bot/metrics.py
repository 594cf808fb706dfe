"""Metrics of a running bot, for Prometheus."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric

from bot.messages import Tone

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
"""The content type of `Metrics.text`."""

_ACKNOWLEDGED_S: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)
_ANSWERED_S: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0)
_STAGE_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters and histograms in a registry of their own, so that several may live in one process.

    Every method is cheap, never raises for odd values and may be called from any thread. `platform` is the adapter's
    name, such as `discord`; kinds and stages are a few fixed words, never text of a user.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._requests = self._counter("requests", "Requests answered, by the tone of the reply", "platform", "outcome")
        self._refused = self._counter("refused", "Requests that were refused, by reason", "platform", "kind")
        self._faults = self._counter("platform_faults", "Calls to a platform that failed", "platform", "kind")
        self._acknowledged = self._histogram(
            "acknowledged_seconds", "From a message to the sign that it was seen", _ACKNOWLEDGED_S, "platform"
        )
        self._answered = self._histogram("answered_seconds", "From a request to its reply", _ANSWERED_S, "platform")
        self._stages = self._histogram("stage_seconds", "Time of one stage of a search", _STAGE_S, "stage")
        self._queue = Gauge("whenanime_queue_length", "Requests that wait for their turn", registry=self._registry)

    def answered(self, platform: str, tone: Tone, seconds: float) -> None:
        """A request has its reply, whatever its tone; called once a request."""
        self._requests.labels(platform, tone.value).inc()
        self._answered.labels(platform).observe(max(seconds, 0.0))

    def acknowledged(self, platform: str, seconds: float) -> None:
        """The user saw that the bot has noticed the message."""
        self._acknowledged.labels(platform).observe(max(seconds, 0.0))

    def refused(self, platform: str, kind: str) -> None:
        """A request was refused, and why: `limit`, `busy`, `deadline`, `picture`, `fetch` …; beside `answered`."""
        self._refused.labels(platform, kind).inc()

    def platform_fault(self, platform: str, kind: str) -> None:
        """A call to a platform failed: `429`, `5xx`, `upload`, `gateway` …"""
        self._faults.labels(platform, kind).inc()

    def stage(self, name: str, seconds: float) -> None:
        """One stage of a search took so long."""
        self._stages.labels(name).observe(max(seconds, 0.0))

    def stages(self, timing_ms: Mapping[str, float]) -> None:
        """The stages of `SearchResult.timing_ms`, milliseconds each."""
        for name, duration_ms in timing_ms.items():
            self.stage(name, duration_ms / 1000)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Read the number of waiting requests from `length` whenever the metrics are read."""
        self._queue.set_function(length)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format, of `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def families(self) -> Iterable[Metric]:
        """All metrics as values, with the names that `text` has."""
        return self._registry.collect()

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        return Counter(f"whenanime_{name}", description, labels, registry=self._registry)

    def _histogram(self, name: str, description: str, buckets: tuple[float, ...], label: str) -> Histogram:
        return Histogram(f"whenanime_{name}", description, (label,), buckets=buckets, registry=self._registry)
