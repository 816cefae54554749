"""The bell: be told of the end of a task, or of every task."""

from __future__ import annotations

from typing import Any

from handlers.scenes import InvalidPress, Scene
from handlers.texts import Html
from services.mika.transcoding import Wish


async def ring(scene: Scene[Any], wish: Wish, arg: str) -> Html:
    """Begin or end to tell of what is wished; returns what is to be said of it."""
    if arg not in ("on", "off"):
        raise InvalidPress(arg)
    if arg == "on":
        # Whoever may not look at tasks is told so now, not by silence later.
        await scene.services.videos.manage(scene.user_id, lambda client, who: client.tasks(who, size=1))
        await scene.services.transcoding.watch(wish)
    else:
        await scene.services.transcoding.unwatch(wish)
    return scene.say(f"transcode.bell_{arg}" if wish.task_id else f"transcode.bell_all_{arg}")
