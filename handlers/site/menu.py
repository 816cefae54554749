"""Running the site: the way to its categories, its settings, its numbers and its tasks."""

from __future__ import annotations

from handlers.application import LinkHiveApplication
from handlers.scenes import Route, Scene, Switch
from handlers.site import categories as sitecategories, setting, settings as sitesettings
from handlers.site.state import CATEGORIES, SETTINGS, SITE, SiteState, TreeState
from handlers.stats.command import ROUTE as STATS
from handlers.texts import Html, bold
from handlers.transcode.state import LIST as TASKS
from handlers.videos.state import LIST, advice
from handlers.views import Press, View


async def show(scene: Scene[SiteState]) -> View:
    """Show what can be run; whoever may not is told so."""
    say = scene.say
    settings = await scene.services.videos.manage(scene.user_id, lambda client, who: client.settings(who))
    lines = [say("site.heading")]
    if name := str(settings.get("site_name") or ""):
        lines.append(bold(name))
    rows = (
        [
            Press(say.label("button.categories"), "categories"),
            Press(say.label("button.site_settings"), "settings"),
        ],
        [Press(say.label("button.site_stats"), "stats"), Press(say.label("button.site_tasks"), "tasks")],
        [Press(say.label("button.back"), "back"), Press(say.label("button.close"), "close")],
    )
    return View(Html("\n".join(lines)), rows)


async def categories(scene: Scene[SiteState], _arg: str) -> Switch:
    """Go on to the categories."""
    return Switch(CATEGORIES, TreeState(site=scene.state.back))


async def settings(scene: Scene[SiteState], _arg: str) -> Switch:
    """Go on to the settings."""
    return scene.switch(SETTINGS, {"site": scene.state.back})


async def stats(scene: Scene[SiteState], _arg: str) -> Switch:
    """Go on to the numbers."""
    return scene.switch(STATS, {})


async def tasks(scene: Scene[SiteState], _arg: str) -> Switch:
    """Go on to the tasks."""
    return scene.switch(TASKS, {})


async def back(scene: Scene[SiteState], _arg: str) -> Switch:
    """Return to the videos."""
    return scene.switch(LIST, scene.state.back)


SITE_CARD: Route[SiteState] = Route(
    SITE,
    SiteState,
    show,
    {"categories": categories, "settings": settings, "stats": stats, "tasks": tasks, "back": back},
    advice=advice,
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Let administrators of the site run it."""
    for route in (SITE_CARD, sitecategories.TREE, sitesettings.ALL, setting.ONE):
        home.card(route)
