"""Delete a video: says which, and asks."""

from __future__ import annotations

from clients.errors import NotFound
from handlers.scenes import Route, Scene, Switch
from handlers.sizes import size
from handlers.texts import Html, bold
from handlers.videos.state import DELETE, VIDEO, VideoState, advice
from handlers.views import Press, View


class VideoDeleteState(VideoState):
    """The video that is to be deleted."""

    title: str = ""
    size: int = 0


async def show(scene: Scene[VideoDeleteState]) -> View:
    """Show what would be deleted."""
    say, state = scene.say, scene.state
    lines = [say("video.delete_ask", title=bold(state.title))]
    if state.size:
        lines.append(say("video.delete_size", size=size(state.size)))
    lines.append(say("video.delete_final"))
    row = [Press(say.label("button.delete_it"), "sure"), Press(say.label("button.cancel"), "back")]
    return View(Html("\n".join(lines)), (row,))


async def sure(scene: Scene[VideoDeleteState], _arg: str) -> Switch:
    """Delete it, and tell so on the list."""
    state, say = scene.state, scene.say
    done = "video.deleted"
    try:
        await scene.services.videos.call(
            scene.user_id, lambda client, who: client.delete_video(who, state.id)
        )
    except NotFound:
        done = "video.was_gone"
    said = say(done, title=bold(state.title))
    return scene.switch(state.route, {**state.back, "said": said})


async def back(scene: Scene[VideoDeleteState], _arg: str) -> Switch:
    """Delete nothing."""
    state = scene.state
    return Switch(VIDEO, VideoState(id=state.id, route=state.route, back=state.back))


DELETE_VIDEO: Route[VideoDeleteState] = Route(
    DELETE, VideoDeleteState, show, {"sure": sure, "back": back}, advice=advice, private=True
)
