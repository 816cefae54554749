"""Change a video: a form of four fields, each asked for when it is wanted, all sent at once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import Field

from clients.errors import Rejected
from clients.mika.models import Video, VideoChanges
from handlers import fieldask, problems
from handlers.scenes import Route, Scene, Switch
from handlers.texts import Html, escape
from handlers.videos import categories
from handlers.videos.state import EDIT, VIDEO, VideoState, advice
from handlers.videos.views import crumbs, tag_list
from handlers.views import Button, Press, View
from services.mika.videos import path_to

TITLE_MOST, DESCRIPTION_MOST, TAGS_MOST = 200, 2000, 300
SHOWN = 200
# What the form calls a field, and what the service does.
FIELDS = {"title": "title", "description": "description", "category": "category_id", "tags": "tags"}
_GAPS = re.compile(r"[,，、;；#＃\n]+")


class EditState(VideoState):
    """The fields as they are, and as they shall be; what the service said against them."""

    old_title: str = ""
    old_description: str = ""
    old_category: int = 0
    old_category_name: str = ""
    old_tags: str = ""
    title: str = ""
    description: str = ""
    category: int = 0
    tags: str = ""
    wrong: dict[str, str] = Field(default_factory=dict)
    """By field; what is wrong with none of them stands under the empty name."""


def form_of(scene: Scene[VideoState], video: Video) -> EditState:
    """Return the form of a video."""
    category = video.category.id if video.category is not None else 0
    tags = ", ".join(video.tags)
    return EditState(
        id=video.id,
        route=scene.state.route,
        back=scene.state.back,
        old_title=video.title,
        old_description=video.description,
        old_category=category,
        old_category_name=video.category.name if video.category is not None else "",
        old_tags=tags,
        title=video.title,
        description=video.description,
        category=category,
        tags=tags,
    )


def tags_of(words: str) -> tuple[str, ...]:
    """Return the tags of what somebody wrote: one after another, each once."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in _GAPS.split(words)))))


def changed(state: EditState) -> frozenset[str]:
    """Return the fields that are to be changed."""
    different = {
        "title": state.title != state.old_title,
        "description": state.description != state.old_description,
        "category": state.category != state.old_category,
        "tags": tags_of(state.tags) != tags_of(state.old_tags),
    }
    return frozenset(name for name, is_new in different.items() if is_new)


async def show(scene: Scene[EditState]) -> View:
    """Show the form, with what the service said beside each field."""
    state, say = scene.state, scene.say
    new, values = changed(state), await _values(scene)
    lines = [say("video.edit_heading"), Html("")]
    for field in FIELDS:
        lines.append(_line(scene, field, values[field], new=field in new))
        if field in state.wrong:
            lines.append(say("field.wrong", words=state.wrong[field]))
    if "" in state.wrong:
        lines += [Html(""), say("field.wrong", words=state.wrong[""])]
    asking = [Press(say.label(f"button.edit_{field}"), field) for field in FIELDS]
    last: list[Button] = [Press(say.label("button.save_changes"), "save")] if new else []
    last.append(Press(say.label("button.discard" if new else "button.back"), "back"))
    return View(Html("\n".join(lines)), (asking[:2], asking[2:], last))


def _line(scene: Scene[EditState], field: str, value: Html, *, new: bool) -> Html:
    say = scene.say
    shown = value or say("field.nothing")
    return say("field.new" if new else "field.old", name=say(f"video.field.{field}"), value=shown)


async def _values(scene: Scene[EditState]) -> Mapping[str, Html]:
    state, say = scene.state, scene.say
    return {
        "title": escape(state.title, SHOWN),
        "description": escape(state.description, SHOWN),
        "category": await _category(scene),
        "tags": tag_list(say, tags_of(state.tags)),
    }


async def _category(scene: Scene[EditState]) -> Html:
    state, say = scene.state, scene.say
    if not state.category:
        return Html("")
    try:
        way = path_to(await scene.services.videos.categories(scene.user_id), state.category)
    except problems.KNOWN:
        way = ()
    if way:
        return crumbs(say, way)
    known = state.old_category_name if state.category == state.old_category else ""
    return escape(known or str(state.category))


async def title(scene: Scene[EditState], _arg: str) -> Switch:
    """Ask for the title."""
    return await _ask(scene, "title", TITLE_MOST)


async def description(scene: Scene[EditState], _arg: str) -> Switch:
    """Ask for the description."""
    return await _ask(scene, "description", DESCRIPTION_MOST, empty=True)


async def tags(scene: Scene[EditState], _arg: str) -> Switch:
    """Ask for the tags."""
    return await _ask(scene, "tags", TAGS_MOST, empty=True)


async def _ask(scene: Scene[EditState], field: str, most: int, *, empty: bool = False) -> Switch:
    say, state = scene.say, scene.state
    question, ready = say(f"video.ask_{field}"), scene.at(_heard(state, field))
    old = str(getattr(state, field))
    return await fieldask.ask(ready, field, "taken", question, most=most, old=old, empty=empty)


async def category(scene: Scene[EditState], _arg: str) -> Switch:
    """Choose the category."""
    ready = scene.at(_heard(scene.state, "category"))
    return categories.ask(ready, "category", at=scene.state.category)


def _heard(state: EditState, field: str) -> EditState:
    """Return the form without what was said against a field that is about to change."""
    kept = {name: words for name, words in state.wrong.items() if name not in (field, "")}
    return state.model_copy(update={"wrong": kept})


async def taken(scene: Scene[EditState], _arg: str) -> EditState:
    """Show the form with what was sent."""
    return scene.state


async def save(scene: Scene[EditState], _arg: str) -> EditState | Switch:
    """Send what is new; what the service says against a field stands beside it."""
    state, say, new = scene.state, scene.say, changed(scene.state)
    if not new:
        return state
    changes = VideoChanges(
        title=state.title if "title" in new else None,
        description=state.description if "description" in new else None,
        category_id=state.category if "category" in new else None,
        tags=tags_of(state.tags) if "tags" in new else None,
    )
    try:
        await scene.services.videos.call(
            scene.user_id, lambda client, who: client.edit_video(who, state.id, changes)
        )
    except Rejected as error:
        return state.model_copy(update={"wrong": beside(error, FIELDS)})
    said = say("video.saved")
    return Switch(VIDEO, VideoState(id=state.id, route=state.route, back=state.back, said=said))


def beside(error: Rejected, fields: Mapping[str, str]) -> dict[str, str]:
    """Return what a refusal says, by our fields; what belongs to none of them under the empty name."""
    names = {theirs: ours for ours, theirs in fields.items()}
    told: dict[str, str] = {}
    for theirs, words in error.fields.items():
        name = names.get(theirs, "")
        told[name] = words if name else "\n".join(filter(None, [told.get(""), f"{theirs}: {words}"]))
    if not told:
        told[""] = error.message or error.code or "?"
    return told


async def back(scene: Scene[EditState], _arg: str) -> Switch:
    """Change nothing."""
    state = scene.state
    return Switch(VIDEO, VideoState(id=state.id, route=state.route, back=state.back))


EDIT_VIDEO: Route[EditState] = Route(
    EDIT,
    EditState,
    show,
    {
        "title": title,
        "description": description,
        "category": category,
        "tags": tags,
        "taken": taken,
        "save": save,
        "back": back,
    },
    advice=advice,
    private=True,
)
