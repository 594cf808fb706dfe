"""Scenes, results and translators for the tests of replies."""

from dataclasses import replace

from bot.language.translations import Translations
from bot.messages import Button, Chat, ChatKind, Reply
from bot.replies.answers import AnswerReplies, ReplySpec
from bot.replies.button_actions import Action, AnswerId, parse_action
from core.domain import (
    EpisodeName,
    FileId,
    Reason,
    Scene,
    SearchResult,
    Verdict,
)
from core.timecode import Millis

TRANSLATIONS = Translations()
EN, ZH, HANT, JA = (TRANSLATIONS.of(locale) for locale in ("en", "zh", "zh-Hant", "ja"))
ANSWER_ID = AnswerId("abcDEF0123")
PRIVATE = Chat(ChatKind.PRIVATE, 10 << 20)
GROUP = Chat(ChatKind.GROUP, 10 << 20)
NAME = EpisodeName("Tales of Rain", season=2, first=5.0, last=5.0, name="The Long Way")
PLAIN = AnswerReplies(ReplySpec())
STRICT = AnswerReplies(ReplySpec(adult_shows=("tales OF rain",)))


def make_scene(name: EpisodeName = NAME, probability: float = 0.97, **changes: object) -> Scene:
    scene = Scene(
        FileId(1),
        "Rain/S02/[Group] 05.mkv",
        name,
        from_ms=Millis(751_000),
        at_ms=Millis(754_000),
        to_ms=Millis(758_000),
        similarity=0.9,
        probability=probability,
    )
    return replace(scene, **changes)  # type: ignore[arg-type]  # the test names its fields


def make_result(*scenes: Scene, verdict: Verdict = Verdict.FOUND, **changes: bool) -> SearchResult:
    return SearchResult(
        verdict,
        tuple(replace(scene, sequence=changes.get("sequence", scene.sequence)) for scene in scenes or (make_scene(),)),
        reason=Reason.TOO_LITTLE if changes.get("too_little") else None,
    )


def other_scene(number: int, probability: float = 0.01, show: str = "Other") -> Scene:
    return make_scene(EpisodeName(show, season=1, first=float(number), last=float(number)), probability)


def text_of(reply: Reply) -> str:
    return "\n".join((reply.title, *reply.lines))


def buttons_of(reply: Reply) -> list[Button]:
    return [button for row in reply.rows for button in row]


def actions_of(reply: Reply) -> list[Action | None]:
    return [parse_action(button.action) for button in buttons_of(reply)]
