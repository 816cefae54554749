"""One video: its cover, what is known of it, the play list, and what can be done with it."""

from __future__ import annotations

from clients.errors import NotFound
from clients.mika.models import Category, Video
from handlers import problems
from handlers.scenes import Route, Scene, Switch
from handlers.texts import Html
from handlers.videos.form import form_of
from handlers.videos.state import DELETE, EDIT, VIDEO as NAME, VideoState, advice
from handlers.videos.views import facts, play_buttons, title_of
from handlers.views import Press, Row, View, opens
from services.mika.videos import path_to


async def show(scene: Scene[VideoState]) -> View:
    """Show a video."""
    state, say = scene.state, scene.say
    try:
        found = await find(scene)
    except NotFound:
        return View(Html("\n".join([*_said(state), say("video.gone")])), (_ways(scene),))
    lines = [*_said(state), *facts(scene, found, await _way(scene, found))]
    client = scene.services.videos.client()
    play, cover = client.link(found.play_url), client.link(found.cover)
    if play is None:
        lines += [Html(""), say("video.not_yet")]
    acting = [Press(say.label("button.edit"), "edit"), Press(say.label("button.delete"), "delete")]
    picture = cover if cover is not None and opens(cover) else None
    return View(Html("\n".join(lines)), [play_buttons(say, play), acting, _ways(scene)], picture=picture)


async def find(scene: Scene[VideoState]) -> Video:
    """Ask for the video."""
    return await scene.services.videos.call(
        scene.user_id, lambda client, who: client.video(who, scene.state.id)
    )


async def _way(scene: Scene[VideoState], found: Video) -> tuple[Category, ...]:
    """Return the way to its category; a tree that does not come hides no video."""
    if found.category is None:
        return ()
    try:
        return path_to(await scene.services.videos.categories(scene.user_id), found.category.id)
    except problems.KNOWN:
        return ()


def _said(state: VideoState) -> list[Html]:
    return [Html(f"{state.said}\n")] if state.said else []


def _ways(scene: Scene[VideoState]) -> Row:
    say = scene.say
    return [
        Press(say.label("button.refresh"), "refresh"),
        Press(say.label("button.back"), "back"),
        Press(say.label("button.close"), "close"),
    ]


async def refresh(scene: Scene[VideoState], _arg: str) -> VideoState:
    """Ask once more."""
    return scene.state.model_copy(update={"said": ""})


async def edit(scene: Scene[VideoState], _arg: str) -> Switch:
    """Go on to changing it."""
    found = await find(scene)
    return Switch(EDIT, form_of(scene, found))


async def delete(scene: Scene[VideoState], _arg: str) -> Switch:
    """Ask whether to delete it."""
    found = await find(scene)
    target = scene.home.routes.cards[DELETE]
    more = {"title": title_of(scene.say, found), "size": found.file_size}
    return Switch(DELETE, target.load({**scene.state.model_dump(mode="json"), "said": "", **more}))


async def back(scene: Scene[VideoState], _arg: str) -> Switch:
    """Return to the list."""
    return scene.switch(scene.state.route, scene.state.back)


VIDEO: Route[VideoState] = Route(
    NAME,
    VideoState,
    show,
    {"refresh": refresh, "edit": edit, "delete": delete, "back": back},
    advice=advice,
    private=True,
)
