"""Text of a scene in the user's language: title, season and episode, time, probability, and remarks."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Final

from bot.language.translations import Translator
from bot.replies.show_directory import ShowDirectory
from core.domain import WHOLE_AREA, EpisodeKind, EpisodeName, Occurrence, Scene, SegmentKind, ThemeMoment
from core.timecode import format_millis, short_time

TITLE_LIMIT: Final = 200
"""Characters of a headline or a name."""
LINE_LIMIT: Final = 300
"""Characters of a line."""

_REPEATS_LIMIT: Final = 3
_PERHAPS_MIN_PROBABILITY: Final = 0.3


def plain(text: str, limit: int = LINE_LIMIT) -> str:
    """One line of at most `limit` characters, without control, format and unassigned ones: names come from files."""
    spaced = (" " if character.isspace() else character for character in text)
    line = " ".join("".join(character for character in spaced if _is_printable(character)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _is_printable(character: str) -> bool:
    return character == " " or not unicodedata.category(character).startswith("C")


@dataclass(frozen=True, slots=True)
class SceneText:
    """Words scenes by a directory of `shows`; `is_allowed`: whether a show may be named."""

    translator: Translator
    shows: ShowDirectory
    is_allowed: Callable[[EpisodeName], bool]

    def title(self, name: EpisodeName) -> str:
        """The show's title in this language, else its name in the library; `?` when no character of it is printable."""
        return plain(self.shows.title(name.show, self.translator.locale), TITLE_LIMIT) or "?"

    def lines(self, scene: Scene, *, file_name: bool, certain: bool = True) -> Iterator[str]:
        """Everything below the title. `certain`: the answer as a whole is."""
        translator = self.translator
        yield self.place(scene)
        if scene.theme:
            yield self._episode_of_theme(scene)
        yield self.time(scene)
        yield self.probability(scene.probability, certain=certain)
        if scene.pictures:
            yield self.separate_pictures(scene)
        if scene.clip:
            start, end = _seconds(scene.clip)
            yield translator.gettext(
                "Your clip shows several scenes: this is {start} s to {end} s of it.", start=start, end=end
            )
        if scene.backwards:
            yield translator.gettext("Your clip is played backwards.")
        if scene.mirrored:
            yield translator.gettext("Your picture is mirrored.")
        if scene.turned:
            yield self.rotation(scene.turned)
        if scene.region != WHOLE_AREA:
            yield translator.gettext("It was found in a part of your picture.")
        if scene.video_missing:
            yield translator.gettext("Its video is not where it was: the time and the picture are those of my index.")
        yield from self._repeats(scene)
        if file_name:
            yield translator.gettext("File: {name}", name=plain(PureWindowsPath(scene.path).name, LINE_LIMIT - 20))

    def season_and_episode(self, name: EpisodeName) -> str:
        """Season, episode and its name: `Season 2, episode 5 — The Long Way`; empty when none is known."""
        translator = self.translator
        season, episode = self._season(name), self._episode(name)
        text = translator.gettext("{season}, {episode}", season=season, episode=episode) if season and episode else ""
        text = text or season or episode
        episode_name = plain(name.name, TITLE_LIMIT)
        if text and episode_name:
            text = translator.gettext("{place} — {name}", place=text, name=episode_name)
        text = text or episode_name
        return text[:1].upper() + text[1:]

    def place(self, scene: Scene) -> str:
        """The moment of an opening and the like, else season and episode."""
        return self.theme(scene.theme) if scene.theme else self.season_and_episode(scene.name)

    def theme(self, theme: ThemeMoment) -> str:
        """`Opening 1 of season 2 (episodes 1–12), 00:31 into it`."""
        translator = self.translator
        text = _theme_name(translator, theme)
        if theme.season:
            text = translator.gettext("{theme} of season {season}", theme=text, season=theme.season)
        if theme.episodes:
            episodes = translator.gettext(", ").join(theme.episode_ranges)
            text = translator.ngettext(
                "{theme} (episode {episodes})",
                "{theme} (episodes {episodes})",
                len(theme.episodes),
                theme=text,
                episodes=episodes,
            )
        text = translator.gettext("{theme}, {time} into it", theme=text, time=short_time(theme.offset_ms))
        return text[:1].upper() + text[1:]

    def _episode_of_theme(self, scene: Scene) -> str:
        place = self.season_and_episode(scene.name)
        if place and scene.theme and scene.theme.first:
            return self.translator.gettext("First in: {place}", place=place)
        return place

    def time(self, scene: Scene) -> str:
        """`HH:MM:SS`, and from when to when the shot or the sequence is."""
        at, start, end = (format_millis(time) for time in (scene.at_ms, scene.from_ms, scene.to_ms))
        if start == end:
            return self.translator.gettext("At {time}", time=at)
        if scene.sequence:
            return self.translator.gettext("From {start} to {end}", start=start, end=end)
        return self.translator.gettext("At {time} (shot from {start} to {end})", time=at, start=start, end=end)

    def probability(self, probability: float, *, certain: bool = True) -> str:
        """A probability in words and per cent; empty for 0, which is that of an encoder that was never calibrated.

        Where the answer as a whole is not `certain`, never more than perhaps.
        """
        if probability <= 0:
            return ""
        translator, percent = self.translator, self.translator.percent(probability)
        if not certain:
            probability = min(probability, _PERHAPS_MIN_PROBABILITY)
        if probability >= 0.99:
            return translator.gettext("Almost certain ({percent})", percent=percent)
        if probability >= 0.9:
            return translator.gettext("Very likely ({percent})", percent=percent)
        if probability >= 0.6:
            return translator.gettext("Likely ({percent})", percent=percent)
        if probability >= _PERHAPS_MIN_PROBABILITY:
            return translator.gettext("Perhaps ({percent})", percent=percent)
        return translator.gettext("Unlikely ({percent})", percent=percent)

    def elsewhere_in_clip(self, scene: Scene) -> str:
        """Another scene of a clip that shows several; empty where its show may not be named."""
        if not scene.clip or not self.is_allowed(scene.name):
            return ""
        start, end = _seconds(scene.clip)
        return self.translator.gettext(
            "Also in your clip, {start} s to {end} s: {scene}", start=start, end=end, scene=self.one_line(scene)
        )

    def rotation(self, degrees: int) -> str:
        """How a picture is turned, clockwise."""
        if degrees == 90:
            return self.translator.gettext("Your picture is turned to the right by a quarter.")
        if degrees == 270:
            return self.translator.gettext("Your picture is turned to the left by a quarter.")
        return self.translator.gettext("Your picture is upside down.")

    def separate_pictures(self, scene: Scene) -> str:
        """Which of several pictures show this scene, where they were meant to be one sequence and are none."""
        return self.translator.ngettext(
            "Your pictures are not one scene: this is picture {numbers}.",
            "Your pictures are not one scene: these are pictures {numbers}.",
            len(scene.pictures),
            numbers=", ".join(map(str, scene.pictures)),
        )

    def one_line(self, scene: Scene) -> str:
        """One line: title, place and time; of an opening and the like the time within it."""
        when = format_millis(scene.from_ms if scene.sequence else scene.at_ms)
        parts: tuple[str, ...] = (self.title(scene.name), self.season_and_episode(scene.name), when)
        if scene.theme:
            parts = (parts[0], self.theme(scene.theme))
        return " · ".join(part for part in parts if part)

    def _repeats(self, scene: Scene) -> Iterator[str]:
        repeats = [sighting for sighting in scene.repeats_beyond_theme if self.is_allowed(sighting.name)]
        for sighting in repeats[:_REPEATS_LIMIT]:
            yield self.translator.gettext("Also at: {scene}", scene=self._occurrence(sighting, scene.name))
        rest = len(repeats) - _REPEATS_LIMIT
        if rest > 0:
            yield self.translator.ngettext("… and at {n} more place", "… and at {n} more places", rest)

    def _occurrence(self, sighting: Occurrence, beside: EpisodeName) -> str:
        show = "" if sighting.name.show == beside.show else self.title(sighting.name)
        parts = (show, self.season_and_episode(sighting.name), format_millis(sighting.at_ms))
        return " · ".join(part for part in parts if part)

    def _season(self, name: EpisodeName) -> str:
        season_name = plain(name.season_name, TITLE_LIMIT)
        if name.season is None:
            return season_name
        number = str(name.season)
        if name.season == 0:
            text = "" if name.kind is EpisodeKind.SPECIAL else self.translator.gettext("Specials")
        else:
            text = self.translator.gettext("Season {number}", number=number)
        if not season_name or season_name == number:
            return text
        return self.translator.gettext("{season}: {name}", season=text, name=season_name) if text else season_name

    def _episode(self, name: EpisodeName) -> str:
        number = _number(name)
        translator = self.translator
        if name.kind is EpisodeKind.EPISODE:
            if not number:
                return ""
            if name.first == name.last or name.last is None:
                return translator.gettext("episode {number}", number=number)
            return translator.gettext("episodes {numbers}", numbers=number)
        kind = self._kind(name.kind)
        return translator.gettext("{kind} {number}", kind=kind, number=number) if number else kind

    def _kind(self, kind: EpisodeKind) -> str:
        translator = self.translator
        kinds = {
            EpisodeKind.SPECIAL: translator.gettext("special"),
            EpisodeKind.OVA: translator.gettext("OVA"),
            EpisodeKind.MOVIE: translator.gettext("movie"),
            EpisodeKind.OPENING: translator.gettext("opening"),
            EpisodeKind.ENDING: translator.gettext("ending"),
            EpisodeKind.TRAILER: translator.gettext("trailer"),
        }
        return kinds.get(kind) or translator.gettext("extra")


def _theme_name(translator: Translator, theme: ThemeMoment) -> str:
    number = theme.number
    names = {
        SegmentKind.OPENING: translator.gettext("opening {number}", number=number),
        SegmentKind.ENDING: translator.gettext("ending {number}", number=number),
        SegmentKind.COLD_OPEN: translator.gettext("cold open {number}", number=number),
        SegmentKind.RECAP: translator.gettext("recap {number}", number=number),
        SegmentKind.PREVIEW: translator.gettext("preview {number}", number=number),
        SegmentKind.EYECATCH: translator.gettext("eyecatch {number}", number=number),
        SegmentKind.SPONSOR: translator.gettext("sponsor card {number}", number=number),
    }
    return names[theme.kind]


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
