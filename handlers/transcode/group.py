"""Transcoding in a group: whether it is told of ends, and the notices; what they are about is private."""

from __future__ import annotations

from clients.mika.models import TaskStatus
from handlers import posting
from handlers.application import LinkHiveApplication
from handlers.groups.admins import ANONYMOUS_ADMIN
from handlers.groups.rights import may_follow_here
from handlers.scenes import InvalidPress, OutgoingCard, Route, Scene, State
from handlers.texts import Html
from handlers.transcode.state import HERE
from handlers.transcode.views import SIGNS
from handlers.videos.state import advice
from handlers.views import Button, Open, Press, View
from services.jobs import Lease
from services.mika.transcoding import GONE, GROUP, REFUSED, Wish
from services.people import Person
from storage.jobs import Job
from storage.users import User


class GroupState(State):
    """What is said of the last press, or the end that is told."""

    said: str = ""
    task_id: int = 0
    status: str = ""


async def show(scene: Scene[GroupState]) -> View:
    """Show whether this group is told of ends; or one end, as far as it is the group's business."""
    say, state = scene.say, scene.state
    told = await scene.services.transcoding.watched(Wish(scene.user_id, scene.chat_id))
    lines = [_ended(scene)] if state.status else []
    lines += [Html(state.said)] if state.said else []
    if not state.status:
        lines.append(say("transcode.group_on" if told else "transcode.group_off"))
    lines.append(say("transcode.group_private"))
    word, arg = ("button.tell_group_not", "off") if told else ("button.tell_group", "on")
    payload = f"mt_{state.task_id}" if state.task_id else "go_transcode"
    opening: list[Button] = [Open(say.label("button.private"), scene.home.deep_link(payload))]
    keeping = [Press(say.label(word), "bell", arg), Press(say.label("button.close"), "close")]
    return View(Html("\n".join(lines)), (opening, keeping))


def _ended(scene: Scene[GroupState]) -> Html:
    say, state = scene.say, scene.state
    if state.status in (GONE, REFUSED):
        return say("transcode.watch_refused")
    sign = SIGNS[TaskStatus(state.status)]
    words = say(f"transcode.group_ended.{TaskStatus(state.status)}", id=state.task_id)
    return Html(f"{sign} {words}")


async def bell(scene: Scene[GroupState], arg: str) -> GroupState | None:
    """Tell this group of every end from now on, with the account of who asks for it, or no more."""
    say, services = scene.say, scene.services
    if arg not in ("on", "off"):
        raise InvalidPress(arg)
    if not await may_follow_here(scene):
        await scene.toast(say.label("transcode.group_admins"), alert=True)
        return None
    wish = Wish(scene.user_id, scene.chat_id, scene.topic)
    if arg == "off":
        await services.transcoding.unwatch(wish)
        return scene.state.model_copy(update={"said": say("transcode.group_ends")})
    await services.videos.manage(scene.user_id, lambda client, who: client.tasks(who, size=1))
    await services.transcoding.watch(wish)
    return scene.state.model_copy(update={"said": "", "status": "", "task_id": 0})


GROUP_CARD: Route[GroupState] = Route(HERE, GroupState, show, {"bell": bell}, advice=advice)


async def deliver(home: LinkHiveApplication, job: Job, lease: Lease) -> None:
    """Tell a group of one end."""
    payload = job.payload
    state = GroupState(task_id=int(payload["task_id"]), status=str(payload["status"]))
    scene = await _scene(home, job, state)
    if await posting.arrived(scene.services, job):
        await posting.done(lease, ())
        return
    await posting.post(scene, job, lease, OutgoingCard(HERE, state, await show(scene)))


async def _scene(home: LinkHiveApplication, job: Job, state: GroupState) -> Scene[GroupState]:
    """Return a group's scene: in the language of who asked, on a card for any of its admins."""
    services, now = home.services, home.services.clock.now()
    asker = await services.people.known(int(job.payload["user_id"]))
    # Who asked may be forgotten; the language of what they began stays.
    language = job.payload.get("language") or asker.language
    anybody = Person(User(ANONYMOUS_ADMIN, None, "", now, now), asker.preferences, language)
    return Scene(
        home=home,
        person=anybody,
        chat_id=services.chat_statuses.address(int(job.payload["chat_id"])),
        private=False,
        state=state,
        received_at=now,
        topic=job.payload.get("topic"),
    )


def register(home: LinkHiveApplication) -> None:
    """Tell groups of ends."""

    async def tell(job: Job, lease: Lease) -> None:
        await deliver(home, job, lease)

    home.job(GROUP, tell)
