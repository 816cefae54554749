"""/settings: one private card on which every choice is shown, and changed at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from telegram import Update

from handlers import asking, cards, commands, folderpick
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.files import folder_name
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.settings.habits import INBOX, LANGUAGE, NOTICE, QUIET, WATCH, ZONE
from handlers.settings.hdhive import CHECKIN, LIMIT
from handlers.settings.parts import Field, Section
from handlers.settings.words import (
    checkin_line,
    inbox_line,
    limit_line,
    notices_line,
    quiet_line,
    watch_line,
    zone_line,
)
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid
from services.names import Service
from storage.cards import Card
from storage.dialogs import Dialog

ASK = "settings.value"
SECTIONS: Mapping[str, Section] = {
    "language": LANGUAGE,
    "zone": ZONE,
    "limit": LIMIT,
    "checkin": CHECKIN,
    "notices": NOTICE,
    "watch": WATCH,
    "inbox": INBOX,
    "quiet": QUIET,
}
FOLDER = "folder"


class SettingsState(State):
    """Which section is open, what is being asked for in it, and what was wrong with the last answer."""

    section: str = ""
    asking: str = ""
    fault: str = ""
    folder: str = ""
    """What the folder picker brought."""


async def show(scene: Scene[SettingsState]) -> View:
    """Show all choices, or one section with what can be chosen there."""
    scene = await fresh(scene)
    section = SECTIONS.get(scene.state.section)
    if section is None:
        return await _overview(scene)
    if scene.state.asking:
        return _question(scene, section.field(scene.state.asking))
    return await _section(scene, section)


async def fresh(scene: Scene[Any]) -> Scene[Any]:
    """Return the scene with the choices as they are by now, so that a new language is spoken at once."""
    return replace(scene, person=await scene.services.people.known(scene.user_id))


async def _overview(scene: Scene[SettingsState]) -> View:
    say, chosen, offers = scene.say, scene.person.preferences, scene.services.offers
    lines = [
        say("settings.title"),
        "",
        say("settings.line.language", language=say.label(f"settings.language.{chosen.language or 'auto'}")),
        zone_line(scene),
    ]
    shown = ["language", "zone"]
    if offers(Service.HDHIVE):
        lines += [await limit_line(scene), checkin_line(scene)]
        shown += ["limit", "checkin", "notices"]
        lines.append(notices_line(scene))
    if offers(Service.DISKTOP):
        lines.append(say("settings.line.folder", folder=folder_name(say, chosen.default_folder)))
        shown.append(FOLDER)
    if offers(Service.HDHIVE) or offers(Service.DISKTOP):
        lines.append(watch_line(scene))
        shown.append("watch")
    if offers(Service.ACGBT):
        lines.append(inbox_line(scene))
        shown.append("inbox")
    lines.append(quiet_line(scene))
    shown.append("quiet")
    presses: list[Button] = [Press(say.label(f"settings.button.{name}"), "open", name) for name in shown]
    return View(Html("\n".join(lines)), [*grid(presses, 2), [Press(say.label("button.close"), "close")]])


async def _section(scene: Scene[SettingsState], section: Section) -> View:
    say = scene.say
    lines, choices = await section.draw(scene)
    if scene.state.fault:
        lines.insert(0, say(scene.state.fault))
    typed: list[Button] = [Press(say.label(field.button), "ask", field.name) for field in section.fields]
    return View(Html("\n".join(lines)), [*choices, typed, _ways_out(scene)])


def _ways_out(scene: Scene[SettingsState]) -> Row:
    say = scene.say
    return [Press(say.label("settings.button.all"), "open"), Press(say.label("button.close"), "close")]


def _question(scene: Scene[SettingsState], field: Field) -> View:
    say, lines = scene.say, []
    if scene.state.fault:
        lines.append(say(scene.state.fault))
    lines.append(say(field.question))
    return View(Html("\n".join(lines)), ([Press(say.label("button.cancel"), "look")],))


async def open_section(scene: Scene[SettingsState], arg: str) -> SettingsState | Switch:
    """Go to a section, or back to all of them."""
    if arg == FOLDER:
        scene.services.require_disktop()
        start = scene.person.preferences.default_folder
        purpose = scene.say.label("settings.folder.purpose")
        return folderpick.ask(
            scene.at(SettingsState()), "folder", then="keep_folder", start=start, purpose=purpose
        )
    if arg and arg not in SECTIONS:
        raise InvalidPress(arg)
    return SettingsState(section=arg)


async def choose(scene: Scene[SettingsState], arg: str) -> SettingsState:
    """Keep what a button of the open section stands for."""
    section = SECTIONS.get(scene.state.section)
    if section is None:
        raise InvalidPress(arg)
    await scene.services.people.change(scene.user_id, **section.chosen(arg))
    scene = await fresh(scene)
    await scene.toast(scene.say.label("settings.kept"))
    return SettingsState(section=scene.state.section)


async def keep_folder(scene: Scene[SettingsState], _arg: str) -> SettingsState:
    """Keep the folder that was picked."""
    if not scene.state.folder:
        raise InvalidPress("folder")
    await scene.services.people.change(scene.user_id, default_folder=scene.state.folder)
    await scene.toast(scene.say.label("settings.kept"))
    return SettingsState()


async def ask(scene: Scene[SettingsState], arg: str) -> SettingsState:
    """Ask for a value in words."""
    section = SECTIONS.get(scene.state.section)
    if section is None or scene.card is None:
        raise InvalidPress(arg)
    field = section.field(arg)
    await asking.expect(scene, ASK, scene.card.id)
    return SettingsState(section=scene.state.section, asking=field.name)


async def look(scene: Scene[SettingsState], _arg: str) -> SettingsState:
    """Leave the question."""
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)
    return SettingsState(section=scene.state.section)


async def history(scene: Scene[SettingsState], _arg: str) -> Switch:
    """Go on to what became of the check-ins."""
    return scene.switch("checkins", {})


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take a value that was asked for; the card goes on below it."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != SETTINGS.name:
        return
    state = SETTINGS.load(asked.state)
    scene = cards.scene_of(update, context, state)
    section = SECTIONS.get(state.section)
    if section is None or not state.asking:
        return
    field = section.field(state.asking)
    changes = field.typed(message_of(update).text or "")
    if changes is None:
        scene = scene.at(state.model_copy(update={"fault": field.fault}))
    else:
        await scene.services.people.change(scene.user_id, **changes)
        scene = scene.at(SettingsState(section=state.section))
    card = await cards.post(scene, SETTINGS.name, await cards.shown(SETTINGS, scene))
    if changes is None:
        await asking.expect(scene, ASK, card.id)


async def left(context: LinkHiveContext, asked: Card) -> None:
    """Show the section again without its question, after /cancel."""
    if asked.route == SETTINGS.name:
        await cards.turn(context.home, asked, SettingsState(section=SETTINGS.load(asked.state).section))


SETTINGS = Route(
    "settings",
    SettingsState,
    show,
    {
        "open": open_section,
        "set": choose,
        "ask": ask,
        "look": look,
        "keep_folder": keep_folder,
        "history": history,
    },
    private=True,
)


async def settings(update: Update, context: LinkHiveContext) -> None:
    """Show all choices."""
    await cards.begin(update, context, SETTINGS, SettingsState())


def register(home: LinkHiveApplication) -> None:
    """Offer the settings."""
    home.card(SETTINGS)
    home.dialog(ASK, answered, left)
    commands.add(home, "settings", settings, private=True)
