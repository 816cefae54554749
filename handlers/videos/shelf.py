"""What a search finds among the videos of the site."""

from __future__ import annotations

from typing import Any

from clients.mika.models import VideoPage
from handlers.scenes import InvalidPress, Scene, Switch
from handlers.shelves import Hits, Source
from handlers.sizes import length
from handlers.texts import Html, escape
from handlers.videos.state import LIST, VideosState
from handlers.videos.views import title_of
from services.names import Service

FIRST = 3
NAME_LIMIT = 80
QUERY_LIMIT = 100


async def find(scene: Scene[Any], words: str) -> Hits:
    """Look for videos by words."""
    found: VideoPage = await scene.services.videos.call(
        scene.user_id, lambda client, who: client.videos(who, size=FIRST, keyword=words[:QUERY_LIMIT])
    )
    rows = []
    for video in found.items[:FIRST]:
        line = f"🎬 {escape(title_of(scene.say, video), NAME_LIMIT)}"
        rows.append(Html(f"{line} · {length(video.duration)}" if video.duration else line))
    return Hits(max(found.total, len(found.items)), rows)


def card(scene: Scene[Any], words: str) -> Switch:
    """Return the way to the videos with the words."""
    if scene.card is None:
        raise InvalidPress(words)
    origin = scene.state.model_dump(mode="json")
    route = scene.card.route
    return Switch(LIST, VideosState(words=words[:QUERY_LIMIT], origin_route=route, origin=origin))


VIDEOS = Source(Service.MIKA, find, card)
