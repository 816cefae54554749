"""The stand-in of Disk.Top: OAuth with PKCE, device code, shares, files."""

from functools import partial

from starlette.routing import BaseRoute, Mount, Route

from sandbox.consent import sign_in_route
from sandbox.disktop import content, device, files, oauth, page, shares, uploads, users
from sandbox.disktop.door import route
from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /disktop."""
    bytes_of = partial(content.download, world)
    return [
        Mount(
            "/disktop",
            routes=[
                sign_in_route(world),
                Route("/oauth/authorize", partial(page.authorize, world), methods=["GET", "POST"]),
                Route("/oauth/device", partial(page.device, world), methods=["GET", "POST"]),
                Route("/oauth/token", partial(oauth.token, world), methods=["POST"]),
                Route("/oauth/device-code", partial(device.begin, world), methods=["POST"]),
                Route("/oauth/device-token", partial(device.poll, world), methods=["POST"]),
                *_users_and_shares(world),
                *_files(world),
                Route("/v1/internal/openapi/share-download/{surl}/{id:int}", bytes_of),
                Route("/dl/{id:int}", bytes_of),
                Route("/hls/{id:int}/segment{number:int}.ts", partial(content.segment, world)),
                Route("/hls/{id:int}/{name}", partial(content.playlist, world)),
                Route("/cover/{id:int}/cover.png", content.cover),
            ],
        ),
        *uploads.routes(world),
    ]


def _users_and_shares(world: World) -> list[Route]:
    share = "/v1/share/{surl}"
    return [
        route(world, "/v1/user/info", "GET", users.info),
        route(world, "/v1/user/quota", "GET", users.quota),
        route(world, "/v1/user/share-enable", "POST", users.share_enable),
        route(world, f"{share}/verify-pwd", "POST", shares.verify),
        route(world, f"{share}/info", "GET", shares.info),
        route(world, f"{share}/files", "GET", shares.files),
        route(world, f"{share}/transfer", "POST", shares.transfer),
        route(world, f"{share}/stream", "GET", shares.stream),
        route(world, f"{share}/video-meta", "GET", shares.video_meta),
        route(world, f"{share}/download", "GET", shares.download),
    ]


def _files(world: World) -> list[Route]:
    return [
        route(world, "/v1/files", "GET", files.listing),
        route(world, "/v1/files/search", "GET", files.search),
        route(world, "/v1/files/folder", "POST", files.new_folder),
        route(world, "/v1/files/manage", "POST", files.manage),
        route(world, "/v1/files/upload/precreate", "POST", uploads.precreate),
        route(world, "/v1/files/{id:int}", "GET", files.meta),
        route(world, "/v1/files/{id:int}/download", "GET", files.download),
        route(world, "/v1/files/{id:int}/stream", "GET", files.stream),
    ]
