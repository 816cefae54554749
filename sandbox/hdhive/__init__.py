"""The stand-in of HDHive: OAuth, 15 business endpoints, the consent page."""

from functools import partial

from starlette.routing import BaseRoute, Mount, Route

from sandbox.consent import sign_in_route
from sandbox.hdhive import account, oauth, page, resources, shares, unlock
from sandbox.hdhive.door import business, for_app, route
from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /hdhive."""
    consent = partial(page.authorize, world)
    return [
        Mount(
            "/hdhive",
            routes=[
                sign_in_route(world),
                Route("/openapi/authorize", consent, methods=["GET", "POST"]),
                Mount("/api/public/openapi/oauth", routes=[*_oauth(world), route(world, "/{rest:path}", {})]),
                Mount("/api/open", routes=[*_open(world), route(world, "/{rest:path}", {})]),
            ],
        )
    ]


def _oauth(world: World) -> list[Route]:
    return [
        route(world, "/authorize", {"GET": oauth.preview, "POST": oauth.confirm}),
        route(world, "/token", {"POST": oauth.token}),
        route(world, "/refresh", {"POST": oauth.refresh}),
        route(world, "/revoke", {"POST": oauth.revoke}),
    ]


def _open(world: World) -> list[Route]:
    own = {
        "GET": business("GET /shares", "write", shares.mine),
        "POST": business("POST /shares", "write", shares.create),
    }
    one = {
        "GET": business("GET /shares/:slug", "query", resources.share),
        "PATCH": business("PATCH /shares/:slug", "write", shares.change),
        "DELETE": business("DELETE /shares/:slug", "write", shares.delete),
    }
    title = business("GET /resources/:type/:tmdb_id", "query", resources.of_title)
    check = business("POST /check/resource", "query", resources.check)
    buy = business("POST /resources/unlock", "unlock", unlock.unlock)
    me = business("GET /me", "vip", account.me, premium=True)
    daily = business("POST /checkin", "vip", account.checkin, premium=True)
    weekly = business("GET /vip/weekly-free-quota", "vip", account.weekly_free_quota, premium=True)
    return [
        route(world, "/ping", {"GET": for_app("GET /ping", account.ping)}),
        route(world, "/quota", {"GET": for_app("GET /quota", account.quota)}),
        route(world, "/usage", {"GET": for_app("GET /usage", account.usage)}),
        route(world, "/usage/today", {"GET": for_app("GET /usage/today", account.usage_today)}),
        route(world, "/resources/unlock", {"POST": buy}),
        route(world, "/resources/{type}/{tmdb_id}", {"GET": title}),
        route(world, "/shares", own),
        route(world, "/shares/{slug}", one),
        route(world, "/check/resource", {"POST": check}),
        route(world, "/me", {"GET": me}),
        route(world, "/checkin", {"POST": daily}),
        route(world, "/vip/weekly-free-quota", {"GET": weekly}),
    ]
