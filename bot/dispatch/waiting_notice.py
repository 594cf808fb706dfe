"""The waiting notice: how many pictures come first, and how long it takes, for a user who waits longer than usual."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.dispatch.worker import Worker
from bot.language.translations import Translator
from bot.messages import Request
from bot.replies.canned_replies import waiting_reply

_log = logging.getLogger(__name__)


@asynccontextmanager
async def waiting_notice(
    request: Request, translator: Translator, worker: Worker, after_s: float
) -> AsyncIterator[None]:
    """While the block takes longer than `after_s`, tell the user once, by the request's `notify`, how the queue is.

    The block is left only when that message has gone out; that it cannot is logged, and changes nothing else.
    """
    notify, over = request.notify, asyncio.Event()
    if notify is None:
        yield
        return

    async def notify_when_late() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), after_s)
        if over.is_set():
            return
        before, wait_s = worker.queue_position(request.user)
        try:
            await notify(waiting_reply(translator, before, wait_s))
        except Exception as exc:  # noqa: BLE001  # the platform's; the answer comes all the same
            _log.info("%s: could not be told to wait (%s)", request.id, type(exc).__name__)

    notifying = asyncio.create_task(notify_when_late())
    try:
        yield
    finally:
        over.set()
        await notifying
