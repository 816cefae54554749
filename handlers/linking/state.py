"""How far a linking is, by either way, and where each begins."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from handlers import asking
from handlers.overview import LINKED
from handlers.scenes import InvalidPress, Scene, State, Switch
from services.names import Service

# What the words of a person are that answer a card of `linkkey`: never kept as they came.
ASK = "link.secret"
LINK, LINKKEY, CODE = "link", "linkkey", "device"
# How waiting for a code ended.
End = Literal["", "linked", "denied", "expired", "failed", "cancelled", "replaced", "finished"]
Way = Literal["key", "login", "register"]
Step = Literal["api_key", "secret", "username", "email", "invite_code", "password"]
# What each way asks for, in order; what must not be kept comes last.
STEPS: dict[Way, tuple[Step, ...]] = {
    "key": ("api_key", "secret"),
    "login": ("username", "password"),
    "register": ("username", "email", "invite_code", "password"),
}
# The services without OAuth, and how each is linked.
WAYS: dict[Service, tuple[Way, ...]] = {
    Service.ACGBT: ("key",),
    Service.MIKA: ("login", "register", "key"),
}


class LinkState(State):
    """Which service is being linked, and the page where that begins."""

    service: str = ""
    ticket_url: str = ""
    unknown: str = ""
    finished: bool = False


class DeviceState(State):
    """A code that waits to be typed or scanned, and how that ended."""

    user_code: str = ""
    address: str = ""
    complete: str = ""
    expires_at: float = 0.0
    end: End = ""


class KeyState(State):
    """How an account is being linked by hand: no secret, and of a key no more than its ends.

    `faults` are the service's words at each field, `trouble` what else went wrong, and `left` says that a
    message with a secret could not be deleted. `tries` counts answers in a row that came to the same.
    """

    service: str = ""
    way: Way | None = None
    given: dict[str, str] = Field(default_factory=dict)
    faults: dict[str, str] = Field(default_factory=dict)
    trouble: str = ""
    left: bool = False
    tries: int = 0
    linked: bool = False

    @property
    def step(self) -> Step | None:
        """Return what is asked for now."""
        return next((s for s in STEPS[self.way] if s not in self.given), None) if self.way else None

    def fresh(self, **changes: Any) -> KeyState:
        """Return the next state, with what was wrong before forgotten."""
        return self.model_copy(update={"faults": {}, "trouble": "", **changes})

    def counted(self, before: KeyState) -> KeyState:
        """Return the state after an answer, so that one mistake made twice is seen twice."""
        same = self.model_copy(update={"tries": before.tries}) == before
        return self.model_copy(update={"tries": before.tries + 1 if same else 1})


def service_of(arg: str) -> Service:
    """Return a button's service; raises InvalidPress."""
    if arg not in LINKED:
        raise InvalidPress(arg)
    return Service(arg)


async def way(scene: Scene[Any], arg: str) -> Switch:
    """Go on to linking a service on a card that was pressed."""
    service = service_of(arg)
    if service in WAYS:
        return Switch(LINKKEY, await expecting(scene, first(scene, service)))
    return Switch(LINK, await ready(scene, service))


async def ready(scene: Scene[Any], service: Service) -> LinkState:
    """Return the state that leads to a service's consent page, with a new ticket."""
    url = await scene.services.linking.start(
        scene.user_id,
        service,
        display_name=scene.person.user.first_name,
        chat_id=scene.chat_id,
        message_id=scene.card.message_id if scene.card else None,
        language=scene.person.language,
    )
    return LinkState(service=service, ticket_url=url)


def first(scene: Scene[Any], service: Service) -> KeyState:
    """Return where linking by hand begins; raises ServiceOff."""
    services = scene.services
    _ = services.require_acgbt() if service is Service.ACGBT else services.require_mika()
    return KeyState(service=service, way=WAYS[service][0] if len(WAYS[service]) == 1 else None)


async def expecting(scene: Scene[Any], state: KeyState) -> KeyState:
    """Let the next words in this chat answer a card that asks something."""
    if scene.card is not None and state.way is not None and not state.linked:
        await asking.expect(scene, ASK, scene.card.id)
    return state
