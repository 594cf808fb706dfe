"""The worker: how many calls at one time, whose turn it is, which are refused or given up."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from bot.dispatch.worker import Worker
from bot.messages import UserId
from core.errors import BusyError, DeadlineError
from tests.bot.waiting import run_until_idle

ANN, BEN = UserId("test:ann"), UserId("test:ben")
LONG_S = 30.0


class Gate:
    """Work that begins, says so, and ends when it is let."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.open.wait(LONG_S)
        return "through"


async def _begun(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.begun.wait, LONG_S)


def _noted(notes: list[str], name: str) -> Callable[[], None]:
    return partial(notes.append, name)


@pytest.mark.asyncio
async def test_what_a_call_returns_or_raises_comes_back() -> None:
    def broken() -> None:
        raise KeyError("what")

    async with Worker(1, 1) as worker:
        assert await worker.run(ANN, lambda: 7, LONG_S) == 7
        with pytest.raises(KeyError, match="what"):
            await worker.run(ANN, broken, LONG_S)
        assert await worker.run_unqueued(threading.get_ident) != threading.get_ident()


@pytest.mark.asyncio
async def test_a_calls_own_timeout_is_no_deadline() -> None:
    def slow() -> None:
        raise TimeoutError("a server's")

    async with Worker(1, 1) as worker:
        with pytest.raises(TimeoutError, match="a server's"):
            await worker.run(ANN, slow, LONG_S)


@pytest.mark.asyncio
async def test_no_more_run_at_one_time_than_there_are_threads() -> None:
    gates = [Gate() for _ in range(3)]
    async with Worker(2, 5) as worker:
        tasks = [asyncio.create_task(worker.run(ANN, gate, LONG_S)) for gate in gates]
        await _begun(gates[0])
        await _begun(gates[1])
        assert (worker.running, worker.waiting) == (2, 1)
        assert not gates[2].begun.is_set()
        gates[0].open.set()
        await _begun(gates[2])
        for gate in gates:
            gate.open.set()
        assert await asyncio.gather(*tasks) == ["through"] * 3
        assert (worker.running, worker.waiting) == (0, 0)


@pytest.mark.asyncio
async def test_users_take_turns_and_keep_their_own_order() -> None:
    gate, notes = Gate(), list[str]()
    async with Worker(1, 20) as worker:
        first = asyncio.create_task(worker.run(ANN, gate, LONG_S))
        await _begun(gate)
        names = [(ANN, "a1"), (ANN, "a2"), (ANN, "a3"), (BEN, "b1"), (UserId("test:cleo"), "c1"), (BEN, "b2")]
        tasks = []
        for user, name in names:
            tasks.append(asyncio.create_task(worker.run(user, _noted(notes, name), LONG_S)))
            await run_until_idle()
        gate.open.set()
        await asyncio.gather(first, *tasks)
    assert notes == ["a1", "b1", "c1", "a2", "b2", "a3"]


@pytest.mark.asyncio
async def test_a_full_queue_refuses_at_once_and_guesses_when_it_will_not_be() -> None:
    now = [0.0]
    gate = Gate()

    def four_seconds() -> None:
        now[0] += 4

    async with Worker(1, 2, lambda: now[0]) as worker:
        await worker.run(ANN, four_seconds, LONG_S)
        tasks = [asyncio.create_task(worker.run(ANN, gate, LONG_S)) for _ in range(3)]
        await _begun(gate)
        with pytest.raises(BusyError) as caught:
            await worker.run(BEN, lambda: None, LONG_S)
        assert caught.value.retry_after_s == 12  # three are before, four seconds each
        gate.open.set()
        await asyncio.gather(*tasks)
        await worker.run(BEN, lambda: None, LONG_S)


@pytest.mark.asyncio
async def test_what_has_not_begun_at_its_deadline_never_does() -> None:
    gate, notes = Gate(), list[str]()
    async with Worker(1, 1) as worker:
        first = asyncio.create_task(worker.run(ANN, gate, LONG_S))
        await _begun(gate)
        with pytest.raises(DeadlineError):
            await worker.run(BEN, _noted(notes, "late"), 0.01)
        assert worker.waiting == 0
        gate.open.set()
        assert await first == "through"
    assert not notes


@pytest.mark.asyncio
async def test_what_is_under_way_at_its_deadline_holds_its_thread() -> None:
    gate, notes = Gate(), list[str]()
    async with Worker(1, 1) as worker:
        with pytest.raises(DeadlineError):
            await worker.run(ANN, gate, 0.01)
        after = asyncio.create_task(worker.run(BEN, _noted(notes, "after"), LONG_S))
        await run_until_idle()
        assert (worker.running, worker.waiting) == (1, 1)
        assert not notes
        gate.open.set()
        await after
    assert notes == ["after"]


@pytest.mark.asyncio
async def test_what_fails_when_nobody_waits_for_it_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()

    def failing() -> None:
        gate()
        raise KeyError("nobody")

    async with Worker(1, 1) as worker:
        with pytest.raises(DeadlineError):
            await worker.run(ANN, failing, 0.01)
        gate.open.set()
    assert not caplog.records


@pytest.mark.asyncio
async def test_cancelling_takes_a_call_out_of_the_queue() -> None:
    gate, notes = Gate(), list[str]()
    async with Worker(1, 1) as worker:
        first = asyncio.create_task(worker.run(ANN, gate, LONG_S))
        await _begun(gate)
        second = asyncio.create_task(worker.run(ANN, _noted(notes, "second"), LONG_S))
        await run_until_idle()
        assert worker.waiting == 1
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert worker.waiting == 0
        third = asyncio.create_task(worker.run(BEN, _noted(notes, "third"), LONG_S))
        gate.open.set()
        await asyncio.gather(first, third)
    assert notes == ["third"]


