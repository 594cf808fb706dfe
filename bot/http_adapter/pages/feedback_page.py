"""Feedback by a form: which scene is right, or what it is in words; kept as the chats' feedback is."""

from http import HTTPStatus

from aiohttp import web
from pydantic import ValidationError

from bot.http_adapter.api.answers import Feedback, keep_feedback, stored_answer
from bot.http_adapter.middleware.errors import status_of
from bot.http_adapter.pages.error_pages import error_page
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.pages.scene_page import gone_page
from bot.replies.correction_replies import correction_thanks
from core.errors import ServiceError


async def feedback_page(request: web.Request) -> web.Response:
    """`POST /answers/{id}/feedback` with `scene`, a number from 0, or `text`: a page that thanks; 404 when gone."""
    try:
        stored = await stored_answer(request)
    except web.HTTPNotFound:
        return gone_page(request)
    form = await request.post()
    fields = {name: value for name in ("scene", "text") if isinstance(value := form.get(name), str) and value}
    translator = translator_of(request)
    try:
        feedback = Feedback.model_validate(fields)
        if feedback.scene is not None and feedback.scene >= len(stored.result.scenes):
            raise web.HTTPBadRequest
        await keep_feedback(request, stored, feedback)
    except ValidationError as exc:
        raise web.HTTPBadRequest from exc
    except ServiceError as exc:
        return error_page(request, HTTPStatus(status_of(exc)), str(exc))
    thanks = correction_thanks(translator)
    return page(request, "thanks.html", page="", title=thanks.title, lines=thanks.lines)
