"""View of an answer: what the templates draw of a search's result, in the words that the chats use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.http_adapter.media_links import MediaMoment
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.timeline import Timeline, timeline
from bot.http_adapter.search_request import CHAT
from bot.http_adapter.services import SERVICES
from bot.language.translations import Translator
from bot.replies.button_actions import AnswerId
from core.domain import WHOLE_AREA, Area, Reason, Scene, SearchResult, Verdict
from core.timecode import START_MS, short_time, to_seconds

_CANDIDATES_LIMIT: Final = 12
_NEARLY_WHOLE: Final = 0.97
"""Share of a frame from which a picture of it counts as the whole frame."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of a picture, in shares of its sides."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, area: Area | None) -> "Rectangle | None":
        """`None` for next to all of a picture."""
        if area is None or area == WHOLE_AREA:
            return None
        width, height = area.right - area.left, area.bottom - area.top
        if width * height >= _NEARLY_WHOLE:
            return None
        return cls(*(round(share, 4) for share in (area.left, area.top, width, height)))


@dataclass(frozen=True, slots=True)
class SceneView:
    """The scene that an answer names. `time` is its headline; `at_s` in seconds; `mp4` is `None` without the video.

    `region` is the part of the reader's picture that was found, `shown` the part of the frame that it shows.
    """

    title: str
    link: str
    place: str
    time: str
    at_s: float
    mp4: str | None
    still: str
    small_still: str
    gif: str | None
    share: str | None
    timeline: Timeline | None
    region: Rectangle | None
    shown: Rectangle | None


@dataclass(frozen=True, slots=True)
class CandidateView:
    """Another scene that it may be."""

    page: str
    still: str
    title: str
    place: str
    time: str
    percent: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer. `candidates_title` is the headline of the candidates, which are closed where the answer doubts them
    all. `index`: that of the scene that it names; `correctable`: whether feedback can be given.
    """

    id: AnswerId
    verdict: Verdict
    title: str
    lines: tuple[str, ...]
    scene: SceneView | None
    index: int | None
    candidates: tuple[CandidateView, ...]
    candidates_title: str
    candidates_closed: bool

    @property
    def correctable(self) -> bool:
        """Whether feedback can be given."""
        return bool(self.id)


def answer_view(
    request: web.Request,
    answer_id: AnswerId,
    result: SearchResult,
    *,
    index: int = 0,
    show_guess: bool = False,
    age_s: float | None = None,
) -> AnswerView:
    """The view of a result, as `AnswerReplies.answer` words it; a scene is named by the same rules."""
    replies, translator = request.app[SERVICES].replies, translator_of(request)
    reply = replies.answer(translator, result, CHAT, answer_id, cached_age_s=age_s, index=index, show_guess=show_guess)
    named = replies.named_scene(result, CHAT, index, show_guess=show_guess)
    lines, scene = reply.lines, None
    if named is not None:
        scene = _scene_view(request, answer_id, result, named, reply.title, reply.url)
        lines = (*(line for line in lines if line != scene.place), *_evidence(translator, result.scenes[named]))
    others = [number for number in replies.naming.candidates(result, CHAT) if number != named]
    return AnswerView(
        answer_id,
        result.verdict,
        reply.title,
        lines,
        scene,
        named,
        tuple(_candidate(request, answer_id, result, number) for number in others[:_CANDIDATES_LIMIT] if answer_id),
        _candidates_title(translator, result, named),
        named is None,
    )


def _scene_view(
    request: web.Request, answer_id: AnswerId, result: SearchResult, index: int, title: str, link: str
) -> SceneView:
    services, scene = request.app[SERVICES], result.scenes[index]
    record = services.engine.records.get(scene.file_id)
    media_id = services.links.sign(MediaMoment.of(scene))
    text = services.replies.naming.scene_text(translator_of(request), CHAT)
    return SceneView(
        title=title,
        link=link if link.startswith(("https://", "http://")) else "",
        place=text.place(scene),
        time=scene_time(scene),
        at_s=to_seconds(scene.from_ms if scene.sequence else scene.at_ms),
        mp4=None if scene.video_missing else f"/video/{media_id}?size=l&mute",
        still=f"/image/{media_id}?size=l",
        small_still=f"/image/{media_id}",
        gif=None if scene.video_missing else f"/gif/{media_id}",
        share=scene_path(answer_id, index),
        timeline=timeline(scene, record.outcome.duration_ms if record else START_MS),
        region=Rectangle.of(scene.region),
        shown=Rectangle.of(scene.shown),
    )


def scene_path(answer_id: AnswerId, index: int) -> str | None:
    """Path of the page of an answer's scene; `None` for an answer that is not stored."""
    return f"/scene/{answer_id}/{index}" if answer_id else None


def scene_time(scene: Scene) -> str:
    """The time as a headline; of a sequence from when to when."""
    if scene.sequence:
        return f"{short_time(scene.from_ms)}–{short_time(scene.to_ms)}"
    return short_time(scene.at_ms)


def _evidence(translator: Translator, scene: Scene) -> Iterator[str]:
    """Why this scene: what the comparison with its frame has shown."""
    if scene.inliers:
        yield translator.ngettext(
            "{n} point of your picture agrees with the frame.",
            "{n} points of your picture agree with the frame.",
            scene.inliers,
        )
    if scene.exact and not scene.sequence:
        yield translator.gettext("The time is right to the frame.")


def _candidate(request: web.Request, answer_id: AnswerId, result: SearchResult, index: int) -> CandidateView:
    services, translator, scene = request.app[SERVICES], translator_of(request), result.scenes[index]
    text = services.replies.naming.scene_text(translator, CHAT)
    uncalibrated = result.reason is Reason.UNCALIBRATED
    return CandidateView(
        page=scene_path(answer_id, index) or "/",
        still=f"/image/{services.links.sign(MediaMoment.of(scene))}",
        title=text.title(scene.name),
        place=text.place(scene),
        time=scene_time(scene),
        percent="" if uncalibrated else translator.percent(scene.probability),
    )


def _candidates_title(translator: Translator, result: SearchResult, named: int | None) -> str:
    if named is not None:
        return translator.gettext("Other candidates")
    if result.verdict is Verdict.NOT_IN_LIBRARY:
        return translator.gettext("Show what came closest")
    return translator.gettext("Show the best guess")