@pytest.mark.asyncio
async def test_leaving_refuses_what_waits_and_waits_for_what_is_under_way() -> None:
    gate = Gate()
    async with Worker(1, 1) as worker:
        first = asyncio.create_task(worker.run(ANN, gate, LONG_S))
        await _begun(gate)
        second = asyncio.create_task(worker.run(ANN, lambda: "never", LONG_S))
        await run_until_idle()
        gate.open.set()
    assert await first == "through"
    with pytest.raises(BusyError):
        await second
    with pytest.raises(BusyError):
        await worker.run(ANN, lambda: None, LONG_S)
    with pytest.raises(BusyError):
        await worker.run_unqueued(lambda: None)


@pytest.mark.asyncio
async def test_who_cannot_be_served_within_the_deadline_is_refused_at_once_and_told_when_to_come_again() -> None:
    now = [0.0]
    gate = Gate()

    def four_seconds() -> None:
        now[0] += 4

    async with Worker(1, 64, lambda: now[0]) as worker:
        await worker.run(ANN, four_seconds, LONG_S)
        tasks = [asyncio.create_task(worker.run(ANN, gate, LONG_S)) for _ in range(3)]
        await _begun(gate)
        assert worker.wait_s(BEN) == 12  # one is under way, one goes before, then users take turns
        assert worker.wait_s(ANN) == 16
        with pytest.raises(BusyError) as caught:
            await worker.run(ANN, lambda: None, 15)
        assert caught.value.retry_after_s == 12
        modest = asyncio.create_task(worker.run(BEN, lambda: "served", 15))
        await run_until_idle()
        gate.open.set()
        await asyncio.gather(*tasks)
        assert await modest == "served"


@pytest.mark.asyncio
async def test_what_waits_is_refused_as_soon_as_it_shows_that_it_comes_too_late() -> None:
    now = [0.0]
    gate = Gate()

    def nine_seconds() -> None:
        gate()
        now[0] += 9

    async with Worker(1, 64, lambda: now[0]) as worker:
        slow = asyncio.create_task(worker.run(ANN, nine_seconds, LONG_S))
        await _begun(gate)
        later_calls = [
            asyncio.create_task(worker.run(UserId(f"test:{number}"), lambda: now.__setitem__(0, now[0] + 9), 20))
            for number in range(3)
        ]
        await run_until_idle()
        gate.open.set()
        await slow
        outcomes = await asyncio.gather(*later_calls, return_exceptions=True)
    assert outcomes[0] is None
    assert [type(outcome) for outcome in outcomes[1:]] == [BusyError, BusyError]
    assert now[0] == 18  # what was refused never began


@pytest.mark.asyncio
async def test_calls_are_to_be_short_while_many_wait() -> None:
    now = [0.0]
    gate = Gate()

    def one_second() -> None:
        gate()
        now[0] += 1

    async with Worker(1, 64, lambda: now[0]) as worker:
        overloaded: list[bool] = []

        def noted() -> None:
            overloaded.append(worker.overloaded)
            now[0] += 1

        first = asyncio.create_task(worker.run(ANN, one_second, LONG_S))
        await _begun(gate)
        tasks = [asyncio.create_task(worker.run(UserId(f"test:{n}"), noted, LONG_S)) for n in range(12)]
        await run_until_idle()
        gate.open.set()
        await asyncio.gather(first, *tasks)
    assert overloaded[0]  # eleven others wait for eleven seconds, of thirty
    assert not overloaded[-1]


@pytest.mark.asyncio
async def test_what_waits_behind_a_call_that_takes_long_is_refused_while_it_still_does() -> None:
    now = [0.0]
    gate = Gate()
    async with Worker(1, 64, lambda: now[0]) as worker:
        slow = asyncio.create_task(worker.run(ANN, gate, LONG_S))
        await _begun(gate)
        waiting = [asyncio.create_task(worker.run(UserId(f"test:{n}"), lambda: None, LONG_S)) for n in range(3)]
        await run_until_idle()
        now[0] = 9.0
        await asyncio.wait(waiting, timeout=LONG_S, return_when=asyncio.FIRST_COMPLETED)
        gate.open.set()
        await slow
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        BusyError,
        BusyError,
    ]  # nine seconds are gone, and each takes nine


@pytest.mark.asyncio
async def test_freed_memory_is_seen_to_after_each_call_whatever_came_of_it() -> None:
    notes: list[str] = []

    def broken() -> None:
        raise ValueError("no")

    async with Worker(1, 1, after_call=_noted(notes, "tidied")) as worker:
        await worker.run(ANN, _noted(notes, "searched"), LONG_S)
        with pytest.raises(ValueError, match="no"):
            await worker.run(ANN, broken, LONG_S)
    assert notes == ["searched", "tidied", "tidied"]


@pytest.mark.asyncio
async def test_one_call_that_takes_long_says_nothing_of_the_others() -> None:
    now = [0.0]
    long_gate, short_gate = Gate(), Gate()
    async with Worker(2, 64, lambda: now[0]) as worker:
        await worker.run(ANN, lambda: None, LONG_S)
        slow = asyncio.create_task(worker.run(ANN, long_gate, LONG_S))
        await _begun(long_gate)
        now[0] = 20.0
        short = asyncio.create_task(worker.run(ANN, short_gate, LONG_S))
        await _begun(short_gate)
        waiting = asyncio.create_task(worker.run(BEN, lambda: "served", 15))
        await run_until_idle()
        short_gate.open.set()
        assert await waiting == "served"
        long_gate.open.set()
        await asyncio.gather(slow, short)
