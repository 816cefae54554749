"""The notice that a video that was uploaded can be played, for people whose account shows no tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.scenes import OutgoingCard, Scene
from handlers.texts import bold, escape
from handlers.upload.mikaviews import TITLE_SHOWN
from handlers.videos.state import VIDEO, VideoState
from handlers.views import Press, View


async def ready(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard:
    """Tell of the end; the card goes on as the video's."""
    say, kind = scene.say, "failed" if payload["state"] == "failed" else "ready"
    text = say(f"upload.mika.told_{kind}", title=bold(escape(str(payload["title"]), TITLE_SHOWN)))
    row = [Press(say.label("button.to_video"), "refresh"), Press(say.label("button.close"), "close")]
    return OutgoingCard(VIDEO, VideoState(id=int(payload["video_id"] or 0)), View(text, (row,)))
