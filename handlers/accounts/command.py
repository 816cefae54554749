"""/accounts: what is linked, what it may do, what is left of it."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Update

from handlers import cards, commands, overview
from handlers.accounts import state as accountstate
from handlers.accounts.state import AccountsState, AcgbtState, MikaState
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext
from handlers.linking import command as linking, state as linkstate
from handlers.overview import Account
from handlers.problems import service_name
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.texts import Html
from handlers.views import Press, Row, View, grid
from services.names import Service


async def show(scene: Scene[AccountsState]) -> View:
    """Show every account with its scopes, points and space."""
    known = await overview.accounts(scene)
    shown = overview.wanted(known)
    blocks = ["\n".join(overview.lines(scene, account, details=True)) for account in shown]
    rest = [account for account in known if account not in shown and account.on]
    blocks += [scene.say("accounts.unlinked", services=_names(scene, rest))] if rest else []
    text = Html("\n\n".join([scene.say("accounts.title"), *blocks]))
    linked = [_buttons(scene, account) for account in shown if account.on and account.link is not None]
    missing = [_link(scene, account) for account in known if account.on and account.link is None]
    return View(text, [*linked, *grid(missing, 2), [Press(scene.say.label("button.close"), "close")]])


def _names(scene: Scene[AccountsState], some: Sequence[Account]) -> str:
    return " · ".join(service_name(scene.say, account.service) for account in some)


def _link(scene: Scene[AccountsState], account: Account) -> Press:
    name = service_name(scene.say, account.service)
    return Press(scene.say.label("button.link", service=name), "link", account.service)


def _buttons(scene: Scene[AccountsState], account: Account) -> Row:
    say, service = scene.say, account.service
    name = service_name(say, service)
    if service in DETAILS:
        return [Press(say.label("button.details", service=name), "details", service)]
    relink = Press(say.label("button.relink", service=name), "link", service)
    return [relink, Press(say.label("button.unlink", service=name), "unlink", service)]


async def link(scene: Scene[AccountsState], arg: str) -> Switch:
    """Go on to linking a service."""
    return await linking.way(scene, arg)


async def unlink(_scene: Scene[AccountsState], arg: str) -> Switch:
    """Go on to unlinking a service."""
    return Switch(linking.UNLINK.name, linking.UnlinkState(service=linkstate.service_of(arg)))


async def details(_scene: Scene[AccountsState], arg: str) -> Switch:
    """Go on to one account's own card."""
    if arg not in DETAILS:
        raise InvalidPress(arg)
    name, state = DETAILS[Service(arg)]
    return Switch(name, state)


# The accounts with a card of their own.
DETAILS: dict[Service, tuple[str, State]] = {
    Service.ACGBT: (accountstate.ACGBT, AcgbtState()),
    Service.MIKA: (accountstate.MIKA, MikaState()),
}
ACCOUNTS = Route(
    accountstate.ACCOUNTS,
    AccountsState,
    show,
    {"link": link, "unlink": unlink, "details": details},
    private=True,
)


async def accounts(update: Update, context: LinkHiveContext) -> None:
    """Show the linked accounts."""
    await cards.begin(update, context, ACCOUNTS, AccountsState())


def register(home: LinkHiveApplication) -> None:
    """Offer the accounts."""
    home.card(ACCOUNTS)
    commands.add(home, "accounts", accounts, private=True)
