"""A resource's pictures: all of them as one, or one of them large; drawn once and kept for a while."""

from __future__ import annotations

from typing import Any

from clients.acgbt.models import Resource
from handlers import collage
from handlers.scenes import Scene


def known(scene: Scene[Any], resource: Resource) -> bytes | None:
    """Return the picture of all pictures where it was drawn lately."""
    return scene.services.acg.pictures.kept(_key(resource), scene.services.clock.now())


async def draw(scene: Scene[Any], resource: Resource) -> bytes | None:
    """Return the pictures as one, in rows as its author wants; None where none could be had."""
    pictures = scene.services.acg.pictures
    wanted = resource.images[: collage.shown(len(resource.images), resource.image_layout)]
    found = await pictures.fetch(wanted)
    drawn = await collage.collage([one for one in found if one is not None], resource.image_layout)
    if drawn is not None and None not in found:
        pictures.keep(_key(resource), drawn, scene.services.clock.now())
    return drawn


async def one(scene: Scene[Any], resource: Resource, at: int) -> bytes | None:
    """Return one picture large, None where it could not be had."""
    pictures, now = scene.services.acg.pictures, scene.services.clock.now()
    key = (resource.images[at],)
    drawn = pictures.kept(key, now)
    if drawn is not None:
        return drawn
    (data,) = await pictures.fetch(key)
    drawn = None if data is None else await collage.single(data)
    if drawn is not None:
        pictures.keep(key, drawn, now)
    return drawn


def _key(resource: Resource) -> tuple[str, ...]:
    return (str(resource.image_layout), *resource.images)
