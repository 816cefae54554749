"""/start, /help and /cancel."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers import asking, cards, commands, notes, overview, problems
from handlers.accounts import command as accounts
from handlers.accounts.state import AccountsState
from handlers.application import LinkHiveApplication
from handlers.checkin import command as checkin
from handlers.context import LinkHiveContext, chat_of, is_private, user_of
from handlers.linking import command as linking, leaving
from handlers.notes import NoticeState
from handlers.problems import service_name
from handlers.scenes import Route, Scene, State, Switch
from handlers.texts import Html, code
from handlers.views import Button, Inline, Open, Press, Row, View
from storage import dialogs


class PanelState(State):
    """The status panel remembers nothing: it shows what is."""


async def show(scene: Scene[PanelState]) -> View:
    """Show what is linked, the points, the space, and the next step."""
    say = scene.say
    known = await overview.accounts(scene)
    parts = [say("start.hello", name=scene.person.user.first_name), ""]
    shown = overview.wanted(known)
    parts += [line for account in shown for line in overview.lines(scene, account)]
    unlinked = [a.service for a in shown if a.on and (a.link is None or a.link.state != "active")]
    parts += ["", say("start.first_step" if unlinked else "start.ready")]
    rows: list[Row] = [
        [Press(say.label("button.link", service=service_name(say, s)), "link", s)] for s in unlinked
    ]
    to_accounts = "button.accounts" if not unlinked else "button.more_accounts"
    more: list[Button] = [Press(say.label(to_accounts), "accounts")]
    rows.append(more if unlinked else [Press(say.label("button.checkin"), "checkin"), *more])
    rows.append([Inline(say.label("button.search"), ""), Press(say.label("button.help"), "help")])
    return View(Html("\n".join(parts)), rows)


async def start(update: Update, context: LinkHiveContext) -> None:
    """Greet, or do what a deep link asks for."""
    if not is_private(update):
        scene, say = cards.scene_of(update, context, NoticeState()), context.say
        private = Open(say.label("button.private"), context.home.deep_link("start"))
        await notes.tell(scene, say("start.group"), Inline(say.label("button.search"), ""), private)
        return
    payload = (context.args or [""])[0]
    for prefix, callback in context.home.routes.starts.items():
        if payload.startswith(prefix):
            await callback(update, context, payload)
            return
    await cards.begin(update, context, PANEL, PanelState())


class HelpState(State):
    """Which command is explained; empty for the list."""

    topic: str = ""


async def show_help(scene: Scene[HelpState]) -> View:
    """List the commands, or explain one."""
    say, topic, table = scene.say, scene.state.topic, scene.home.routes.commands
    rows: list[Row] = [[Press(say.label("button.close"), "close")]]
    if topic in table:
        back = [Press(say.label("button.back"), "topic"), *rows[0]]
        return View(say(f"help.topic.{topic}"), [back])
    listed = [c.name for c in table.values() if not c.admin]
    lines = [say("help.unknown", command=code(f"/{topic}")), ""] if topic else []
    lines += [say("help.title"), ""]
    lines += [say("help.line", command=Html(name), text=say(f"command.{name}")) for name in listed]
    lines += ["", say("help.plain"), say("help.inline", bot=code(f"@{scene.home.bot.username}"))]
    return View(Html("\n".join(lines)), rows)


async def topic(_scene: Scene[HelpState], arg: str) -> HelpState:
    """Explain another command."""
    return HelpState(topic=arg)


async def help_(update: Update, context: LinkHiveContext) -> None:
    """Explain the commands."""
    asked = (context.args or [""])[0].lstrip("/").lower()
    await cards.begin(update, context, HELP, HelpState(topic=asked))


async def cancel(update: Update, context: LinkHiveContext) -> None:
    """Leave whatever the person was being asked for, and in private every linking under way."""
    user, chat, db = user_of(update).id, chat_of(update).id, context.services.db
    running = await asking.current(update, context)
    if running is not None:
        await db.write(lambda tx: dialogs.end(tx, user, chat))
        asked = await cards.asking(context.home, running)
        leave = context.home.routes.leaves.get(running.kind)
        if asked is not None and leave is not None:
            await leave(context, asked)
        elif asked is not None and asked.route == notes.NOTICE.name:
            await cards.drop(context.home, asked)
    scene, say = cards.scene_of(update, context, NoticeState()), context.say
    left = await leaving.leave(scene) if scene.private else False
    nothing = "cancel.nothing" if scene.private else "cancel.nothing_group"
    key = "cancel.done" if running is not None or left else nothing
    await notes.tell(scene, say(key), Inline(say.label("button.search"), ""))


async def to_link(scene: Scene[PanelState], arg: str) -> Switch:
    """Go on to linking a service."""
    return await linking.way(scene, arg)


async def to_checkin(scene: Scene[PanelState], _arg: str) -> Switch:
    """Check in."""
    return Switch(checkin.CHECKIN.name, await checkin.perform(scene, lucky=False))


async def to_accounts(_scene: Scene[PanelState], _arg: str) -> Switch:
    """Go on to the accounts."""
    return Switch(accounts.ACCOUNTS.name, AccountsState())


async def to_help(_scene: Scene[Any], _arg: str) -> Switch:
    """Go on to the help."""
    return Switch(HELP.name, HelpState())


PANEL = Route(
    "panel",
    PanelState,
    show,
    {"link": to_link, "checkin": to_checkin, "accounts": to_accounts, "help": to_help},
    checkin.advice,
    private=True,
)
HELP = Route("help", HelpState, show_help, {"topic": topic})


def register(home: LinkHiveApplication) -> None:
    """Offer the start panel and the help."""
    home.card(PANEL)
    home.card(HELP)
    home.step(problems.HELP_STEP, to_help)
    commands.add(home, "start", start)
    commands.add(home, "help", help_)
    commands.add(home, "cancel", cancel)
