"""View of the run that changes the library: what is being added now, or how the last run ended."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.http_adapter.operator.wording import Moment, number
from bot.http_adapter.pages.timeline import UNITS
from bot.language.translations import Translator
from core.errors import StorageError
from core.library.layout import DataLayout
from core.library.run_status import RunState, RunStatus, is_dead, read_run_status

_REINDEX: Final = "library reindex"


@dataclass(frozen=True, slots=True)
class RunView:
    """What the page says of a run. `said` is for screen readers, and changes seldom. `x`: how much is read, in units of
    the line; `None` where nothing is being read. `is_live`: it goes on; `failed`: videos that had a problem.
    """

    title: str
    lines: tuple[str, ...] = ()
    command: str = ""
    since: Moment | None = None
    counted: str = ""
    name: str = ""
    x: float | None = None
    percent: str = ""
    problem: str = ""
    is_live: bool = False
    failed: int = 0

    @property
    def news(self) -> str:
        """Changes when other parts of the page do: when a video has failed, and when the run ends."""
        return f"{self.failed} {self.is_live}"

    @property
    def said(self) -> str:
        """The state and the file, without numbers that change all the time."""
        return " ".join(filter(None, (self.title, self.counted, self.name)))


@dataclass(slots=True)
class RunWatch:
    """Reads the status of the run in a data directory; a run that was found dead is not asked for again, as that takes
    the library's lock for a moment. `clock` gives seconds since the epoch.
    """

    layout: DataLayout
    clock: Callable[[], float] = time.time
    _dead: tuple[int, float] | None = field(default=None, init=False)

    def view(self, translator: Translator) -> RunView:
        """The view of the run now. Blocking: reads a small file."""
        try:
            status = read_run_status(self.layout.run_status)
        except StorageError:
            return RunView(
                translator.gettext("Nothing is known of the last run."),
                (translator.gettext("Its status in the data directory cannot be read."),),
            )
        if status is None:
            return RunView(translator.gettext("Nothing is being added."))
        if not status.is_running:
            return _ended(translator, status)
        if self._is_dead(status):
            return _killed(translator, status)
        return _running(translator, status, self.clock())

    def _is_dead(self, status: RunStatus) -> bool:
        run = (status.pid, status.changed_s)
        if run != self._dead and is_dead(status, self.layout.lock, self.clock()):
            self._dead = run
        return run == self._dead


def _running(translator: Translator, status: RunStatus, now_s: float) -> RunView:
    if status.state is RunState.PREPARING:
        title = translator.gettext("Looking at what there is to read …")
    elif status.command == _REINDEX:
        title = translator.gettext("Videos are being read again.")
    else:
        title = translator.gettext("Videos are being added.")
    lines = list(_sums(translator, status))
    if status.step:
        share = status.step_done / status.step_total if status.step_total else 0.0
        lines.insert(0, translator.gettext("{step}: {percent}", step=status.step, percent=translator.percent(share)))
    silent_s = now_s - status.changed_s
    if silent_s >= 60:
        lines.append(translator.gettext("Silent for {duration}.", duration=translator.duration(silent_s)))
    elif status.remaining_s is not None and status.done < status.files:
        duration = translator.duration(status.remaining_s)
        lines.append(translator.gettext("About {duration} left.", duration=duration))
    reads = status.state is RunState.READING and status.files > 0
    return RunView(
        title,
        tuple(lines),
        status.command,
        Moment.of(status.started_s),
        counted=f"{number(translator, status.done)} / {number(translator, status.files)}" if reads else "",
        name=status.name,
        x=round(UNITS * status.read_share, 1) if reads else None,
        percent=str(math.floor(100 * status.read_share)) if reads else "",
        is_live=True,
        failed=status.failed,
    )


def _ended(translator: Translator, status: RunStatus) -> RunView:
    lines = list(_sums(translator, status))
    if status.state is RunState.FINISHED:
        lines.insert(0, translator.gettext("The last run came to its end."))
        if not status.files:
            lines.append(translator.gettext("There was nothing to read."))
    elif status.state is RunState.STOPPED:
        lines.insert(0, translator.gettext("The last run was stopped by hand; the same command goes on."))
    else:
        lines.insert(0, translator.gettext("The last run ended with an error."))
    title = translator.gettext("Nothing is being added.")
    return RunView(title, tuple(lines), status.command, Moment.of(status.changed_s), problem=status.problem)


def _killed(translator: Translator, status: RunStatus) -> RunView:
    lines = [
        translator.gettext("The last run broke off without a word; the same command goes on."),
        *_sums(translator, status),
    ]
    if status.name:
        lines.append(translator.gettext("It was reading {name}.", name=status.name))
    title = translator.gettext("Nothing is being added.")
    return RunView(title, tuple(lines), status.command, Moment.of(status.changed_s))


def _sums(translator: Translator, status: RunStatus) -> tuple[str, ...]:
    """What came of the run so far."""
    sums = []
    if status.done:
        videos = translator.ngettext("{n} video", "{n} videos", status.done)
        frames = translator.ngettext("{n} picture kept", "{n} pictures kept", status.frames)
        sums.append(translator.gettext("{videos} done, {frames}.", videos=videos, frames=frames))
    if status.failed:
        sums.append(translator.ngettext("{n} video has a problem.", "{n} videos have a problem.", status.failed))
    return tuple(sums)
