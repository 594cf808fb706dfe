"""Routes of the pages."""

from typing import Final

from aiohttp import web

from bot.http_adapter.pages.feedback_page import feedback_page
from bot.http_adapter.pages.library_page import library_page
from bot.http_adapter.pages.page_language import choose_language
from bot.http_adapter.pages.scene_page import scene_page
from bot.http_adapter.pages.search_page import answer_page, search, search_form
from bot.http_adapter.pages.static_files import static_file

ROUTES: Final = (
    web.get("/", search_form),
    web.post("/", search),
    web.get("/scene/{answer_id}/{index:[0-9]{1,4}}", scene_page),
    web.get("/answers/{answer_id}", answer_page),
    web.post("/answers/{answer_id}/feedback", feedback_page),
    web.get("/library", library_page),
    web.get("/language", choose_language),
    web.get("/static/{name}", static_file),
    web.get("/static/{version}/{name}", static_file),
)
