"""Fuzzing by the description: whatever it allows, and what it does not, is answered as it says, never with a fault."""

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.http_adapter.services import HttpSpec
from core.domain import Reason, SearchResult, Verdict
from tests.bot.http_adapter.api_client import DESCRIPTION
from tests.bot.http_adapter.serving import HttpEngine, served
from tests.bot.results import result, scene

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
"""Requests an operation and generator; thousands by hand."""
CHECKS = (
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
SCHEMA = schemathesis.openapi.from_dict(dict(DESCRIPTION))
OPERATIONS = {
    operation.label: operation
    for operation in (item.ok() for item in SCHEMA.get_all_operations() if isinstance(item, Ok))
}


def described(label: str) -> bool:
    """Whether an operation takes anything that could be other than it is described."""
    method, path = label.split()
    item = DESCRIPTION["paths"][path]
    return any("parameters" in part or "requestBody" in part for part in (item, item[method.lower()]))


CASES = [
    (label, mode)
    for label in OPERATIONS
    for mode in schemathesis.GenerationMode
    if mode is schemathesis.GenerationMode.POSITIVE or described(label)
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server in a thread of its own: requests come from this one."""
    folder, ready, stop = tmp_path_factory.mktemp("fuzzed"), threading.Event(), asyncio.Event()
    unsure = SearchResult(Verdict.UNSURE, (), {}, Reason.LOW_PROBABILITY, elsewhere=scene("Aria"))
    engine = HttpEngine(answers={b"": unsure, b"0": result(scene(), scene(at_ms=5000))})
    urls: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        spec = HttpSpec(port=0, per_minute=10**9, quota=10**9, concurrency=64)
        async with served(folder, engine, spec=spec, limits=(10**9, 10**9, 10**9)) as server:
            urls.append(server.url(""))
            loops.append(asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield urls[0]
    loops[0].call_soon_threadsafe(stop.set)
    thread.join()


@pytest.mark.parametrize(("label", "mode"), CASES)
def test_no_request_makes_it_fail_or_answer_otherwise_than_described(
    label: str, mode: schemathesis.GenerationMode, address: str
) -> None:
    operation = OPERATIONS[label]
    strategy = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=EXAMPLES < 100,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def check(case: Any) -> None:
        response = case.call(base_url=address, timeout=30)
        assert response.status_code != 500  # a link that cannot be fetched is 502
        if response.status_code != 431:  # of an address longer than is read, whatever it leads to
            case.validate_response(response, checks=list(CHECKS))

    check()
