"""A search over HTTP: from a request's body and query to an answer, within the client's quota."""

import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.dispatch.picture_answers import SearchAnswer
from bot.http_adapter.client_address import PLATFORM
from bot.http_adapter.clients import Client
from bot.http_adapter.services import SERVICES
from bot.messages import Chat, ChatKind, Options, PictureUrl, Reply, Request, RequestId, Upload
from core.domain import SearchFilter

CHAT = Chat(ChatKind.PRIVATE, upload_limit_bytes=25 << 20)
"""Where an answer over HTTP goes: to one reader."""


def search_request(
    client: Client,
    picture: Upload | PictureUrl,
    where: SearchFilter,
    *,
    locale: str = "",
    notify: Callable[[Reply], Awaitable[None]] | None = None,
) -> Request:
    """The dispatcher's request of a client's picture."""
    return Request(
        id=RequestId(f"{PLATFORM}:{uuid.uuid4().hex}"),
        user=client.user,
        chat=CHAT,
        locale=locale,
        pictures=(picture,),
        options=Options(where=where),
        notify=notify,
    )


async def answered(request: web.Request, client: Client, search: Request) -> SearchAnswer:
    """The answer to a search, counted against the client's quota. Raises what the dispatcher and the quota raise."""
    services = request.app[SERVICES]
    with services.quota.search(client.user, client.allowance):
        return await services.search.search(search)
