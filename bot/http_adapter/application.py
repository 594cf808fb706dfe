"""The aiohttp application: every part's routes behind the middlewares, in their order."""

from aiohttp import web

from bot.http_adapter import health_routes, media_routes
from bot.http_adapter.api import routes as api_routes
from bot.http_adapter.middleware.body_limits import BodyMemory, limit_bodies
from bot.http_adapter.middleware.cors import add_cors_headers, cross_origin
from bot.http_adapter.middleware.errors import errors_as_responses
from bot.http_adapter.middleware.host_check import check_host
from bot.http_adapter.middleware.request_limits import RequestLimiter, add_limit_headers, limit_requests
from bot.http_adapter.middleware.security_headers import add_security_headers
from bot.http_adapter.operator.routes import add_operator_page
from bot.http_adapter.pages.api_page import api_page
from bot.http_adapter.pages.error_pages import errors_as_pages
from bot.http_adapter.pages.routes import ROUTES as PAGE_ROUTES
from bot.http_adapter.services import SERVICES, HttpServices
from bot.http_adapter.trace_moe import routes as trace_moe_routes

_FORM_SLACK_BYTES = 1 << 20


def new_application(services: HttpServices) -> web.Application:
    """An application with the parts that the settings switch on; health and metrics are always served."""
    spec = services.spec
    memory = BodyMemory()
    pages = [errors_as_pages] if spec.page else []
    app = web.Application(
        middlewares=[
            cross_origin,
            errors_as_responses,
            *pages,
            limit_requests(RequestLimiter()),
            check_host,
            limit_bodies(memory),
        ],
        client_max_size=spec.picture_limit_bytes + _FORM_SLACK_BYTES,
    )
    app[SERVICES] = services
    app.on_response_prepare.extend([add_security_headers, add_cors_headers, add_limit_headers])
    app.add_routes(health_routes.ROUTES)
    app.add_routes(media_routes.ROUTES)
    if spec.api:
        app.add_routes(api_routes.ROUTES)
        app.add_routes(trace_moe_routes.ROUTES)
    if spec.page:
        app.add_routes(PAGE_ROUTES)
        add_operator_page(app)
    if spec.page and spec.api:
        app.router.add_get("/api", api_page)
    return app
