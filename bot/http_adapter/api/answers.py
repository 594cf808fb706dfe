"""`/api/v1/answers/{id}`: an answer again, as long as its buttons work, and feedback on it."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.http_adapter.api.answer_json import answer_json
from bot.http_adapter.api.problem_details import OptionError
from bot.http_adapter.clients import client_of
from bot.http_adapter.picture_body import BodyTypeError, read_body
from bot.http_adapter.search_request import CHAT
from bot.http_adapter.services import SERVICES
from bot.messages import ButtonPress, Tone
from bot.replies.button_actions import Action, AnswerId, Verb
from bot.storage.answer_store import StoredAnswer
from core.errors import ServiceError
from core.library.feedback import StatedMoment

_TEXT_LIMIT: Final = 500
_BODY_LIMIT_BYTES: Final = 8192


class RightMoment(BaseModel):
    """A show, of the library or not, and as much more as the client knows."""

    model_config = ConfigDict(extra="forbid")
    show: str = Field(min_length=1, max_length=200, pattern=r"\S")
    season: int | None = Field(default=None, ge=0, le=1000)
    episode: Annotated[float, Field(ge=0, le=100_000)] | Annotated[str, Field(max_length=100)] | None = None
    at_s: float | None = Field(default=None, ge=0, le=1_000_000)

    def stated(self) -> StatedMoment:
        """The same for the feedback's file."""
        episode = self.episode.strip() or None if isinstance(self.episode, str) else self.episode
        at_ms = None if self.at_s is None else round(self.at_s * 1000)
        return StatedMoment(self.show.strip(), self.season, episode, at_ms)


class Feedback(BaseModel):
    """What is right: the scene of this number, from 0; the moment, or what the text says; or nothing in the library."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    scene: int | None = Field(default=None, ge=0, le=1000)
    right: RightMoment | None = None
    text: str | None = Field(default=None, max_length=_TEXT_LIMIT, pattern=r"\S")


async def answer(request: web.Request) -> web.Response:
    """The answer as the search gave it, with fresh links to its media."""
    client_of(request)  # refuses a key that does not exist
    stored = await stored_answer(request)
    return web.json_response(answer_json(request, stored.id, stored.result))


async def feedback(request: web.Request) -> web.Response:
    """Keeps feedback on an answer with that of the chats; 204."""
    client_of(request)  # refuses a key that does not exist
    stored = await stored_answer(request)
    if request.content_type != "application/json":
        raise BodyTypeError("Feedback should be application/json.")
    try:
        body = Feedback.model_validate_json(await read_body(request, _BODY_LIMIT_BYTES), strict=True)
    except ValidationError as exc:
        problem = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in problem["loc"] if str(part).isidentifier())  # others name a type
        raise OptionError(field, f"{field or 'The body'}: {problem['msg']}.") from exc
    if body.scene is not None and body.right is not None:
        raise OptionError("right", "right: give it, or the number of a scene, and not both.")
    if body.scene is not None and body.scene >= len(stored.result.scenes):
        raise OptionError("scene", f"scene: the answer has {len(stored.result.scenes)} scenes, numbered from 0.")
    await keep_feedback(request, stored, body)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def keep_feedback(request: web.Request, stored: StoredAnswer, body: Feedback) -> None:
    """Press the button of the answer that says the same. `ServiceError` when that is refused."""
    moment = None if body.right is None else body.right.stated()
    text = " — ".join(part for part in (str(moment or ""), (body.text or "").strip()) if part)
    verb = Verb.RIGHT if body.scene is not None else Verb.OTHER if text else Verb.NONE
    action = Action(verb, stored.id, body.scene or 0)
    press = ButtonPress(str(action), client_of(request).user, CHAT, stored.facts.locale, text, moment)
    reply = await request.app[SERVICES].handler.press(press)
    if reply.tone in {Tone.REFUSED, Tone.FAILED}:
        raise ServiceError(reply.title)


async def stored_answer(request: web.Request) -> StoredAnswer:
    """The answer that the route names; `HTTPNotFound` when there is none, or no longer."""
    answer_id = AnswerId(request.match_info["answer_id"])
    stored = await asyncio.to_thread(request.app[SERVICES].answers.get, answer_id)
    if stored is None:
        raise web.HTTPNotFound(text="There is no such answer, or no longer.")
    return stored
