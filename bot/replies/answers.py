"""Replies to one search result: the scene that is named, or why none is, with buttons; media are attached later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.language.translations import Translator
from bot.messages import Button, Chat, Reply, Tone
from bot.replies.button_actions import Action, AnswerId, Verb
from bot.replies.canned_replies import adult_refusal, expired_reply
from bot.replies.error_messages import problem_reply
from bot.replies.scene_naming import SceneNaming
from bot.replies.scene_text import LINE_LIMIT, TITLE_LIMIT, plain
from bot.replies.show_directory import Identities, ShowDirectory, no_identities
from core.domain import EpisodeName, Reason, Scene, SearchFilter, SearchResult, Verdict

_FILTER_LIMIT: Final = TITLE_LIMIT - 60
"""Characters of a filter in a title; the rest is for the sentence around it."""

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class ReplySpec:
    """How answers are worded.

    `adult_shows` are named in private and age-restricted chats only. `titles`: of a show, by its name in the library,
    by locale. `show_url`: where the title of a show without a page of its own leads to, with `{title}` in it; that of
    every show where it `replaces_pages`; empty: nowhere.
    """

    file_names: bool = False
    adult_shows: tuple[str, ...] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    show_url: str = ""
    replaces_pages: bool = False


class AnswerReplies:
    """Words search results; `identities` are those of the library's shows, asked for at every answer. Pure but for
    them: the same reply for the same result; none has media, none edits a message.
    """

    def __init__(self, spec: ReplySpec, identities: Callable[[], Identities] = no_identities) -> None:
        self._spec = spec
        shows = ShowDirectory(
            spec.titles, spec.adult_shows, spec.show_url, identities, replaces_pages=spec.replaces_pages
        )
        self.naming = SceneNaming(shows)

    def named_scene(self, result: SearchResult, chat: Chat, index: int = 0, *, show_guess: bool = False) -> int | None:
        """The index of the scene that `answer` names, whose preview belongs to it; `None` when it names none."""
        named = show_guess or _is_certain(result)
        return index if named and index in self.naming.candidates(result, chat) else None

    def answer(
        self,
        translator: Translator,
        result: SearchResult,
        chat: Chat,
        answer_id: AnswerId,
        *,
        cached_age_s: float | None = None,
        index: int = 0,
        show_guess: bool = False,
    ) -> Reply:
        """The scene, or that there is none, with buttons for the stored answer `answer_id` (empty: without).

        `index` is a scene of the result. An uncertain scene is named only where `show_guess` asks for it.
        `cached_age_s` is how old a remembered result is.
        """
        if index and not 0 <= index < len(result.scenes):
            return expired_reply(translator)
        if self._is_withheld(result, chat, index, show_guess=show_guess):
            return adult_refusal(translator)
        named = self.named_scene(result, chat, index, show_guess=show_guess)
        if named is None:
            reply = self._no_scene_reply(translator, result, chat, answer_id)
        else:
            reply = self._scene_reply(translator, result, chat, answer_id, named)
        if result.cut_off:
            line = translator.gettext("The file breaks off: I searched by the part of the picture that is there.")
            reply = replace(reply, lines=(*reply.lines, line))
        if cached_age_s is None:
            return reply
        age = translator.gettext("Answered from memory, {age} old.", age=translator.duration(cached_age_s))
        return replace(reply, lines=(*reply.lines, age))

    def problem(self, translator: Translator, error: Exception) -> Reply:
        """What to say when there is no answer: why, and what to do."""
        return problem_reply(translator, error, self.naming.shows.is_adult)

    def _scene_reply(
        self, translator: Translator, result: SearchResult, chat: Chat, answer_id: AnswerId, index: int
    ) -> Reply:
        scene, scene_text = result.scenes[index], self.naming.scene_text(translator, chat)
        title = scene_text.title(scene.name)
        certain = _is_certain(result)
        tone = Tone.UNSURE
        if index:
            title = translator.gettext("Another candidate: {title}", title=title)
        elif not certain:
            title = translator.gettext("Only a guess: {title}", title=title)
        else:
            tone = Tone.FOUND
        lines = [*scene_text.lines(scene, file_name=self._spec.file_names, certain=certain)]
        lines += [scene_text.elsewhere_in_clip(part) for part in result.parts if part is not scene]
        if result.reason is Reason.CHECK_FAILED and not index:
            lines.append(translator.gettext("Compared with the scene itself, it does not hold."))
        rows: Rows = ()
        if answer_id:
            pages = _pages(translator, answer_id, result, self.naming.candidates(result, chat), index)
            rows = tuple(row for row in (pages, (_wrong_button(translator, answer_id),)) if row)
        text = tuple(plain(line, LINE_LIMIT) for line in lines if line)
        return Reply(tone, plain(title, TITLE_LIMIT), text, self.naming.shows.page(scene.name), rows=rows)

    def _no_scene_reply(self, translator: Translator, result: SearchResult, chat: Chat, answer_id: AnswerId) -> Reply:
        """Claims nothing; the best guess is behind a button."""
        candidates = self.naming.candidates(result, chat)
        unsure = result.verdict is not Verdict.NOT_IN_LIBRARY
        title, line = self._why_no_scene(translator, result, chat)
        lines: tuple[str, ...] = (line,)
        if any(scene.pictures for scene in result.scenes):
            lines = (line, translator.gettext("Your pictures are not one scene: send them one by one."))
        rows: Rows = ()
        if answer_id and candidates:
            label = (
                translator.gettext("Show the best guess") if unsure else translator.gettext("Show what came closest")
            )
            rows = ((Button(label, str(Action(Verb.SHOW, answer_id, candidates[0]))),),)
        if answer_id and not unsure and not result.too_little:
            rows = (*rows, (_wrong_button(translator, answer_id),))
        return Reply(Tone.UNSURE if unsure else Tone.NOT_FOUND, title, lines, rows=rows)

    def _why_no_scene(self, translator: Translator, result: SearchResult, chat: Chat) -> tuple[str, str]:
        """Title and first line of an answer that names no scene of the result."""
        place, elsewhere = self._filter_text(translator, result.where, chat), result.elsewhere
        missing = result.verdict is Verdict.NOT_IN_LIBRARY
        if result.too_little:
            line = translator.gettext("Send one with more to see: a scene with figures or a background.")
            return translator.gettext("There is too little in this picture to go on."), line
        if elsewhere and place and self.naming.is_allowed(elsewhere.name, chat):
            line = translator.gettext(
                "In the whole library there is one: {scene} ({percent})",
                scene=self.naming.scene_text(translator, chat).one_line(elsewhere),
                percent=translator.percent(elsewhere.probability),
            )
            if missing:
                return translator.gettext("I did not find this in {place}.", place=place), plain(line)
            return translator.gettext("This is hardly from {place}.", place=place), plain(line)
        if not missing:
            return translator.gettext("I am not sure about this one."), _why_unsure(translator, result)
        line = translator.gettext("A clearer picture may help, or the whole frame with nothing over it.")
        if place:
            return translator.gettext("I did not find this in {place}.", place=place), line
        return translator.gettext("I did not find this in my library."), line

    def _filter_text(self, translator: Translator, where: SearchFilter, chat: Chat) -> str:
        """A filter as text; empty for none, and for one that names a show that may not be named here."""
        names = [EpisodeName(show) for show in where.shows]
        if not all(self.naming.is_allowed(name, chat) for name in names):
            return ""
        shows = ", ".join(map(self.naming.scene_text(translator, chat).title, names))
        seasons = ", ".join(map(str, sorted(where.seasons)))
        season = translator.gettext("Season {number}", number=seasons) if seasons else ""
        themes = "" if where.themes else translator.gettext("the parts outside of openings and endings")
        return plain(" · ".join(filter(None, (shows, season, themes))), _FILTER_LIMIT)

    def _is_withheld(self, result: SearchResult, chat: Chat, index: int, *, show_guess: bool) -> bool:
        """Whether the scene at `index` would be named, but is of a show that may not be named here."""
        if index >= len(result.scenes) or self.naming.is_allowed(result.scenes[index].name, chat):
            return False
        return result.verdict is not Verdict.NOT_IN_LIBRARY or show_guess or index > 0


def _is_certain(result: SearchResult) -> bool:
    return result.verdict is Verdict.FOUND and not result.too_little


def _why_unsure(translator: Translator, result: SearchResult) -> str:
    if result.reason is Reason.CHECK_FAILED:
        return translator.gettext("I have a guess, but compared with the scene itself it does not hold.")
    if result.reason is Reason.UNCALIBRATED:
        return translator.gettext("I have a guess, but cannot tell how likely it is.")
    return translator.gettext("I have a guess, but it may well be wrong.")


def _wrong_button(translator: Translator, answer_id: AnswerId) -> Button:
    return Button(translator.gettext("Wrong?"), str(Action(Verb.WRONG, answer_id)))


def _pages(
    translator: Translator, answer_id: AnswerId, result: SearchResult, candidates: Sequence[int], index: int
) -> tuple[Button, ...]:
    """Buttons for the previous and the next candidate; the next with its probability."""
    if index not in candidates:
        return ()
    place, count = candidates.index(index), len(candidates)
    buttons = []
    if place > 0:
        label = translator.gettext("◀ Previous ({number}/{count})", number=place, count=count)
        buttons.append(Button(label, str(Action(Verb.SHOW, answer_id, candidates[place - 1])), role="previous"))
    if place + 1 < count:
        label = _next_label(translator, result.scenes[candidates[place + 1]], place + 2, count)
        buttons.append(Button(label, str(Action(Verb.SHOW, answer_id, candidates[place + 1])), role="next"))
    return tuple(buttons)


def _next_label(translator: Translator, scene: Scene, number: int, count: int) -> str:
    if not scene.probability:  # the encoder was never calibrated
        return translator.gettext("Next ({number}/{count}) ▶", number=number, count=count)
    percent = translator.percent(scene.probability)
    return translator.gettext("Next ({number}/{count}, {percent}) ▶", number=number, count=count, percent=percent)
