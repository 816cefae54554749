"""One setting of the site: its value, a new one, and both side by side before it is changed."""

from __future__ import annotations

import math
from typing import Any

from clients.errors import Rejected
from clients.reply import UnreadableError, parse_json
from handlers import fieldask
from handlers.scenes import InvalidPress, Route, Scene, Switch
from handlers.site.secrets import is_secret
from handlers.site.settings import read, shown_value, written
from handlers.site.state import SETTING, SETTINGS, SiteSettingsState, SiteSettingState
from handlers.texts import Html, code
from handlers.videos.form import beside
from handlers.videos.state import advice
from handlers.views import Press, Row, View

MOST = 1000
VALUE_LIMIT = 300


class Unfit(Exception):
    """What was written is no value of the setting's kind."""


def value_of(words: str, old: object) -> object:
    """Return what was written as a value of the same kind as the old one; raises Unfit."""
    if old is None or isinstance(old, str):
        return words
    try:
        value = parse_json(words)
    except UnreadableError:
        raise Unfit from None
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit
    if isinstance(old, bool) or isinstance(value, bool):
        fits = isinstance(old, bool) and isinstance(value, bool)
    elif isinstance(old, (int, float)):
        # A whole number stays one; where there was a fraction, both will do.
        fits = isinstance(value, int) or (isinstance(old, float) and isinstance(value, float))
    else:
        fits = isinstance(value, type(old))
    if not fits:
        raise Unfit
    return value


async def show(scene: Scene[SiteSettingState]) -> View:
    """Show a setting, or the question whether to change it."""
    state, say, settings = scene.state, scene.say, await read(scene)
    lines = [Html(f"{state.said}\n")] if state.said else []
    lines.append(say("site.setting", name=code(state.name)))
    if state.name not in settings:
        return View(Html("\n".join([*lines, say("site.setting_gone")])), (_leaving(scene),))
    value = settings[state.name]
    if state.asked:
        return _question(scene, lines, value)
    lines.append(say("site.value", value=shown_value(say, state.name, value, VALUE_LIMIT)))
    if state.wrong:
        lines.append(say("field.wrong", words=state.wrong))
    if is_secret(state.name, value):
        return View(Html("\n".join([*lines, "", say("site.secret")])), (_leaving(scene),))
    return View(Html("\n".join(lines)), (_changing(scene, value), _leaving(scene)))


def _changing(scene: Scene[SiteSettingState], value: object) -> Row:
    say = scene.say
    if isinstance(value, bool):
        word, arg = ("button.switch_off", "false") if value else ("button.switch_on", "true")
        return [Press(say.label(word), "turn", arg)]
    return [Press(say.label("button.change"), "change")]


def _leaving(scene: Scene[SiteSettingState]) -> Row:
    say = scene.say
    return [Press(say.label("button.back"), "back"), Press(say.label("button.close"), "close")]


def _question(scene: Scene[SiteSettingState], lines: list[Html], value: object) -> View:
    """Show the old and the new value, and ask."""
    state, say = scene.state, scene.say
    lines.append(say("site.old", value=shown_value(say, state.name, value, VALUE_LIMIT)))
    lines.append(say("site.new", value=_shown_new(scene, value)))
    sure = [Press(say.label("button.confirm"), "sure"), Press(say.label("button.cancel"), "keep")]
    return View(Html("\n".join(lines)), (sure,))


def _shown_new(scene: Scene[SiteSettingState], value: object) -> Html:
    say, state = scene.say, scene.state
    try:
        return shown_value(say, state.name, value_of(state.new, value), VALUE_LIMIT)
    except Unfit:
        # It became another kind of setting meanwhile; pressing Confirm says so.
        return shown_value(say, state.name, state.new, VALUE_LIMIT)


def _fresh(state: SiteSettingState, **changes: Any) -> SiteSettingState:
    kept = {"said": "", "wrong": "", "asked": False, "new": "", "old": ""}
    return state.model_copy(update={**kept, **changes})


async def change(scene: Scene[SiteSettingState], _arg: str) -> Switch:
    """Ask for the new value."""
    state, say = scene.state, scene.say
    value = await _value(scene)
    if is_secret(state.name, value):
        raise InvalidPress(state.name)
    old, ready = written(value), scene.at(_fresh(state))
    question = say("site.ask_value", name=code(state.name), value=shown_value(say, state.name, value))
    empty = isinstance(value, str)
    return await fieldask.ask(ready, "new", "taken", question, most=MOST, old=old, empty=empty)


async def taken(scene: Scene[SiteSettingState], _arg: str) -> SiteSettingState:
    """Ask whether to change it to what was sent; what is no such value is said to be none."""
    return await _weighed(scene, scene.state.new)


async def turn(scene: Scene[SiteSettingState], arg: str) -> SiteSettingState:
    """Ask whether to switch it on or off."""
    if arg not in ("true", "false"):
        raise InvalidPress(arg)
    return await _weighed(scene, arg)


async def _weighed(scene: Scene[SiteSettingState], words: str) -> SiteSettingState:
    state, say, value = scene.state, scene.say, await _value(scene)
    try:
        new = value_of(words, value)
    except Unfit:
        return _fresh(state, wrong=say(f"site.unfit.{_kind(value)}"))
    if new == value:
        return _fresh(state, said=say("site.unchanged"))
    return _fresh(state, asked=True, new=words, old=written(value))


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    return "number" if isinstance(value, float) else "json"


async def _value(scene: Scene[SiteSettingState]) -> object:
    settings = await read(scene)
    if scene.state.name not in settings:
        raise InvalidPress(scene.state.name)
    value: object = settings[scene.state.name]
    return value


async def sure(scene: Scene[SiteSettingState], _arg: str) -> SiteSettingState | Switch:
    """Change it; one that was changed elsewhere meanwhile is shown anew first."""
    state, say, value = scene.state, scene.say, await _value(scene)
    if not state.asked or is_secret(state.name, value):
        raise InvalidPress("sure")
    if written(value) != state.old:
        anew = await _weighed(scene, state.new)
        # Where it is as it was to be by now, there is nothing to confirm: an answer was lost.
        return anew.model_copy(update={"said": say("site.changed_meanwhile")}) if anew.asked else anew
    changes = {state.name: value_of(state.new, value)}
    try:
        await scene.services.videos.manage(
            scene.user_id, lambda client, who: client.update_settings(who, changes)
        )
    except Rejected as error:
        return _fresh(state, wrong=" ".join(beside(error, {state.name: state.name}).values()))
    said = say("site.setting_saved", name=code(state.name))
    return Switch(SETTINGS, SiteSettingsState(site=state.site, page=state.page, said=said))


async def keep(scene: Scene[SiteSettingState], _arg: str) -> SiteSettingState:
    """Change nothing."""
    return _fresh(scene.state)


async def back(scene: Scene[SiteSettingState], _arg: str) -> Switch:
    """Return to the settings."""
    return Switch(SETTINGS, SiteSettingsState(site=scene.state.site, page=scene.state.page))


ONE: Route[SiteSettingState] = Route(
    SETTING,
    SiteSettingState,
    show,
    {
        "change": change,
        "taken": taken,
        "turn": turn,
        "sure": sure,
        "keep": keep,
        "back": back,
    },
    advice=advice,
    private=True,
)
