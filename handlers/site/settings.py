"""The site's settings: all of them in pages, each with its value."""

from __future__ import annotations

import json
from typing import Any

from clients.mika.models import Settings
from handlers.scenes import InvalidPress, Route, Scene, Switch, number
from handlers.site.secrets import is_secret
from handlers.site.state import SETTING, SETTINGS, SITE, SiteSettingsState, SiteSettingState, SiteState
from handlers.texts import Html, Speaker, code, escape
from handlers.videos.state import advice
from handlers.views import Press, View, grid, pages_row

PER_PAGE = 8
MOST_PAGES = 10_000
NAME_LIMIT, VALUE_LIMIT = 60, 80


async def read(scene: Scene[Any]) -> Settings:
    """Ask for the settings."""
    return await scene.services.videos.manage(scene.user_id, lambda client, who: client.settings(who))


async def show(scene: Scene[SiteSettingsState]) -> View:
    """Show one page of the settings."""
    state, say, settings = scene.state, scene.say, await read(scene)
    pages = max(1, -(-len(settings) // PER_PAGE))
    page_ = min(state.page, pages - 1)
    first = page_ * PER_PAGE
    shown = list(enumerate(list(settings.items())[first : first + PER_PAGE], first + 1))
    lines = [Html(f"{state.said}\n")] if state.said else []
    lines.append(say("site.settings"))
    lines += [_row(say, n, name, value) for n, (name, value) in shown] or [say("site.no_settings")]
    picks = [Press(f"{n}", "open", str(n)) for n, _ in shown]
    last = [Press(say.label("button.back"), "back"), Press(say.label("button.close"), "close")]
    return View(Html("\n".join(lines)), [*grid(picks, 4), pages_row(say, "page", page_, pages), last])


def _row(say: Speaker, n: int, name: str, value: object) -> Html:
    return say("site.setting_row", number=n, name=code(name, NAME_LIMIT), value=shown_value(say, name, value))


def shown_value(say: Speaker, name: str, value: object, limit: int = VALUE_LIMIT) -> Html:
    """Return a value as people read it."""
    if is_secret(name, value):
        return say("site.hidden")
    if isinstance(value, bool):
        return say("site.on" if value else "site.off")
    words = written(value)
    return escape(words, limit) if words else say("field.nothing")


def written(value: object) -> str:
    """Return a value as it is asked for and sent back."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def page(scene: Scene[SiteSettingsState], arg: str) -> SiteSettingsState:
    """Turn the pages."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES), "said": ""})


async def open_setting(scene: Scene[SiteSettingsState], arg: str) -> Switch:
    """Go on to one setting, by its number in the list."""
    names = list(await read(scene))
    place = number(arg, MOST_PAGES) - 1
    if not 0 <= place < len(names):
        raise InvalidPress(arg)
    state = scene.state
    return Switch(SETTING, SiteSettingState(site=state.site, page=state.page, name=names[place]))


async def back(scene: Scene[SiteSettingsState], _arg: str) -> Switch:
    """Return to the site."""
    return Switch(SITE, SiteState(back=scene.state.site))


ALL: Route[SiteSettingsState] = Route(
    SETTINGS,
    SiteSettingsState,
    show,
    {"page": page, "open": open_setting, "back": back},
    advice=advice,
    private=True,
)
