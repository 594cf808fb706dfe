"""View of the metrics: a row a platform, and sentences about what was refused, what failed and the process."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.http_adapter.operator.metric_values import MetricValues, PlatformValues, quantile
from bot.http_adapter.operator.wording import Moment, megabytes, number, seconds
from bot.language.translations import Translator


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One platform: numbers as they are read."""

    name: str
    searches: str
    found: str
    unsure: str
    not_found: str
    refused: str
    half: str
    most: str


@dataclass(frozen=True, slots=True)
class MetricView:
    """`since`: when counting began."""

    since: Moment | None
    lines: tuple[str, ...]
    rows: tuple[PlatformRow, ...]


def metric_view(translator: Translator, values: MetricValues) -> MetricView:
    """The metrics in words."""
    since = None if values.started_s is None else Moment.of(values.started_s)
    rows = tuple(_row(translator, name, platform) for name, platform in values.platforms.items())
    return MetricView(since, tuple(_lines(translator, values)), rows)


def _row(translator: Translator, name: str, values: PlatformValues) -> PlatformRow:
    def count(outcome: str) -> str:
        return number(translator, values.outcomes.get(outcome, 0))

    return PlatformRow(
        _platform_name(translator, name),
        number(translator, values.searches),
        count("found"),
        count("unsure"),
        count("not_found"),
        number(translator, sum(values.refused.values())),
        _quantile(translator, values.buckets, 0.5),
        _quantile(translator, values.buckets, 0.95),
    )


def _quantile(translator: Translator, buckets: Mapping[float, float], share: float) -> str:
    value = quantile(buckets, share)
    if value is None:
        return "–"
    if math.isinf(value):
        last_s = max((bound for bound in buckets if not math.isinf(bound)), default=0.0)
        return translator.gettext("more than {time}", time=seconds(translator, last_s))
    return seconds(translator, value)


def _platform_name(translator: Translator, name: str) -> str:
    names = {"http": translator.gettext("web page and API"), "terminal": translator.gettext("terminal")}
    return names.get(name) or name.title()


def _lines(translator: Translator, values: MetricValues) -> Iterator[str]:
    searches = sum(platform.searches for platform in values.platforms.values())
    if searches:
        yield translator.ngettext("{n} search was answered.", "{n} searches were answered.", searches)
    else:
        yield translator.gettext("Nothing was searched yet.")
    if values.waiting:
        yield translator.ngettext(
            "{n} request waits for its turn.", "{n} requests wait for their turn.", values.waiting
        )
    else:
        yield translator.gettext("Nobody waits.")
    reasons = _refusals(translator)
    refused = [(reasons.get(kind, kind), count) for kind, count in _refused(values).items()]
    if refused:
        yield translator.gettext("Refused: {kinds}.", kinds=_listed(translator, refused))
    for name, platform in values.platforms.items():
        if platform.faults:
            kinds = _listed(translator, list(platform.faults.items()))
            title = _platform_name(translator, name)
            yield translator.gettext("Calls to {platform} that failed: {kinds}.", platform=title, kinds=kinds)
    if values.memory_bytes is not None:
        yield translator.gettext("The process has {size} of memory.", size=megabytes(translator, values.memory_bytes))


def _refused(values: MetricValues) -> Mapping[str, int]:
    """Refusals by kind, over all platforms, the most first."""
    sums: dict[str, int] = {}
    for platform in values.platforms.values():
        for kind, count in platform.refused.items():
            sums[kind] = sums.get(kind, 0) + count
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def _listed(translator: Translator, counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {number(translator, count)}" for name, count in counts)


def _refusals(translator: Translator) -> Mapping[str, str]:
    """Kinds of refusals in words."""
    return {
        "limit": translator.gettext("too many requests"),
        "busy": translator.gettext("too busy"),
        "deadline": translator.gettext("too slow"),
        "picture": translator.gettext("pictures that cannot be used"),
        "fetch": translator.gettext("links that lead to no picture"),
        "filter": translator.gettext("filters that fit nothing"),
        "library": translator.gettext("the library"),
        "fault": translator.gettext("faults of our own"),
    }
