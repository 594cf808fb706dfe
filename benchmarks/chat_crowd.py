"""Load of many users at once: order of replies, pictures a second, memory."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bot.dispatch.dispatcher import Dispatcher
from bot.messages import Chat, ChatKind, MediaKind, Reply, Request, RequestId, Tone, Upload, UserId

_CHAT = Chat(ChatKind.PRIVATE, 10 * 1024 * 1024, MediaKind.MP4)


@dataclass(frozen=True, slots=True)
class CrowdReply:
    """One reply: its user, the seconds after all pictures were sent, and the time of a notice to wait, if any."""

    user: int
    after_s: float
    reply: Reply | None
    notice_s: float | None = None

    @property
    def refused(self) -> bool:
        """Whether the picture was refused because the bot was busy."""
        return self.reply is not None and self.reply.tone is Tone.REFUSED


@contextmanager
def busy_processes(processes: int) -> Iterator[None]:
    """Processes that keep the processor busy meanwhile."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


async def send_crowd(
    dispatcher: Dispatcher, pictures: Sequence[bytes], users: int, greedy: int, each: int = 1
) -> list[CrowdReply]:
    """Each user sends `each` pictures, the first one `greedy` more, all at once; the replies in the order received."""
    senders = [0] * greedy + list(range(users)) * each
    started = time.perf_counter()
    served: list[CrowdReply] = []

    async def send(number: int, user: int) -> None:
        notices: list[float] = []

        async def notify(_reply: Reply) -> None:
            notices.append(time.perf_counter() - started)

        request = Request(
            RequestId(f"crowd:{started}:{number}"),
            UserId(f"crowd:{user}"),
            _CHAT,
            "en",
            (_upload(pictures[number % len(pictures)]),),
            notify=notify,
        )
        reply = await dispatcher.handle(request)
        served.append(CrowdReply(user, time.perf_counter() - started, reply, next(iter(notices), None)))

    await asyncio.gather(*(send(number, user) for number, user in enumerate(senders)))
    return served


def crowd_figures(served: Sequence[CrowdReply], users: int, greedy: int) -> Mapping[str, object]:
    """Figures of a crowd: refusals, times, answers, and the order of the modest users and the greedy one."""
    places = [reply.user for reply in sorted(served, key=lambda reply: reply.after_s)]
    modest = [place for place, user in enumerate(places, start=1) if user]
    refusals = [reply.after_s for reply in served if reply.refused]
    answers = [reply for reply in served if not reply.refused]
    silent_s = [min(reply.after_s, reply.after_s if reply.notice_s is None else reply.notice_s) for reply in served]
    return {
        "sent": len(served),
        "refused": len(refusals),
        "slowest_refusal_s": round(max(refusals, default=0.0), 2),
        "slowest_answer_s": round(max((reply.after_s for reply in answers), default=0.0), 2),
        "longest_without_a_word_s": round(max(silent_s), 2),
        "given_up": sum(reply.reply is not None and reply.reply.tone is Tone.FAILED for reply in served),
        "answered": sum(reply.reply is not None for reply in served),
        "with_preview": sum(bool(reply.reply and reply.reply.media) for reply in served),
        "failed": sum(reply.reply is None or reply.reply.tone in {Tone.FAILED, Tone.REFUSED} for reply in served),
        "answers_a_user": sorted({places.count(user) for user in range(1, users)}),
        "last_modest_user_at_place": max(modest, default=0),
        "greedy_user_at_places": [place for place, user in enumerate(places, start=1) if not user][: 1 + greedy],
        "seconds": round(max(reply.after_s for reply in served), 2),
        "pictures_a_second": round(len(served) / max(reply.after_s for reply in served), 2),
    }


def resident_mib() -> float:
    """Resident memory of this process."""
    return float(psutil.Process().memory_info().rss / 2**20)


def pictures_per_second(call: Callable[[bytes], object], pictures: Sequence[bytes]) -> float:
    """Pictures a second, one after the other, with no other load."""
    started = time.perf_counter()
    for picture in pictures:
        call(picture)
    return len(pictures) / (time.perf_counter() - started)


def _upload(data: bytes) -> Upload:
    async def read(_limit_bytes: int) -> bytes:
        return data

    return Upload("shot.jpg", read, len(data))
