"""From one question of a share to the next, and from an answer to what HDHive makes of it."""

from __future__ import annotations

from typing import Any

from clients.errors import ClientError, Rejected
from clients.hdhive.publishing import ShareChanges
from handlers import asking, problems
from handlers.scenes import Scene
from handlers.shares.state import TYPED, WALK, ShareFields, ShareState, Step, fresh
from services.names import Service
from services.shares import field_of

ASK = "share.answer"


async def at_step(scene: Scene[ShareState], state: ShareState) -> ShareState:
    """Go to a state; where it asks something the next words are the answer, elsewhere they no longer are."""
    if scene.card is not None:
        if state.step in TYPED:
            await asking.expect(scene, ASK, scene.card.id)
        else:
            await asking.leave(scene, scene.card.id)
    return state


def behind(state: ShareState, field: Step) -> Step:
    """Return what comes after a question."""
    if state.slug or state.walked or field not in WALK:
        return "all"
    following = WALK.index(field) + 1
    return WALK[following] if following < len(WALK) else "all"


def before(state: ShareState) -> Step | None:
    """Return the step that a question was come to from; None for the first one."""
    if state.slug or state.walked or state.step not in WALK:
        return "all"
    return WALK[WALK.index(state.step) - 1] if state.step != WALK[0] else None


async def answer(scene: Scene[ShareState], field: Step, changes: dict[str, Any], **more: Any) -> ShareState:
    """Take the answer to a question: a draft keeps it, a published share is changed at HDHive."""
    state = scene.state
    fields = state.fields.model_copy(update=changes)
    if state.slug:
        return await change(scene, fields, changes)
    step = behind(state, field)
    return fresh(state, fields=fields, step=step, walked=state.walked or step == "all", query="", **more)


async def change(scene: Scene[ShareState], fields: ShareFields, changes: dict[str, Any]) -> ShareState:
    """Change a published share; what HDHive refuses is told at its field."""
    client, slug = scene.services.require_hdhive(), scene.state.slug
    wanted = changes_of(fields, changes)
    try:
        await scene.services.tokens.call(
            scene.user_id, Service.HDHIVE, lambda token: client.update_share(token, slug, wanted)
        )
    except Rejected as error:
        return fresh(scene.state, step="all", query="", faults=faults(scene, error))
    return fresh(scene.state, step="all", query="", fields=fields, said=scene.say("share.changed"))


def changes_of(fields: ShareFields, changes: dict[str, Any]) -> ShareChanges:
    """Return what is sent of the fields that were changed; an empty text takes a field away."""
    film = fields.film.fields if "film" in changes and fields.film is not None else {}
    return ShareChanges(
        title=fields.title if "title" in changes else None,
        url=fields.url if "url" in changes else None,
        access_code=(fields.code or "") if "code" in changes else None,
        unlock_points=fields.price if "price" in changes else None,
        is_anonymous=fields.anonymous if "anonymous" in changes else None,
        hide_link=fields.hidden if "hidden" in changes else None,
        **film,
    )


def faults(scene: Scene[Any], error: Rejected) -> dict[str, str]:
    """Return what was refused, at the field it is about; under no name where HDHive names none."""
    words = error.message or str(problems.sentence(scene.say, error))
    return {field_of(error) or "": words}


def certain(error: Exception) -> bool:
    """Tell whether an error means that nothing was published."""
    return not (isinstance(error, ClientError) and error.doubtful)
