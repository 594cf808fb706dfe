"""The waiting notice: once, after some seconds, with the place in the queue, and never in place of the answer."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Reply, Request, Tone
from tests.bot.fake_engine import FakeEngine
from tests.bot.world import ANN, BEN, opened, request_of, until_searched


def _with_notices(request: Request) -> tuple[Request, list[Reply], asyncio.Event]:
    notified, notices = asyncio.Event(), list[Reply]()

    async def notify(reply: Reply) -> None:
        notices.append(reply)
        notified.set()

    return replace(request, notify=notify), notices, notified


@pytest.mark.asyncio
async def test_who_waits_is_told_how_many_are_before(tmp_path: Path) -> None:
    gate = threading.Event()
    engine = FakeEngine(gates={b"slow": gate})
    async with opened(tmp_path, engine, notice_s=0.01) as bot:
        slow, slow_notices, slow_notified = _with_notices(request_of(b"slow", user=ANN))
        first = asyncio.create_task(bot.dispatcher.handle(slow))
        await until_searched(engine)
        second = asyncio.create_task(bot.send(b"2", user=ANN))
        request, notices, notified = _with_notices(request_of(b"3", user=BEN))
        third = asyncio.create_task(bot.dispatcher.handle(request))
        await asyncio.gather(slow_notified.wait(), notified.wait())
        gate.set()
        replies = await asyncio.gather(first, second, third)
    assert all(reply is not None and reply.tone is Tone.FOUND for reply in replies)
    assert [reply.lines for reply in slow_notices] == [()]  # it is being looked at
    assert [reply.lines[0] for reply in notices] == ["1 picture is before yours."]
    assert notices[0].lines[1].startswith("It takes about ")


@pytest.mark.asyncio
async def test_who_is_answered_soon_is_told_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeEngine(), notice_s=30) as bot:
        request, notices, _notified = _with_notices(request_of(b"1"))
        assert await bot.dispatcher.handle(request) is not None
    assert notices == []


@pytest.mark.asyncio
async def test_a_notice_that_the_platform_refuses_does_not_lose_the_answer(tmp_path: Path) -> None:
    gate = threading.Event()

    async def refused(_reply: Reply) -> None:
        gate.set()
        raise ConnectionResetError("gone")

    async with opened(tmp_path, FakeEngine(gates={b"slow": gate}), notice_s=0.01) as bot:
        reply = await bot.dispatcher.handle(replace(request_of(b"slow"), notify=refused))
    assert reply is not None
    assert reply.tone is Tone.FOUND
