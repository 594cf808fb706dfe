"""A scene in the user's words: its title, where it is, when, how sure we are, and what else is worth saying."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Final

from bot.language.translations import Translator
from core.domain import WHOLE, EpisodeKind, EpisodeName, Scene, Sighting
from core.retrieval.filters import name_key
from core.timecode import format_millis

TITLE_LIMIT: Final = 200
"""Characters of a headline or a name."""
LINE_LIMIT: Final = 300
"""Characters of a line."""

_ALSO: Final = 3
_PERHAPS: Final = 0.3


def plain(text: str, limit: int = LINE_LIMIT) -> str:
    """One line without control, format and unassigned characters, at most so long: names come from files."""
    kept = (" " if character.isspace() else character for character in text)
    words = "".join(one for one in kept if one == " " or not unicodedata.category(one).startswith("C")).split()
    line = " ".join(words)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class SceneText:
    """Words for scenes. `titles`: of a show, by its name in the library, by locale; `allowed`: shows to be named."""

    words: Translator
    titles: Mapping[str, Mapping[str, str]]
    allowed: Callable[[EpisodeName], bool]

    def title(self, name: EpisodeName) -> str:
        """The show's title in this language, else its name in the library; `?` when nothing of it can be seen."""
        key = name_key(name.show)
        known = next((titles for show, titles in self.titles.items() if name_key(show) == key), {})
        return (
            plain(
                known.get(self.words.locale) or known.get(self.words.locale.partition("-")[0]) or name.show, TITLE_LIMIT
            )
            or "?"
        )

    def lines(self, scene: Scene, *, file_name: bool, sure: bool = True) -> Iterator[str]:
        """Everything below the title. `sure`: of what was found."""
        words = self.words
        yield self.place(scene.name)
        yield self.moment(scene)
        yield self.confidence(scene.probability, sure=sure)
        if scene.pictures:
            yield self.apart(scene)
        if scene.clip:
            start, end = _seconds(scene.clip)
            yield words.gettext(
                "Your clip shows several scenes: this is {start} s to {end} s of it.", start=start, end=end
            )
        if scene.backwards:
            yield words.gettext("Your clip is played backwards.")
        if scene.mirrored:
            yield words.gettext("Your picture is mirrored.")
        if scene.turned:
            yield self.turned(scene.turned)
        if scene.region != WHOLE:
            yield words.gettext("It was found in a part of your picture.")
        if scene.video_missing:
            yield words.gettext("Its video is not where it was: the time and the picture are those of my index.")
        yield from self._also(scene)
        if file_name:
            yield words.gettext("File: {name}", name=plain(PureWindowsPath(scene.path).name, LINE_LIMIT - 20))

    def place(self, name: EpisodeName) -> str:
        """Season, episode and its name: `Season 2, episode 5 — The Long Way`; empty when none is known."""
        words = self.words
        season, episode = self._season(name), self._episode(name)
        text = words.gettext("{season}, {episode}", season=season, episode=episode) if season and episode else ""
        text = text or season or episode
        episode_name = plain(name.name, TITLE_LIMIT)
        if text and episode_name:
            text = words.gettext("{place} — {name}", place=text, name=episode_name)
        text = text or episode_name
        return text[:1].upper() + text[1:]

    def moment(self, scene: Scene) -> str:
        """`HH:MM:SS`, and from when to when the shot or the sequence is."""
        at, start, end = (format_millis(time) for time in (scene.at_ms, scene.from_ms, scene.to_ms))
        if start == end:
            return self.words.gettext("At {time}", time=at)
        if scene.sequence:
            return self.words.gettext("From {start} to {end}", start=start, end=end)
        return self.words.gettext("At {time} (shot from {start} to {end})", time=at, start=start, end=end)

    def confidence(self, probability: float, *, sure: bool = True) -> str:
        """In words and per cent; empty for 0, which is what an encoder says that was never calibrated.

        Where the answer as a whole is not `sure`, never more than perhaps.
        """
        if probability <= 0:
            return ""
        words, percent = self.words, self.words.percent(probability)
        if not sure:
            probability = min(probability, _PERHAPS)
        if probability >= 0.99:
            return words.gettext("Almost certain ({percent})", percent=percent)
        if probability >= 0.9:
            return words.gettext("Very likely ({percent})", percent=percent)
        if probability >= 0.6:
            return words.gettext("Likely ({percent})", percent=percent)
        if probability >= _PERHAPS:
            return words.gettext("Perhaps ({percent})", percent=percent)
        return words.gettext("Unlikely ({percent})", percent=percent)

    def elsewhere_in_clip(self, scene: Scene) -> str:
        """Another scene of a clip that shows several; empty where its show may not be named."""
        if not scene.clip or not self.allowed(scene.name):
            return ""
        start, end = _seconds(scene.clip)
        return self.words.gettext(
            "Also in your clip, {start} s to {end} s: {scene}", start=start, end=end, scene=self.brief(scene)
        )

    def turned(self, degrees: int) -> str:
        """How a picture is turned, clockwise."""
        if degrees == 90:
            return self.words.gettext("Your picture is turned to the right by a quarter.")
        if degrees == 270:
            return self.words.gettext("Your picture is turned to the left by a quarter.")
        return self.words.gettext("Your picture is upside down.")

    def apart(self, scene: Scene) -> str:
        """Of which pictures a scene is, where several that were meant to be one sequence are none."""
        return self.words.ngettext(
            "Your pictures are not one scene: this is picture {numbers}.",
            "Your pictures are not one scene: these are pictures {numbers}.",
            len(scene.pictures),
            numbers=", ".join(map(str, scene.pictures)),
        )

    def brief(self, scene: Scene) -> str:
        """One line: title, place and time."""
        when = format_millis(scene.from_ms if scene.sequence else scene.at_ms)
        parts = (self.title(scene.name), self.place(scene.name), when)
        return " · ".join(part for part in parts if part)

    def _also(self, scene: Scene) -> Iterator[str]:
        also = [one for one in scene.also if self.allowed(one.name)]
        for one in also[:_ALSO]:
            yield self.words.gettext("Also at: {scene}", scene=self._sighting(one, scene.name))
        rest = len(also) - _ALSO
        if rest > 0:
            yield self.words.ngettext("… and at {n} more place", "… and at {n} more places", rest)

    def _sighting(self, sighting: Sighting, beside: EpisodeName) -> str:
        show = "" if sighting.name.show == beside.show else self.title(sighting.name)
        parts = (show, self.place(sighting.name), format_millis(sighting.at_ms))
        return " · ".join(part for part in parts if part)

    def _season(self, name: EpisodeName) -> str:
        season_name = plain(name.season_name, TITLE_LIMIT)
        if name.season is None:
            return season_name
        number = str(name.season)
        if name.season == 0:
            text = "" if name.kind is EpisodeKind.SPECIAL else self.words.gettext("Specials")
        else:
            text = self.words.gettext("Season {number}", number=number)
        if not season_name or season_name == number:
            return text
        return self.words.gettext("{season}: {name}", season=text, name=season_name) if text else season_name

    def _episode(self, name: EpisodeName) -> str:
        number = _number(name)
        words = self.words
        if name.kind is EpisodeKind.EPISODE:
            if not number:
                return ""
            if name.first == name.last or name.last is None:
                return words.gettext("episode {number}", number=number)
            return words.gettext("episodes {numbers}", numbers=number)
        kind = self._kind(name.kind)
        return words.gettext("{kind} {number}", kind=kind, number=number) if number else kind

    def _kind(self, kind: EpisodeKind) -> str:
        words = self.words
        kinds = {
            EpisodeKind.SPECIAL: words.gettext("special"),
            EpisodeKind.OVA: words.gettext("OVA"),
            EpisodeKind.MOVIE: words.gettext("movie"),
            EpisodeKind.OPENING: words.gettext("opening"),
            EpisodeKind.ENDING: words.gettext("ending"),
            EpisodeKind.TRAILER: words.gettext("trailer"),
        }
        return kinds.get(kind) or words.gettext("extra")


def _seconds(span: tuple[int, int]) -> tuple[str, str]:
    """Two times in seconds, to the tenth."""
    return f"{span[0] / 1000:.1f}", f"{span[1] / 1000:.1f}"


def _number(name: EpisodeName) -> str:
    """`5`, `5.5` or `1–2`; empty for none."""
    if name.first is None:
        return ""
    if name.last is None or name.last == name.first:
        return f"{name.first:g}"
    return f"{name.first:g}–{name.last:g}"
