"""The stand-in of Mika: logins and keys, videos, uploads, transcoding, statistics, settings."""

from functools import partial

from starlette.routing import BaseRoute, Mount, Route

from sandbox.mika import categories, media, site, transcode, uploads, users, videos
from sandbox.mika.door import admin, open_route, route
from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Return the routes under /mika."""
    api = [*_open(world), *_videos(world), *_admin(world)]
    return [
        Mount(
            "/mika",
            routes=[
                Mount("/api", routes=api),
                Route("/covers/{id:int}.png", media.picture("cover", 640, 360)),
                Route("/avatars/{id:int}.png", media.picture("avatar", 256, 256)),
                Route("/videos/{id:int}/segment{number:int}.ts", media.segment),
                Route("/videos/{id:int}/index.m3u8", partial(media.playlist, world)),
            ],
        )
    ]


def _open(world: World) -> list[Route]:
    return [
        open_route(world, "/auth/login", "POST", users.login),
        open_route(world, "/auth/register", "POST", users.register),
        open_route(world, "/categories", "GET", categories.tree),
    ]


def _videos(world: World) -> list[Route]:
    return [
        route(world, "/user/profile", GET=users.profile, PUT=users.edit_profile),
        route(world, "/videos", GET=videos.listing),
        route(world, "/videos/upload", POST=uploads.whole),
        route(world, "/videos/upload/init", POST=uploads.begin),
        route(world, "/videos/upload/chunk", POST=uploads.chunk),
        route(world, "/videos/upload/complete", POST=uploads.complete),
        route(world, "/videos/{id:int}", GET=videos.detail, PUT=videos.edit, DELETE=videos.delete),
    ]


def _admin(world: World) -> list[Route]:
    tasks, one = "/admin/transcode/tasks", "/admin/transcode/tasks/{id:int}"
    return [
        route(world, "/admin/categories", POST=admin(categories.create)),
        route(
            world,
            "/admin/categories/{id:int}",
            PUT=admin(categories.update),
            DELETE=admin(categories.delete),
        ),
        route(world, tasks, GET=admin(transcode.listing)),
        route(world, one, GET=admin(transcode.detail)),
        route(world, f"{one}/retry", POST=admin(transcode.retry)),
        route(world, f"{one}/cancel", POST=admin(transcode.cancel)),
        route(world, "/admin/statistics/overview", GET=admin(site.overview)),
        route(world, "/admin/statistics/videos", GET=admin(site.videos)),
        route(world, "/admin/statistics/users", GET=admin(site.users)),
        route(world, "/admin/settings", GET=admin(site.settings), PUT=admin(site.update_settings)),
    ]
