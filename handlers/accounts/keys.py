"""ACGBT's keys: what each may do, a new one whose secret is shown once, and the linked one replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.acgbt.models import Key, NewKey
from clients.credentials import ApiKey, Credential
from clients.errors import Rejected
from handlers import cards, fieldask, problems
from handlers.accounts.state import LIMITS, RIGHTS, AcgbtState
from handlers.linking.keys import site_of
from handlers.linking.secrets import hinted
from handlers.messages import display
from handlers.overview import rights
from handlers.problems import service_name
from handlers.scenes import Act, InvalidPress, Scene, Switch, number
from handlers.shares.steps import certain
from handlers.texts import Html, code
from handlers.views import Button, Copy, Open, Press, Row, View, copies, opens
from services.names import Service
from services.notices import card_changed

MOST_SHOWN = 15
NAME_LIMIT = 50
# A secret that nobody pressed away goes by itself.
SHOWN_SECONDS = 600.0


async def show_keys(scene: Scene[AcgbtState]) -> View:
    """List the keys with what they may do; the linked one is marked."""
    say, client = scene.say, scene.services.require_acgbt()
    listed = await scene.services.credentials.call(scene.user_id, Service.ACGBT, client.keys)
    own = await scene.services.credentials.maybe(scene.user_id, Service.ACGBT)
    parts = [Html(scene.state.said)] if scene.state.said else []
    parts += [say("acgbt.keys"), *(_line(scene, key, own) for key in listed[:MOST_SHOWN])]
    if len(listed) > MOST_SHOWN:
        parts.append(say("acgbt.more_keys", n=len(listed) - MOST_SHOWN))
    return View(Html("\n\n".join(parts)), _key_rows(scene))


def _line(scene: Scene[AcgbtState], key: Key, own: Credential | None) -> Html:
    say = scene.say
    head = say("acgbt.key", name=key.name or hinted(key.api_key), key=code(hinted(key.api_key)))
    facts = [rights(say, key.permissions), say("acgbt.limit", n=key.rate_limit)]
    if isinstance(own, ApiKey) and own.key == key.api_key:
        facts.append(say("acgbt.linked_key"))
    return Html(f"{head}\n{' · '.join(facts)}")


def _word(right: str) -> str:
    return "all" if right == "*" else right


def _key_rows(scene: Scene[AcgbtState]) -> list[Row]:
    say, site = scene.say, site_of(scene, Service.ACGBT)
    make: list[Button] = [Press(say.label("button.new_key"), "new")]
    if not scene.state.old:
        make.append(Press(say.label("button.rotate"), "rotate"))
    rows: list[Row] = [make]
    if scene.state.old and opens(site):
        rows.append([Open(say.label("button.site", service=service_name(say, Service.ACGBT)), site)])
    return [*rows, [Press(say.label("button.back"), "profile")]]


def show_draft(scene: Scene[AcgbtState]) -> View:
    """Show what a new key will be, with buttons to change it."""
    say, state = scene.say, scene.state
    lines = [
        say("acgbt.new_key"),
        say("acgbt.draft.name", name=state.name),
        say("acgbt.draft.rights", rights=rights(say, state.rights)),
        say("acgbt.draft.limit", n=state.limit),
    ]
    lines += [say.either(f"acgbt.fault.{name}", "acgbt.fault", words=w) for name, w in state.faults.items()]
    allowed: list[Button] = [
        Press(
            ("☑️ " if right in state.rights else "◻️ ") + say.label(f"acgbt.right.{_word(right)}"),
            "right",
            right,
        )
        for right in RIGHTS
    ]
    limits: list[Button] = [
        Press(("☑️ " if limit == state.limit else "") + say.label("acgbt.limit", n=limit), "limit", str(limit))
        for limit in LIMITS
    ]
    name = Press(say.label("button.key_name"), "name")
    last = [Press(say.label("button.make_key"), "create"), Press(say.label("button.back"), "keys")]
    return View(Html("\n".join(lines)), (allowed, limits, [name], last))


async def to_keys(scene: Scene[AcgbtState], _arg: str) -> AcgbtState:
    """Show the keys."""
    return scene.state.turned("keys")


async def to_new(scene: Scene[AcgbtState], _arg: str) -> AcgbtState:
    """Begin the draft of a key."""
    name = scene.state.name or scene.say.label("acgbt.key_name")
    return scene.state.turned("new", name=name)


async def toggle(scene: Scene[AcgbtState], arg: str) -> AcgbtState:
    """Give a right to the draft or take it away; everything leaves room for nothing else."""
    if arg not in RIGHTS:
        raise InvalidPress(arg)
    had = scene.state.rights
    if arg == "*":
        chosen: tuple[str, ...] = ("read",) if "*" in had else ("*",)
    else:
        kept = tuple(right for right in had if right not in ("*", arg))
        chosen = kept if arg in had else (*kept, arg)
    return scene.state.turned("new", rights=chosen or ("read",))


async def pick_limit(scene: Scene[AcgbtState], arg: str) -> AcgbtState:
    """Choose how many calls a minute the draft allows."""
    if number(arg) not in LIMITS:
        raise InvalidPress(arg)
    return scene.state.turned("new", limit=number(arg))


async def ask_name(scene: Scene[AcgbtState], _arg: str) -> Switch:
    """Ask for the draft's name."""
    question = scene.say("acgbt.ask_name")
    return await fieldask.ask(scene, "name", "named", question, most=NAME_LIMIT, old=scene.state.name)


