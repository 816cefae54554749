"""The users' side: what people do in their Telegram apps, as a small JSON API."""

from starlette.routing import BaseRoute, Mount

from sandbox.telegram.app import asking, control, grouping, sending, talking, watching
from sandbox.telegram.state import Telegram


def routes(tg: Telegram) -> list[BaseRoute]:
    """Return the routes under /app."""
    table: list[BaseRoute] = [Mount("/control", routes=control.routes(tg))]
    for part in (watching, talking, sending, asking, grouping):
        table += part.routes(tg)
    return [Mount("/app", routes=table)]
