"""Pictures that are sent to a draft: looked at, made plain and kept; those of an album share a card."""

from __future__ import annotations

from collections.abc import Callable

from telegram import Message

from clients.errors import ClientError
from handlers import cards, posting
from handlers.application import LinkHiveApplication
from handlers.patience import typing
from handlers.publish.questions import MOST_PICTURES
from handlers.publish.state import PublishState, fresh
from handlers.scenes import Scene
from handlers.sizes import number, size
from handlers.texts import Html
from handlers.upload.files import content_of, file_of
from services.errors import ServiceError
from services.jobs import Lease
from services.sentpictures import MOST_BYTES
from services.stills import MOST_PIXELS, BadPicture
from storage import jobs, leases
from storage.cards import Card
from storage.jobs import Job

ALBUM = "publish.album"
FAULTS_SHOWN = 5
# A card is edited for several pictures at once, and no more often than this.
EDIT_SECONDS = 2.0

Change = Callable[[PublishState], PublishState]


def is_picture(message: Message) -> bool:
    """Tell whether a message brings a picture, as a photo or as a file."""
    kind = (message.document.mime_type or "") if message.document else ""
    return bool(message.photo) or message.animation is not None or kind.startswith("image/")


def follows(state: PublishState, message: Message) -> bool:
    """Tell whether a picture is of the album whose first one the card was sent for."""
    return bool(message.media_group_id) and message.media_group_id == state.album


async def taken(scene: Scene[PublishState], message: Message) -> Change:
    """Take a picture; return what that changes in the draft, be it only what is wrong with it."""
    address, fault, said = "", "", Html("")
    try:
        async with typing(scene.home.bot, scene.chat_id):
            address = await _kept(scene, message)
        if scene.state.step != "pictures":
            said = scene.say("publish.picture_taken")
    except BadPicture as error:
        fault = _words(scene, error.fault)

    def change(state: PublishState) -> PublishState:
        if not follows(state, message):
            state = fresh(state, album=message.media_group_id or "")
        changes: dict[str, object] = {}
        if address:
            changes = {"fields": state.fields.shown(address, sent=True), "said": said}
        elif fault not in state.faults.values() and len(state.faults) < FAULTS_SHOWN:
            changes = {"faults": {**state.faults, str(len(state.faults)): fault}}
        return state.model_copy(update=changes)

    return change


async def _kept(scene: Scene[PublishState], message: Message) -> str:
    """Return the address under which a picture is kept; raises BadPicture."""
    kept, user = scene.services.pictures, scene.user_id
    if not kept.on:
        raise BadPicture("off")
    # An update that is repeated after a crash brings what is there already.
    known = await kept.known(user, message.message_id)
    if known is not None:
        return known
    source = file_of(scene, message)
    if source is None or message.animation is not None:
        raise BadPicture("moving")
    if len(scene.state.fields.images) >= MOST_PICTURES:
        raise BadPicture("many")
    if (source.size or 0) > MOST_BYTES:
        raise BadPicture("big")
    async with kept.taking:
        try:
            data = await content_of(scene, source, MOST_BYTES)
        except (ClientError, ServiceError) as error:
            raise BadPicture("unread") from error
        return await kept.keep(user, message.message_id, data)


def _words(scene: Scene[PublishState], fault: str) -> str:
    say = scene.say
    match fault:
        case "off":
            return say.label("publish.fault.sent_picture")
        case "many":
            return say.label("publish.fault.many_pictures", most=MOST_PICTURES)
        case "big":
            return say.label("publish.fault.sent.big", most=size(MOST_BYTES))
        case "pixels":
            return say.label("publish.fault.sent.pixels", most=number(say, MOST_PIXELS))
    return say.label(f"publish.fault.sent.{fault}")


async def add(scene: Scene[PublishState], asked: Card, change: Change) -> None:
    """Add a further picture of an album to its card, which is shown anew when more of them had the time."""
    if change(scene.state) == scene.state:
        return
    await cards.amend(scene.home, asked.id, change)
    now, user, payload = scene.services.clock.now(), scene.user_id, {"card_id": asked.id}
    soon = (now // EDIT_SECONDS + 1) * EDIT_SECONDS
    await scene.services.db.write(lambda tx: jobs.enqueue(tx, ALBUM, asked.id, payload, soon, owner=user))


async def show(home: LinkHiveApplication, job: Job, lease: Lease) -> None:
    """Do the job: show a card with all pictures there are by now; one that is gone has gone on elsewhere."""
    now = home.services.clock.now()
    # Read before the card: what is asked for by then is shown with it.
    beside = await home.services.db.read(lambda tx: leases.beside(tx, job, now))
    await cards.refresh(home, str(job.payload["card_id"]), anew=False)
    await posting.done(lease, beside)


async def gone(scene: Scene[PublishState]) -> None:
    """Delete the pictures of a draft that nobody goes on with; what was published stays."""
    await scene.services.pictures.drop(scene.user_id, scene.state.fields.sent)
