"""From results to what people read: the text of every reply, with its buttons; media are the dispatcher's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from urllib.parse import quote

from bot.language.translations import LANGUAGES, Translator
from bot.messages import Button, Chat, Reply, TextPrompt, Tone
from bot.replies.button_actions import Action, AnswerId, Verb
from bot.replies.error_messages import problem_reply
from bot.replies.scene_text import LINE_LIMIT, TITLE_LIMIT, SceneText, plain
from core.domain import EpisodeName, Reason, Scene, SearchFilter, SearchResult, Verdict
from core.retrieval.filters import name_key
from core.search.calibration import possible_scenes

_CHOICES: Final = 5
"""Candidates to choose the right one from; a row of buttons holds no more."""
_SENTENCE: Final = 60
"""Characters that a title leaves to the sentence around a name."""
_LINKED: Final = 100
"""Characters of a title in an address."""

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class ReplySpec:
    """How answers are worded.

    `adult_shows` are named in private and age-restricted chats only. `titles`: of a show, by its name in the library,
    by locale. `show_url`: where a title leads to, with `{title}` in it; empty: nowhere.
    """

    file_names: bool = False
    adult_shows: tuple[str, ...] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    show_url: str = ""


class Replies:
    """Pure: the same reply for the same result. No reply has media; `edits` is set by whoever knows of the press."""

    def __init__(self, spec: ReplySpec) -> None:
        self._spec = spec
        self._adult = frozenset(map(name_key, spec.adult_shows))

    @property
    def adult_shows(self) -> tuple[str, ...]:
        """Shows that are named in private and age-restricted chats only."""
        return self._spec.adult_shows

    def shown(self, result: SearchResult, chat: Chat, index: int = 0, *, show_guess: bool = False) -> int | None:
        """The index of the scene that `answer` names, whose preview belongs to it; `None` when it names none."""
        certain = result.verdict is Verdict.FOUND and not result.too_little
        return index if (certain or show_guess) and index in self._candidates(result, chat) else None

    def answer(
        self,
        words: Translator,
        result: SearchResult,
        chat: Chat,
        case: AnswerId,
        *,
        cached_age_s: float | None = None,
        index: int = 0,
        show_guess: bool = False,
    ) -> Reply:
        """What was found, or not, with buttons for the stored `case` (empty: without).

        `index` is a scene of the result. What is not sure is named only when asked for (`show_guess`).
        """
        if index and not 0 <= index < len(result.scenes):
            return self.expired(words)
        if self._withheld(result, chat, index, show_guess=show_guess):
            return self.adult_elsewhere(words)
        at = self.shown(result, chat, index, show_guess=show_guess)
        reply = self._unnamed(words, result, chat, case) if at is None else self._named(words, result, chat, case, at)
        if result.cut_off:
            line = words.gettext("The file breaks off: I searched by the part of the picture that is there.")
            reply = replace(reply, lines=(*reply.lines, line))
        if cached_age_s is None:
            return reply
        age = words.gettext("Answered from memory, {age} old.", age=words.duration(cached_age_s))
        return replace(reply, lines=(*reply.lines, age))

    def several(self, words: Translator, results: Sequence[SearchResult | Exception], chat: Chat) -> Reply:
        """One line for each of several pictures, in their order, whatever became of it."""
        lines = (
            words.gettext("{number}. {scene}", number=number, scene=self._outcome(words, result, chat))
            for number, result in enumerate(results, 1)
        )
        tones = {self._tone(result, chat) for result in results}
        title = words.ngettext("{n} picture", "{n} pictures", len(results))
        return Reply(tones.pop() if len(tones) == 1 else Tone.INFO, title, tuple(plain(line) for line in lines))

    def problem(self, words: Translator, error: Exception) -> Reply:
        """What to say when there is no answer: why, and what to do."""
        return problem_reply(words, error, self._adult)

    def wrong(self, words: Translator, result: SearchResult, case: AnswerId, chat: Chat | None = None) -> Reply:
        """Asks which candidate is right; without a `chat`, shows marked adult are not among them."""
        scene_words = self._scene_words(words, chat)
        possible = ((at, result.scenes[at]) for at in possible_scenes(result))
        choices = [(at, scene) for at, scene in possible if scene_words.allowed(scene.name)][:_CHOICES]
        lines = [
            words.gettext("{number}. {scene}", number=number, scene=scene_words.brief(scene))
            for number, (_, scene) in enumerate(choices, 1)
        ]
        numbered = tuple(Button(str(place), _action(Verb.RIGHT, case, at)) for place, (at, _) in enumerate(choices, 1))
        last = (
            Button(words.gettext("Something else"), _action(Verb.OTHER, case)),
            Button(words.gettext("Not an anime"), _action(Verb.NONE, case)),
        )
        title = words.gettext("Which one is right?") if choices else words.gettext("What is it?")
        rows = (numbered, last) if numbered else (last,)
        return Reply(Tone.INFO, title, tuple(map(plain, lines)), rows=rows, private=True)

    def something_else(self, words: Translator, case: AnswerId) -> Reply:
        """Asks for the right answer in words; they come back as a press of the same action."""
        prompt = words.gettext("Which show is it, and which episode?")
        return Reply(Tone.INFO, prompt, ask=TextPrompt(prompt, _action(Verb.OTHER, case)), private=True)

    def left_out(self, reply: Reply, words: Translator, pictures: int) -> Reply:
        """The reply, with the word that so many pictures were not looked at."""
        line = words.ngettext(
            "One more picture is left out: send it by itself.",
            "{n} more pictures are left out: send them again.",
            pictures,
        )
        return replace(reply, lines=(*reply.lines, line))

    def waiting(self, words: Translator, before: int, wait_s: float) -> Reply:
        """For somebody who waits longer than usual: how many pictures are before theirs, and for how long."""
        title = words.gettext("Still at it: please wait a moment.")
        if not before:
            return Reply(Tone.INFO, title)
        place = words.ngettext("{n} picture is before yours.", "{n} pictures are before yours.", before)
        return Reply(
            Tone.INFO, title, (place, words.gettext("It takes about {wait} more.", wait=words.duration(wait_s)))
        )

    def shows_picture(self, reply: Reply, words: Translator, number: int) -> Reply:
        """The summary of several pictures, with the word that its preview is of this one."""
        line = words.gettext("The preview is of picture {number}.", number=number)
        return replace(reply, lines=(*reply.lines, line))

    def thanks(self, words: Translator) -> Reply:
        """A correction was kept."""
        line = words.gettext("I have kept the picture and your answer for whoever runs me.")
        return Reply(Tone.INFO, words.gettext("Thank you!"), (line,), private=True)

    def expired(self, words: Translator) -> Reply:
        """A button whose case is gone, or that is not ours."""
        line = words.gettext("Please send the picture again.")
        return Reply(Tone.INFO, words.gettext("This button no longer works."), (line,), private=True)

    def adult_elsewhere(self, words: Translator) -> Reply:
        """The answer may not be given here."""
        line = words.gettext("Send me the picture in a private chat, or in a channel that is age-restricted.")
        return Reply(Tone.REFUSED, words.gettext("I may not answer this one here."), (line,))

    def language(self, words: Translator, chosen: str | None = None, *, kept: bool = True) -> Reply:
        """Asks which language to speak; or, once it was `chosen`, says so in it, and whether that could be `kept`."""
        if chosen:
            lost = words.gettext("Your choice could not be kept: it holds until I am started again.")
            return Reply(Tone.INFO, words.gettext("I will answer you in English from now on."), () if kept else (lost,))
        buttons = tuple(Button(name, str(Action(Verb.LANGUAGE, locale=locale))) for locale, name in LANGUAGES.items())
        return Reply(Tone.INFO, words.gettext("Which language should I speak?"), rows=(buttons,))

    def start(self, words: Translator) -> Reply:
        """A greeting."""
        title = words.gettext("Hello! Send me an anime screenshot.")
        lines = (
            words.gettext("I tell you which show, season and episode it is from, to the second, and show the scene."),
            words.gettext("/help says what else I can do; /lang changes the language."),
        )
        return Reply(Tone.INFO, title, lines)

    def help(self, words: Translator) -> Reply:
        """What people can do."""
        lines = (
            words.gettext("Send a screenshot, a GIF, a short clip or a link to one."),
            words.gettext("In groups, mention me beside it, or reply to a picture with a mention or /whenanime."),
            words.gettext(
                "Write beside the picture, if you like: {options}",
                options=words.gettext("show:Name · season:1,3-5 · together · mute"),
            ),
            words.gettext("“together”: several pictures of one scene, in order. “mute”: no preview."),
            words.gettext("If I am wrong, press “Wrong?” and tell me what is right."),
            words.gettext("/lang changes the language."),
            words.gettext("Pictures and answers are kept for a while, so that the buttons work."),
        )
        return Reply(Tone.INFO, words.gettext("Which anime is it from, and when?"), lines)

    def _named(self, words: Translator, result: SearchResult, chat: Chat, case: AnswerId, at: int) -> Reply:
        scene, scene_words = result.scenes[at], self._scene_words(words, chat)
        title = scene_words.title(scene.name)
        sure = result.verdict is Verdict.FOUND and not result.too_little
        tone = Tone.UNSURE
        if at:
            title = words.gettext("Another candidate: {title}", title=title)
        elif not sure:
            title = words.gettext("Only a guess: {title}", title=title)
        else:
            tone = Tone.FOUND
        lines = [*scene_words.lines(scene, file_name=self._spec.file_names, sure=sure)]
        lines += [scene_words.elsewhere_in_clip(one) for one in result.parts if one is not scene]
        if result.reason is Reason.CHECK_FAILED and not at:
            lines.append(words.gettext("Compared with the scene itself, it does not hold."))
        rows: Rows = ()
        if case:
            pages = _pages(words, case, result, self._candidates(result, chat), at)
            wrong = (Button(words.gettext("Wrong?"), _action(Verb.WRONG, case)),)
            rows = tuple(row for row in (pages, wrong) if row)
        text = tuple(plain(line, LINE_LIMIT) for line in lines if line)
        return Reply(tone, plain(title, TITLE_LIMIT), text, self._url(scene.name), rows=rows)

    def _unnamed(self, words: Translator, result: SearchResult, chat: Chat, case: AnswerId) -> Reply:
        """Nothing is claimed; the best guess is behind a button."""
        candidates = self._candidates(result, chat)
        unsure = result.verdict is not Verdict.NOT_IN_LIBRARY
        title, line = self._why_unnamed(words, result, chat)
        apart = any(scene.pictures for scene in result.scenes)
        lines = (line, words.gettext("Your pictures are not one scene: send them one by one.")) if apart else (line,)
        rows: Rows = ()
        if case and candidates:
            label = words.gettext("Show the best guess") if unsure else words.gettext("Show what came closest")
            rows = ((Button(label, _action(Verb.SHOW, case, candidates[0])),),)
        if case and not unsure and not result.too_little:
            rows = (*rows, (Button(words.gettext("Wrong?"), _action(Verb.WRONG, case)),))
        return Reply(Tone.UNSURE if unsure else Tone.NOT_FOUND, title, lines, rows=rows)

    def _why_unnamed(self, words: Translator, result: SearchResult, chat: Chat) -> tuple[str, str]:
        """Title and first line of an answer that names no scene of the result."""
        place, elsewhere = self._place(words, result.where, chat), result.elsewhere
        missing = result.verdict is Verdict.NOT_IN_LIBRARY
        if result.too_little:
            line = words.gettext("Send one with more to see: a scene with figures or a background.")
            return words.gettext("There is too little in this picture to go on."), line
        if elsewhere and place and self._nameable(elsewhere.name, chat):
            line = words.gettext(
                "In the whole library there is one: {scene} ({percent})",
                scene=self._scene_words(words, chat).brief(elsewhere),
                percent=words.percent(elsewhere.probability),
            )
            if missing:
                return words.gettext("I did not find this in {place}.", place=place), plain(line)
            return words.gettext("This is hardly from {place}.", place=place), plain(line)
        if not missing:
            return words.gettext("I am not sure about this one."), _why_unsure(words, result)
        line = words.gettext("A clearer picture may help, or the whole frame with nothing over it.")
        if place:
            return words.gettext("I did not find this in {place}.", place=place), line
        return words.gettext("I did not find this in my library."), line

    def _place(self, words: Translator, where: SearchFilter, chat: Chat) -> str:
        """A filter in words; empty for none, and for one that names what may not be named here."""
        names = [EpisodeName(show) for show in where.shows]
        if not all(self._nameable(name, chat) for name in names):
            return ""
        shows = ", ".join(map(self._scene_words(words, chat).title, names))
        seasons = ", ".join(map(str, sorted(where.seasons)))
        season = words.gettext("Season {number}", number=seasons) if seasons else ""
        return plain(" · ".join(filter(None, (shows, season))), TITLE_LIMIT - _SENTENCE)

    def _outcome(self, words: Translator, result: SearchResult | Exception, chat: Chat) -> str:
        """In one line what the answer would be."""
        if isinstance(result, Exception):
            return self.problem(words, result).title
        at = self.shown(result, chat)
        if at is None:
            return self.answer(words, result, chat, AnswerId("")).title
        scene = result.scenes[at]
        brief = self._scene_words(words, chat).brief(scene)
        return f"{brief} · {words.percent(scene.probability)}"

    def _tone(self, result: SearchResult | Exception, chat: Chat) -> Tone:
        if isinstance(result, Exception):
            return Tone.REFUSED
        if self.shown(result, chat) is not None:
            return Tone.FOUND
        return Tone.NOT_FOUND if result.verdict is Verdict.NOT_IN_LIBRARY else Tone.UNSURE

    def _withheld(self, result: SearchResult, chat: Chat, index: int, *, show_guess: bool) -> bool:
        """Whether the scene asked for is of a show that may not be named here."""
        if index >= len(result.scenes) or self._nameable(result.scenes[index].name, chat):
            return False
        return result.verdict is not Verdict.NOT_IN_LIBRARY or show_guess or index > 0

    def _candidates(self, result: SearchResult, chat: Chat) -> list[int]:
        """Indices of the scenes that can be paged through, best first."""
        return [at for at in possible_scenes(result) if self._nameable(result.scenes[at].name, chat)]

    def _nameable(self, name: EpisodeName, chat: Chat | None) -> bool:
        return (chat is not None and chat.adult_allowed) or name_key(name.show) not in self._adult

    def _scene_words(self, words: Translator, chat: Chat | None) -> SceneText:
        return SceneText(words, self._spec.titles, partial(self._nameable, chat=chat))

    def _url(self, name: EpisodeName) -> str:
        title = plain(name.show, TITLE_LIMIT)[:_LINKED]
        return self._spec.show_url.replace("{title}", quote(title, safe=""))


def _action(verb: Verb, case: AnswerId, index: int = 0) -> str:
    return str(Action(verb, case, index))


def _why_unsure(words: Translator, result: SearchResult) -> str:
    if result.reason is Reason.CHECK_FAILED:
        return words.gettext("I have a guess, but compared with the scene itself it does not hold.")
    if result.reason is Reason.UNCALIBRATED:
        return words.gettext("I have a guess, but cannot tell how likely it is.")
    return words.gettext("I have a guess, but it may well be wrong.")


def _pages(
    words: Translator, case: AnswerId, result: SearchResult, candidates: Sequence[int], at: int
) -> tuple[Button, ...]:
    """Previous and next candidate; the next with its probability."""
    if at not in candidates:
        return ()
    place, count = candidates.index(at), len(candidates)
    buttons = []
    if place > 0:
        label = words.gettext("◀ Previous ({number}/{count})", number=place, count=count)
        buttons.append(Button(label, _action(Verb.SHOW, case, candidates[place - 1]), role="previous"))
    if place + 1 < count:
        label = _next_label(words, result.scenes[candidates[place + 1]], place + 2, count)
        buttons.append(Button(label, _action(Verb.SHOW, case, candidates[place + 1]), role="next"))
    return tuple(buttons)


def _next_label(words: Translator, scene: Scene, number: int, count: int) -> str:
    if not scene.probability:  # of an encoder that was never calibrated
        return words.gettext("Next ({number}/{count}) ▶", number=number, count=count)
    percent = words.percent(scene.probability)
    return words.gettext("Next ({number}/{count}, {percent}) ▶", number=number, count=count, percent=percent)
