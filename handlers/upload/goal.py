"""Where something goes that is sent: into the drive or to Mika, and what a video is to be there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from handlers import problems
from handlers.filekinds import FILMS
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.upload.views import UploadState
from services.drive import Entry
from services.mika.videos import path_to
from services.names import Service
from services.saving.trees import clean_path
from services.uploads import About, Source, Upload
from services.uploads.mika import first_of

ROUTE = "upload"


def is_video(name: str, mime: str | None) -> bool:
    """Tell whether a file is a film by its name or its kind."""
    return PurePosixPath(name).suffix.lower().removeprefix(".") in FILMS or (mime or "").startswith("video/")


def shows_video(source: Source) -> bool:
    """Tell whether a source is a film, as far as it can be told before it is opened."""
    name = source.name
    if not name and source.kind == "url":
        with suppress(ValueError):
            name = unquote(urlsplit(source.ref).path)
    return is_video(name, source.mime)


async def goal(scene: Scene[Any], source: Source) -> Service | None:
    """Return where a source goes: where the last one went; None where the person has to say."""
    uploads, drive, mika = scene.services.uploads, Service.DISKTOP, Service.MIKA
    if not shows_video(source) or not await uploads.ready(scene.user_id, mika):
        return drive
    if not await uploads.ready(scene.user_id, drive):
        return mika
    last = [view.upload for view in await uploads.of(scene.user_id) if _chosen(view.upload)]
    return Service(max(last, key=lambda one: one.created_at).service) if last else None


def _chosen(upload: Upload) -> bool:
    # A file of the drive has only one place to go.
    return upload.source.kind != "drive" and shows_video(
        upload.source.model_copy(update={"name": upload.name or upload.source.name})
    )


async def choices(scene: Scene[Any], upload: Upload) -> Service | None:
    """Return where else an upload under way could go."""
    if upload.source.kind == "drive" or not _chosen(upload):
        return None
    other = Service.DISKTOP if upload.service == Service.MIKA else Service.MIKA
    return other if await scene.services.uploads.ready(scene.user_id, other) else None


async def place(scene: Scene[Any], service: Service, folder: str | None = None) -> str:
    """Return what is kept of where something goes: a folder, or what a video is to be."""
    if service is Service.MIKA:
        return (await _about(scene)).written()
    return clean_path(folder or scene.person.preferences.default_folder)


async def _about(scene: Scene[Any]) -> About:
    """Return what is said of a video from the start: the category of the last one, else the first."""
    for view in await scene.services.uploads.of(scene.user_id):
        last = view.upload.about
        if last is not None and last.category_id is not None:
            return About(category_id=last.category_id, category=last.category)
    try:
        tree = await scene.services.videos.categories(scene.user_id)
    except problems.KNOWN:
        # The site files it by itself then, or says what it does not like.
        return About()
    found = first_of(tree)
    way = path_to(tree, found) if found is not None else ()
    return About(category_id=found, category=" › ".join(one.name for one in way))


async def from_drive(scene: Scene[Any], file: Entry, mime: str | None = None) -> Switch:
    """Put a file of the drive into the queue for Mika; the card goes on as the upload's."""
    if scene.card is None:
        raise InvalidPress("mika")
    source = Source(
        kind="drive", ref=str(file.id), name=file.name, size=file.size, mime=mime, owner=scene.user_id
    )
    where = await place(scene, Service.MIKA)
    made = await scene.services.uploads.add(
        scene.user_id, scene.chat_id, source, where, card_id=scene.card.id, service=Service.MIKA
    )
    return Switch(ROUTE, UploadState(upload_id=made.id))
