"""Routes of the API."""

from pathlib import Path
from typing import Final

from aiohttp import web

from bot.http_adapter.api.answers import answer, feedback
from bot.http_adapter.api.search import search
from bot.http_adapter.api.shows import shows, suggestions
from bot.http_adapter.health_routes import health

DESCRIPTION: Final = Path(__file__).with_name("openapi.yaml").read_text("utf-8")
"""The description of this API, OpenAPI 3.1."""


async def openapi(_request: web.Request) -> web.Response:
    """The description."""
    return web.Response(text=DESCRIPTION, content_type="application/yaml")


ROUTES: Final = (
    web.post("/api/v1/search", search),
    web.get("/api/v1/answers/{answer_id}", answer),
    web.post("/api/v1/answers/{answer_id}/feedback", feedback),
    web.get("/api/v1/shows", shows),
    web.get("/api/v1/shows/suggestions", suggestions),
    web.get("/api/v1/health", health),
    web.get("/api/v1/openapi.yaml", openapi),
)
