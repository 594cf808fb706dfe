"""Replies to "Wrong?": the question which candidate is right, the prompt for another answer, and thanks."""

from typing import Final

from bot.language.translations import Translator
from bot.messages import Button, Chat, Reply, TextPrompt, Tone
from bot.replies.button_actions import Action, AnswerId, Verb
from bot.replies.scene_naming import SceneNaming
from bot.replies.scene_text import plain
from core.domain import SearchResult

_CHOICES_LIMIT: Final = 5
"""Candidates to choose the right one from; a row of buttons holds no more."""


def correction_question(
    translator: Translator, naming: SceneNaming, result: SearchResult, answer_id: AnswerId, chat: Chat | None = None
) -> Reply:
    """Asks which candidate is right; without a `chat`, shows marked adult are not among them."""
    scene_text = naming.scene_text(translator, chat)
    choices = naming.candidates(result, chat)[:_CHOICES_LIMIT]
    lines = [
        translator.gettext("{number}. {scene}", number=number, scene=scene_text.one_line(result.scenes[index]))
        for number, index in enumerate(choices, 1)
    ]
    numbered = tuple(
        Button(str(number), str(Action(Verb.RIGHT, answer_id, index))) for number, index in enumerate(choices, 1)
    )
    none_of_them = (
        Button(translator.gettext("Something else"), str(Action(Verb.OTHER, answer_id))),
        Button(translator.gettext("Not an anime"), str(Action(Verb.NONE, answer_id))),
    )
    title = translator.gettext("Which one is right?") if choices else translator.gettext("What is it?")
    rows = (numbered, none_of_them) if numbered else (none_of_them,)
    return Reply(Tone.INFO, title, tuple(map(plain, lines)), rows=rows, private=True)


def correction_prompt(translator: Translator, answer_id: AnswerId) -> Reply:
    """Asks for the right answer as text, which comes back as a press of the same action."""
    prompt = translator.gettext("Which show is it, and which episode?")
    return Reply(Tone.INFO, prompt, text_prompt=TextPrompt(prompt, str(Action(Verb.OTHER, answer_id))), private=True)


def correction_thanks(translator: Translator) -> Reply:
    """A correction was stored."""
    line = translator.gettext("I have kept the picture and your answer for whoever runs me.")
    return Reply(Tone.INFO, translator.gettext("Thank you!"), (line,), private=True)
