"""The operator's page: `/operator`, all parts on one page, or the form for a key."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.http_adapter.operator.access import TOKEN_FIELD, operator_of
from bot.http_adapter.operator.feedback_view import FeedbackPage, feedback_page
from bot.http_adapter.operator.metric_values import metric_values
from bot.http_adapter.operator.metric_view import metric_view
from bot.http_adapter.operator.paging import PageQuery
from bot.http_adapter.operator.problem_view import ProblemView, problem_view
from bot.http_adapter.operator.reliability import ChartMark, ChartScale, ReliabilityBin, reliability_bins
from bot.http_adapter.operator.run_events import run_view
from bot.http_adapter.operator.sign_in import PAGE_HEADERS, sign_in_page
from bot.http_adapter.operator.wording import number
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.services import SERVICES
from bot.language.translations import Translator
from core.library.feedback import FeedbackEntry


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One bin of the table."""

    range: str
    count: str
    right: str
    share: str
    interval: str


@dataclass(frozen=True, slots=True)
class ReliabilityView:
    """Table and chart; without `rows` there is neither."""

    title: str
    rows: tuple[ReliabilityRow, ...]
    marks: tuple[ChartMark, ...]
    size: float


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is read from the disk."""

    problems: ProblemView
    feedback: FeedbackPage
    reliability: ReliabilityView


async def operator_page(request: web.Request) -> web.Response:
    """`GET /operator`; with `?failed=`, `?feedback=` (pages of these lists) and `?looked=1`. 401 and a form for anybody
    who is not signed in.
    """
    operator = operator_of(request)
    if operator is None:
        return sign_in_page(request)
    services, translator = request.app[SERVICES], translator_of(request)
    query = PageQuery.of_request(request)
    parts = await asyncio.to_thread(_read_parts, request, query)
    response = page(
        request,
        "operator.html",
        page="operator",
        operator=operator,
        token_field=TOKEN_FIELD,
        query=query,
        run=await run_view(request),
        problems=parts.problems,
        feedback=parts.feedback,
        reliability=parts.reliability,
        metrics=metric_view(translator, metric_values(services.metrics.families())),
    )
    response.headers.update(PAGE_HEADERS)
    return response


def _read_parts(request: web.Request, query: PageQuery) -> _Parts:
    services, translator = request.app[SERVICES], translator_of(request)
    entries = list(services.feedback.entries())
    return _Parts(
        problem_view(translator, services.layout, services.engine, query),
        feedback_page(request, services.feedback, entries, query),
        reliability_view(translator, entries),
    )


def reliability_view(translator: Translator, entries: Sequence[FeedbackEntry]) -> ReliabilityView:
    """The reliability of answers, from all feedback."""
    bins = reliability_bins(entries)
    count = sum(bin_.count for bin_ in bins)
    if not count:
        title = translator.gettext("There is no feedback to judge the answers by.")
    else:
        title = translator.ngettext("{n} answer with feedback", "{n} answers with feedback", count)
    rows = tuple(_row(translator, bin_) for bin_ in bins)
    scale = ChartScale()
    labels = [
        translator.gettext("{range}: {share} of {count} right", range=row.range, share=row.share, count=row.count)
        for row in rows
    ]
    return ReliabilityView(title, rows, scale.marks(bins, labels), scale.size)


def _row(translator: Translator, bin_: ReliabilityBin) -> ReliabilityRow:
    def percents(low: float, high: float) -> str:
        return f"{number(translator, 100 * low)}–{number(translator, 100 * high)} %"

    return ReliabilityRow(
        percents(bin_.low, bin_.high),
        number(translator, bin_.count),
        number(translator, bin_.right),
        f"{number(translator, 100 * bin_.share)} %",
        percents(*bin_.interval),
    )
