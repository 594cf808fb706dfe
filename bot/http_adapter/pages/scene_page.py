"""Page of one scene, for a link that opens it and for chats that show what a link leads to (Open Graph)."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from bot.http_adapter.pages.answer_view import AnswerView, SceneView, answer_view
from bot.http_adapter.pages.error_pages import error_page
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.public_address import public_url
from bot.http_adapter.search_request import CHAT
from bot.http_adapter.services import SERVICES
from bot.replies.button_actions import AnswerId


@dataclass(frozen=True, slots=True)
class SharedTags:
    """Open Graph tags: absolute addresses, and what a chat writes below the link."""

    title: str
    description: str
    url: str
    images: tuple[tuple[str, str], ...]
    video: str | None


async def scene_page(request: web.Request) -> web.Response:
    """`GET /scene/{answer}/{n}`; 404 when the answer is gone, or when that scene may not be shown."""
    services = request.app[SERVICES]
    answer_id, index = AnswerId(request.match_info["answer_id"]), int(request.match_info["index"])
    stored = await asyncio.to_thread(services.answers.get, answer_id)
    if stored is None or index not in services.replies.naming.candidates(stored.result, CHAT):
        return gone_page(request)
    answer = answer_view(request, answer_id, stored.result, index=index, show_guess=True)
    if answer.scene is None:
        return gone_page(request)
    private = not services.replies.naming.is_allowed(stored.result.scenes[index].name, None)
    tags = None if private else _tags(request, answer, answer.scene)
    certain = services.replies.named_scene(stored.result, CHAT) == index
    return page(request, "scene.html", page="", answer=answer, tags=tags, certain=certain)


def _tags(request: web.Request, answer: AnswerView, scene: SceneView) -> SharedTags:
    images = [(scene.still, "image/jpeg"), *([(scene.gif, "image/gif")] if scene.gif else [])]
    return SharedTags(
        answer.title,
        " · ".join(filter(None, (scene.place, scene.time))),
        public_url(request, scene.share or "/"),
        tuple((public_url(request, path), kind) for path, kind in images),
        public_url(request, scene.mp4) if scene.mp4 else None,
    )


def gone_page(request: web.Request) -> web.Response:
    """404 for an answer that is no longer kept."""
    translator = translator_of(request)
    return error_page(
        request,
        HTTPStatus.NOT_FOUND,
        translator.gettext("This scene is no longer here."),
        translator.gettext("Answers are kept for a while only. Search the picture again for a new link."),
    )
