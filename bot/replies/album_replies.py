"""Albums: several pictures answered in one reply, a line and a numbered button for each."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.language.translations import Translator
from bot.messages import Button, Chat, Reply, Tone
from bot.replies.answers import AnswerReplies
from bot.replies.button_actions import Action, AnswerId, Verb
from bot.replies.scene_text import plain
from core.domain import SearchResult, Verdict

_ROW_LIMIT: Final = 5
_BUTTONS_LIMIT: Final = 15


def album_reply(
    replies: AnswerReplies, translator: Translator, results: Sequence[SearchResult | Exception], chat: Chat
) -> Reply:
    """One line for the result of each picture, or for what is wrong with it, in their order; without buttons."""
    lines = (
        translator.gettext("{number}. {scene}", number=number, scene=_line(replies, translator, result, chat))
        for number, result in enumerate(results, 1)
    )
    tones = {_tone(replies, result, chat) for result in results}
    title = translator.ngettext("{n} picture", "{n} pictures", len(results))
    return Reply(tones.pop() if len(tones) == 1 else Tone.INFO, title, tuple(plain(line) for line in lines))


def with_preview_of(reply: Reply, translator: Translator, number: int) -> Reply:
    """The reply to an album, with a line that its preview is of this picture."""
    line = translator.gettext("The preview is of picture {number}.", number=number)
    return replace(reply, lines=(*reply.lines, line))


def album_rows(answer_ids: Sequence[AnswerId]) -> tuple[tuple[Button, ...], ...]:
    """Numbered buttons, one for each picture of an album with a stored answer; an empty id stands for none."""
    numbered = [
        Button(str(number), str(Action(Verb.SHOW, answer_id)))
        for number, answer_id in enumerate(answer_ids, 1)
        if answer_id
    ]
    buttons = numbered[:_BUTTONS_LIMIT]
    return tuple(tuple(buttons[start : start + _ROW_LIMIT]) for start in range(0, len(buttons), _ROW_LIMIT))


def _line(replies: AnswerReplies, translator: Translator, result: SearchResult | Exception, chat: Chat) -> str:
    if isinstance(result, Exception):
        return replies.problem(translator, result).title
    index = replies.named_scene(result, chat)
    if index is None:
        return replies.answer(translator, result, chat, AnswerId("")).title
    scene = result.scenes[index]
    brief = replies.naming.scene_text(translator, chat).one_line(scene)
    return f"{brief} · {translator.percent(scene.probability)}"


def _tone(replies: AnswerReplies, result: SearchResult | Exception, chat: Chat) -> Tone:
    if isinstance(result, Exception):
        return Tone.REFUSED
    if replies.named_scene(result, chat) is not None:
        return Tone.FOUND
    return Tone.NOT_FOUND if result.verdict is Verdict.NOT_IN_LIBRARY else Tone.UNSURE
