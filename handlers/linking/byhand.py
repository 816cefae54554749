"""Grants that only their owner can take back: what is said of them, and where that is done."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.problems import service_name
from handlers.texts import Html, Speaker
from handlers.views import Open, Row

# Of a service without a call for it: where its users take a grant back themselves (its document, Scopes).
BY_HAND = {"disktop": "https://disk.top/user/apps"}


def still(say: Speaker, service: str) -> Html:
    """Say that a service goes on listing the grant."""
    return say("forget.still", service=service_name(say, service))


def ways(say: Speaker, services: Iterable[str]) -> list[Row]:
    """Return the buttons to the pages where grants are taken back, as far as they are known."""
    return [
        [Open(say.label("button.take_back", service=service_name(say, service)), BY_HAND[service])]
        for service in services
        if service in BY_HAND
    ]
