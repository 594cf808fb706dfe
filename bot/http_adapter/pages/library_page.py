"""Library page: every show, its seasons as strips of episodes on one common scale of hours."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from babel.numbers import format_decimal

from bot.http_adapter.library_contents import EpisodeContents, SeasonContents, ShowContents, library_contents
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.pages.timeline import UNITS
from bot.http_adapter.search_request import CHAT
from bot.http_adapter.services import SERVICES
from bot.language.translations import Translator
from bot.replies.answers import AnswerReplies
from bot.replies.scene_text import SceneText
from core.domain import EpisodeName
from core.timecode import short_time

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_LONGEST_ROW_MS: Final = 13 * _HOUR_MS
"""A strip goes on in another row after this, so that one endless show does not make all others dots."""
_SHOWS_AT_A_GLANCE: Final = 12
"""With more than these there is a field to find one."""
_GAP: Final = 2.0
_LEAST_UNITS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Block:
    """One video on a strip, in units from the left."""

    x: float
    width: float
    missing: bool
    label: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One season; `rows` of blocks."""

    label: str
    sum: str
    rows: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class ShowView:
    """One show. `names`: all that it may be known by; `native`: its own title, where that is another one."""

    title: str
    names: tuple[str, ...]
    native: str
    link: str
    sum: str
    strips: tuple[Strip, ...]


async def library_page(request: web.Request) -> web.Response:
    """`GET /library`."""
    services, translator = request.app[SERVICES], translator_of(request)
    contents = await asyncio.to_thread(library_contents, services.engine)
    walls = LibraryWall(translator, services.replies, contents)
    drawn = await asyncio.to_thread(lambda: [walls.show(show) for show in contents])
    episodes = [episode for show in contents for episode in show.episodes]
    shows = translator.ngettext("{n} show", "{n} shows", len(contents))
    missing = sum(episode.missing for episode in episodes)
    return page(
        request,
        "library.html",
        page="library",
        compressed=True,
        totals=translator.gettext("{shows}: {contents}", shows=shows, contents=walls.sum(episodes)),
        missing=translator.ngettext("{n} video is missing.", "{n} videos are missing.", missing) if missing else "",
        shows=drawn,
        findable=len(drawn) > _SHOWS_AT_A_GLANCE,
        units=UNITS,
    )


class LibraryWall:
    """Draws shows on one scale: the longest season, or 13 hours, is as wide as the page."""

    def __init__(self, translator: Translator, replies: AnswerReplies, shows: Sequence[ShowContents]) -> None:
        self._translator = translator
        self._shows = replies.naming.shows
        self._text: SceneText = replies.naming.scene_text(translator, CHAT)
        longest = max((_duration(season.episodes) for show in shows for season in show.seasons), default=0)
        self._row_ms = max(1, min(longest, _LONGEST_ROW_MS))

    def show(self, show: ShowContents) -> ShowView:
        """One show with its seasons."""
        name = EpisodeName(show.name)
        title, native, link = self._text.title(name), show.identity.native or "", self._shows.page(name)
        return ShowView(
            title,
            self._shows.names(show.name),
            native if native != title else "",
            link if link.startswith(("https://", "http://")) else "",
            self.sum(show.episodes),
            tuple(self._strip(season) for season in show.seasons),
        )

    def sum(self, episodes: Sequence[EpisodeContents]) -> str:
        """How many videos there are, and how long they take."""
        translator = self._translator
        duration_ms = _duration(episodes)
        videos = translator.ngettext("{n} video", "{n} videos", len(episodes))
        if duration_ms < _HOUR_MS:
            minutes = -(-duration_ms // _MINUTE_MS)
            return translator.gettext("{videos}, {minutes} min", videos=videos, minutes=minutes)
        locale = translator.locale.replace("-", "_")
        hours = format_decimal(duration_ms / _HOUR_MS, format="#,##0.0", locale=locale)
        return translator.gettext("{videos}, {hours} h", videos=videos, hours=hours)

    def _strip(self, season: SeasonContents) -> Strip:
        name = season.episodes[0].record.name
        label = self._text.season_and_episode(EpisodeName(name.show, season.season, season.name))
        return Strip(label, self.sum(season.episodes), tuple(self._rows(season.episodes)))

    def _rows(self, episodes: Sequence[EpisodeContents]) -> Iterator[tuple[Block, ...]]:
        row: list[Block] = []
        start_ms = 0
        for episode in episodes:
            if row and start_ms + episode.duration_ms > self._row_ms:
                yield tuple(row)
                row, start_ms = [], 0
            row.append(self._block(episode, start_ms))
            start_ms += episode.duration_ms
        yield tuple(row)

    def _block(self, episode: EpisodeContents, start_ms: int) -> Block:
        x, width = (UNITS * time_ms / self._row_ms for time_ms in (start_ms, episode.duration_ms))
        place = self._text.season_and_episode(episode.record.name)
        missing = self._translator.gettext("missing") if episode.missing else ""
        label = " · ".join(filter(None, (place, short_time(episode.duration_ms), missing)))
        return Block(round(x, 2), round(max(_LEAST_UNITS, width - _GAP), 2), episode.missing, label)


def _duration(episodes: Sequence[EpisodeContents]) -> int:
    return sum(episode.duration_ms for episode in episodes)
