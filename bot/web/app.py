"""The web application: link pages, webhook, health; one guard around all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.telegram import WEBHOOK_PATH
from bot.web.health import Health
from bot.web.linking import LinkPages
from bot.web.pages import Pages
from bot.web.pictures import PictureFiles
from bot.web.shield import Shield
from bot.web.webhook import Webhook
from services.sentpictures import PATH

Endpoint = Callable[[Request], Awaitable[Response]]
_KEYS = {404: "not_found", 405: "method", 413: "large"}


def build(
    links: LinkPages, health: Health, webhook: Webhook | None, pictures: PictureFiles | None = None
) -> ASGIApp:
    """Return the application; without a webhook its address does not exist, and so without pictures."""
    routes = [
        Route("/link/{ticket}", links.ticket, methods=["GET"]),
        Route("/link/{ticket}", links.bind, methods=["POST"]),
        Route("/oauth/{service}/callback", links.callback, methods=["GET"]),
        Route("/healthz", health.live, methods=["GET"]),
        Route("/readyz", health.ready, methods=["GET"]),
        Route("/metrics", health.scrape, methods=["GET"]),
    ]
    if webhook is not None:
        routes.append(Route(WEBHOOK_PATH, _endpoint(webhook), methods=["POST"]))
    if pictures is not None:
        routes.append(Route(f"{PATH}{{name}}", pictures, methods=["GET"]))
    refuse = _refusals(links.pages, links.bot_url)
    app = Starlette(routes=routes, exception_handlers={HTTPException: refuse, Exception: refuse})
    # A path with a slash too many is a wrong path: Starlette would build a redirect from the Host header.
    app.router.redirect_slashes = False
    return Shield(app, https=links.public_url.startswith("https://"))


def _endpoint(webhook: Webhook) -> Endpoint:
    async def deliver(request: Request) -> Response:
        return await webhook(request)

    return deliver


def _refusals(pages: Pages, bot_url: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refuse(request: Request, error: Exception) -> Response:
        """Draw a page for what went wrong."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        say = pages.speaker(None, request)
        return pages.plain(say, _KEYS.get(status, "error"), status=status, link=bot_url, headers=headers)

    return refuse
