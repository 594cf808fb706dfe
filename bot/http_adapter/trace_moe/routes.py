"""Routes of trace.moe's wire, at the root as its clients expect them."""

from typing import Final

from aiohttp import web

from bot.http_adapter.trace_moe.account import me
from bot.http_adapter.trace_moe.anilist import show_by_number, shows_by_name
from bot.http_adapter.trace_moe.search import search
from bot.http_adapter.trace_moe.statistics import stats, status

ROUTES: Final = (
    web.route("*", "/search", search),
    web.get("/me", me),
    web.get("/anilist", shows_by_name),
    web.post("/anilist", show_by_number),
    web.get("/status", status),
    web.get("/stats", stats),
)
