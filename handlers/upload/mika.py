"""What one can do with an upload to Mika: say what the video is to be, send it elsewhere, go on with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from handlers import fieldask
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.texts import bold
from handlers.upload import goal
from handlers.upload.views import UploadState, name_of
from handlers.videos import categories as videocategories
from handlers.videos.state import VIDEO, VideoState
from services.errors import UploadProblem
from services.mika.videos import path_to
from services.uploads import About, Upload
from services.uploads.about import DESCRIPTION_LIMIT, TITLE_LIMIT

Acting = Callable[[Scene[UploadState], str], Awaitable[UploadState | Switch]]


async def own(scene: Scene[UploadState]) -> Upload:
    """Return the upload of a card; raises UploadProblem(unknown) for another person's."""
    found = await scene.services.uploads.get(scene.state.upload_id)
    if found.user_id != scene.user_id:
        raise UploadProblem("unknown")
    return found


async def _about(scene: Scene[UploadState]) -> tuple[Upload, About]:
    upload = await own(scene)
    if upload.about is None:
        raise InvalidPress("about")
    return upload, upload.about


async def title(scene: Scene[UploadState], _arg: str) -> Switch:
    """Ask for the title."""
    upload, about = await _about(scene)
    question = scene.say("upload.mika.ask_title", name=bold(name_of(scene.say, upload)))
    old = about.titled(upload.name) if upload.name or about.title else ""
    return await fieldask.ask(scene, "words", "title_is", question, most=TITLE_LIMIT, old=old)


async def title_is(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Take the title that was sent."""
    words = " ".join(scene.state.words.split())
    if not words:
        raise InvalidPress("title_is")
    return await _say(scene, title=words)


async def about(scene: Scene[UploadState], _arg: str) -> Switch:
    """Ask for the description."""
    upload, known = await _about(scene)
    question = scene.say("upload.mika.ask_words", name=bold(name_of(scene.say, upload)))
    return await fieldask.ask(
        scene,
        "words",
        "about_is",
        question,
        most=DESCRIPTION_LIMIT,
        old=known.description,
        empty=True,
    )


async def about_is(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Take the description that was sent, or none."""
    return await _say(scene, description=scene.state.words.strip())


async def category(scene: Scene[UploadState], _arg: str) -> Switch:
    """Let the person pick the category."""
    _, known = await _about(scene)
    return videocategories.ask(scene, "category", then="category_is", at=known.category_id or 0)


async def category_is(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Take the category that was picked."""
    way = path_to(await scene.services.videos.categories(scene.user_id), scene.state.category)
    if not way:
        raise InvalidPress("category_is")
    return await _say(scene, category_id=way[-1].id, category=" › ".join(one.name for one in way))


async def _say(scene: Scene[UploadState], **changes: Any) -> UploadState:
    upload, known = await _about(scene)
    await scene.services.uploads.following.describe(upload.id, known.model_copy(update=changes))
    return scene.state.model_copy(update={"words": "", "category": 0})


async def elsewhere(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Send it to the other place: this upload ends, another begins on the same card."""
    upload, uploads = await own(scene), scene.services.uploads
    other = await goal.choices(scene, upload)
    if other is None or scene.card is None or upload.stage.over:
        await scene.toast(scene.say.label("upload.mika.too_late"))
        return scene.state
    where = await goal.place(scene, other)
    await uploads.cancel(upload.id)
    source = upload.source.model_copy(update={"name": upload.source.name or upload.name})
    made = await uploads.add(
        scene.user_id, scene.chat_id, source, where, card_id=scene.card.id, service=other
    )
    return UploadState(upload_id=made.id)


async def again(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Have the transcoding tried again, and follow it."""
    upload, _ = await _about(scene)
    await scene.services.uploads.following.again(upload.id)
    return scene.state


async def video(scene: Scene[UploadState], _arg: str) -> Switch:
    """Go on to the video's card."""
    upload, _ = await _about(scene)
    if upload.stored is None or upload.stored.file_id is None:
        raise InvalidPress("video")
    back = scene.state.model_dump(mode="json")
    return Switch(VIDEO, VideoState(id=upload.stored.file_id, route=goal.ROUTE, back=back))


ACTIONS: dict[str, Acting] = {
    "title": title,
    "title_is": title_is,
    "about": about,
    "about_is": about_is,
    "category": category,
    "category_is": category_is,
    "elsewhere": elsewhere,
    "again": again,
    "video": video,
}