async def named(scene: Scene[AcgbtState], _arg: str) -> AcgbtState:
    """Take the name that was typed."""
    return scene.state.turned("new")


async def create(scene: Scene[AcgbtState], _arg: str) -> AcgbtState | None:
    """Make the key, and show its secret until it is pressed away; nothing here remembers it."""
    state, client = scene.state, scene.services.require_acgbt()
    if state.making:
        return _doubtful(scene)
    if state.page != "new":
        # Pressed twice: the key is made, and its secret stands on the card this once.
        raise InvalidPress("create")
    if not await _begin(scene):
        return None
    try:
        made = await scene.services.credentials.call(
            scene.user_id,
            Service.ACGBT,
            lambda who: client.create_key(who, state.name, state.rights, state.limit),
        )
    except Rejected as error:
        faults = dict(error.fields) or {"": error.message or ""}
        await _settle(scene, state.turned("new", faults=faults))
        return None
    except problems.KNOWN as error:
        await _failed(scene, error, state.turned("new"))
        return None
    if scene.card is not None:
        await _forget_later(scene, scene.card.id)
        await display(scene.home, scene.card, secret_view(scene, made))
        # Not before: a press that comes again because nothing could be shown is told to look for the key.
        await cards.amend(scene.home, scene.card.id, lambda _: state.turned("keys"))
    return None


def secret_view(scene: Scene[AcgbtState], made: NewKey) -> View:
    """Show a key that was just made, with its secret behind a button."""
    say = scene.say
    text = say("acgbt.made", name=made.name or scene.state.name, minutes=int(SHOWN_SECONDS // 60))
    rows: list[Row] = []
    for name, value in (("key", made.api_key), ("secret", made.api_secret)):
        if copies(value):
            rows.append([Copy(say.label(f"button.copy_{name}"), value)])
        else:
            text = Html(f"{text}\n{code(value, len(value))}")
    return View(text, [*rows, [Press(say.label("button.copied"), "keys")]])


async def _forget_later(scene: Scene[AcgbtState], card_id: str) -> None:
    at = scene.services.clock.now() + SHOWN_SECONDS
    await scene.services.db.write(lambda tx: card_changed(tx, scene.user_id, card_id, now=at))


async def rotate(scene: Scene[AcgbtState], _arg: str) -> AcgbtState | None:
    """Replace the linked key by a new one with the same rights, and name the old one."""
    if scene.state.making:
        return _doubtful(scene)
    if scene.state.old:
        # Pressed twice: it was replaced the first time, and the card names the old one.
        return scene.state
    if not await _begin(scene):
        return None
    try:
        old = await scene.services.signins.rotate(scene.user_id, scene.say.label("acgbt.key_name"))
    except problems.KNOWN as error:
        await _failed(scene, error, scene.state.turned("keys"))
        return None
    said = scene.say("acgbt.rotated", old=code(hinted(old)))
    await _settle(scene, scene.state.turned("keys", said=said, old=hinted(old)))
    return None


async def _begin(scene: Scene[AcgbtState]) -> bool:
    """Note that a key is being made: a press that comes again after a crash must not make a second."""
    if scene.card is None:
        raise InvalidPress("create")
    marked = scene.state.model_copy(update={"making": True})
    return await cards.amend(scene.home, scene.card.id, lambda _: marked) is not None


async def _failed(scene: Scene[AcgbtState], error: Exception, back: AcgbtState) -> None:
    """Tell of a failure: after a clear one it can be tried again, after a doubtful one the list tells."""
    if not certain(error):
        await _settle(scene, _doubtful(scene))
        return
    if scene.card is not None:
        await cards.amend(scene.home, scene.card.id, lambda _: back)
    raise error


def _doubtful(scene: Scene[AcgbtState]) -> AcgbtState:
    return scene.state.turned("keys", said=scene.say("acgbt.doubt"), old="?")


async def _settle(scene: Scene[AcgbtState], state: AcgbtState) -> None:
    """Keep and show a state: it has changed since the press, so the press itself cannot."""
    if scene.card is not None:
        await cards.amend(scene.home, scene.card.id, lambda _: state)
        await cards.refresh(scene.home, scene.card.id)


ACTIONS: Mapping[str, Act[Any]] = {
    "keys": to_keys,
    "new": to_new,
    "right": toggle,
    "limit": pick_limit,
    "name": ask_name,
    "named": named,
    "create": create,
    "rotate": rotate,
}
