"""The stand-in of ACGBT: resources, comments, publishing, keys, messages, files of the site."""

from functools import partial

from starlette.routing import BaseRoute, Mount, Route

from sandbox.acgbt import account, comments, content, messages, publishing, resources
from sandbox.acgbt.door import route
from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /acgbt; the API lies below /api/v1."""
    api = "/api/v1"
    uploads = Route("/uploads/{folder}/{name}", partial(content.upload, world), methods=["GET"])
    return [
        Mount(
            "/acgbt",
            routes=[
                uploads,
                route(world, api, GET=resources.info),
                route(world, f"{api}/", GET=resources.info),
                *_open(world, api),
                *_own(world, api),
                *_messages(world, api),
                route(world, f"{api}/{{rest:path}}"),
            ],
        )
    ]


def _open(world: World, api: str) -> list[Route]:
    return [
        route(world, f"{api}/resources", GET=resources.listing),
        route(world, f"{api}/resources/{{id:int}}", GET=resources.detail),
        route(world, f"{api}/resources/{{id:int}}/comments", GET=comments.listing),
        route(world, f"{api}/categories", GET=resources.categories),
        route(world, f"{api}/search", GET=resources.search),
    ]


def _own(world: World, api: str) -> list[Route]:
    return [
        route(world, f"{api}/publish", POST=publishing.publish),
        route(world, f"{api}/comments", POST=comments.write),
        route(world, f"{api}/comments/{{id:int}}", DELETE=comments.delete),
        route(world, f"{api}/user/profile", GET=account.profile),
        route(world, f"{api}/user/avatar", POST=account.set_avatar),
        route(world, f"{api}/user/avatar/upload", POST=account.upload_avatar),
        route(world, f"{api}/user/keys", GET=account.keys, POST=account.new_key),
    ]


def _messages(world: World, api: str) -> list[Route]:
    return [
        route(world, f"{api}/messages", GET=messages.listing),
        route(world, f"{api}/messages/unread-count", GET=messages.unread),
        route(world, f"{api}/messages/read-all", POST=messages.mark_all),
        route(world, f"{api}/messages/{{id:int}}", GET=messages.detail),
        route(world, f"{api}/messages/{{id:int}}/read", POST=messages.mark),
    ]
