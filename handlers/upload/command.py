"""/upload: one card per upload, from its place in the queue to the file in the drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telegram import Update

from handlers import cards, commands, folderpick, notes, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.drive import file as drivefile
from handlers.notes import NoticeState
from handlers.resources import drive_name
from handlers.save import command as save
from handlers.scenes import InvalidPress, Route, Scene, State, Switch
from handlers.texts import bold
from handlers.upload import goal, mika, queue, ready, views
from handlers.upload.files import SCHEME, addresses, file_of, folder_in, in_words, of_addresses
from handlers.upload.live import END, QUEUE, ROUTE, LiveUploads
from handlers.upload.mikaviews import draw
from handlers.upload.queue import QueueState
from handlers.upload.views import UploadState, name_of
from handlers.views import Press, View
from services.drive import Entry
from services.errors import UploadProblem
from services.messytext import readable
from services.names import Service
from services.sharelinks.finding import Drive, extract
from services.uploads import Source, Stage, Upload, UploadView
from services.uploads.following import READY


async def show(scene: Scene[UploadState]) -> View:
    """Show how far the upload is."""
    found, card = await _find(scene), scene.card
    if found is not None and card is not None and found.upload.card_id != card.id:
        # A question was asked in between, and the card goes on below the answer.
        await scene.services.uploads.place(found.upload.id, card.id)
    if found is None:
        return View(scene.say("upload.forgotten"), ([Press(scene.say.label("button.close"), "close")],))
    return draw(scene, found, await goal.choices(scene, found.upload))


async def moved(scene: Scene[UploadState]) -> None:
    """Note on which card it goes on; it may have ended before that was known, while progress shows itself."""
    uploads, upload_id = scene.services.uploads, scene.state.upload_id
    if scene.card is None or (await uploads.get(upload_id)).user_id != scene.user_id:
        return
    await uploads.place(upload_id, scene.card.id)
    if _says_no_more(await uploads.view(upload_id)):
        await cards.refresh(scene.home, scene.card.id)


async def _find(scene: Scene[UploadState]) -> UploadView | None:
    try:
        found = await scene.services.uploads.view(scene.state.upload_id)
    except UploadProblem:
        return None
    return found if found.upload.user_id == scene.user_id else None


async def _own(scene: Scene[UploadState]) -> Upload:
    found = await _find(scene)
    if found is None:
        raise UploadProblem("unknown")
    return found.upload


async def cancel(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Give the upload up, whether it waits or runs."""
    upload = await _own(scene)
    await scene.services.uploads.cancel(upload.id)
    return scene.state


async def retry(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Try again, from where it got to."""
    upload = await _own(scene)
    await scene.services.uploads.retry(upload.id)
    return scene.state


async def folder(scene: Scene[UploadState], _arg: str) -> Switch | UploadState:
    """Choose another folder while it waits, or after the first one was gone."""
    upload, say = await _own(scene), scene.say
    if not _movable(upload):
        await scene.toast(say.label("upload.too_late"))
        return scene.state
    purpose = say.label("upload.purpose", name=name_of(say, upload))
    # After a failure the folder is what is missing.
    begin_at = upload.folder if upload.stage is Stage.WAITING else "/"
    return folderpick.ask(scene, "folder", "move", begin_at, purpose=purpose)


def _movable(upload: Upload) -> bool:
    return upload.stage in (Stage.WAITING, Stage.FAILED) and upload.about is None


async def move(scene: Scene[UploadState], _arg: str) -> UploadState:
    """Put it into the folder that was picked; one that failed is tried again there."""
    upload, chosen = await _own(scene), scene.state.folder
    if not chosen or upload.about is not None:
        raise InvalidPress("move")
    if upload.stage is Stage.FAILED:
        await scene.services.uploads.retry(upload.id, folder=chosen)
    elif await scene.services.uploads.move_to(upload.id, chosen) is None:
        await scene.toast(scene.say.label("upload.too_late"))
    return scene.state


async def open_file(scene: Scene[UploadState], _arg: str) -> Switch:
    """Go on to the file's card in the drive."""
    return await _to_drive(scene)


async def download(scene: Scene[UploadState], _arg: str) -> Switch:
    """Get a link to download the file; it is shown on the file's card."""
    switch = await _to_drive(scene)
    file = drivefile.FILE.load(switch.state.model_dump())
    link = await scene.services.drive.download(scene.user_id, file.file.id)
    return Switch(switch.route, file.model_copy(update={"link": link}))


async def _to_drive(scene: Scene[UploadState]) -> Switch:
    upload = await _own(scene)
    stored = upload.stored
    if stored is None or stored.file_id is None or upload.about is not None:
        raise InvalidPress("open")
    name = stored.path.rpartition("/")[2] or upload.name
    entry = Entry(stored.file_id, name, False, stored.size, stored.md5 or None)
    return drivefile.card_of(entry, upload.folder, ROUTE, scene.state)


UPLOAD = Route(
    ROUTE,
    UploadState,
    show,
    {
        "cancel": cancel,
        "retry": retry,
        "folder": folder,
        "move": move,
        "open": open_file,
        "download": download,
        **mika.ACTIONS,
    },
    private=True,
    moved=moved,
)


class OfferState(State):
    """A file that could go up.

    Its words were about something else, the account must be linked first, or `where` it goes must be said.
    """

    source: Source
    folder: str = ""
    service: Service = Service.DISKTOP
    where: bool = False


async def show_offer(scene: Scene[OfferState]) -> View:
    """Ask whether the file itself is wanted too, or where it is to go."""
    say = scene.say
    if scene.state.where:
        ways = [
            Press(say.label(f"button.into_{place}"), "take", place)
            for place in (Service.DISKTOP, Service.MIKA)
        ]
        name = bold(views.source_name(say, scene.state.source))
        close = Press(say.label("button.close"), cards.CLOSE)
        return View(say("upload.where_to", name=name), (ways, [close]))
    yes = Press(say.label("button.upload_it"), "take")
    text = say("upload.offer", name=bold(scene.state.source.name))
    return View(text, ([yes, Press(say.label("button.close"), cards.CLOSE)],))


async def take(scene: Scene[OfferState], arg: str) -> Switch:
    """Put the file into the queue, for the place that was said or is known; this card goes on as its own."""
    state = scene.state
    if scene.card is None or arg not in ("", Service.DISKTOP, Service.MIKA):
        raise InvalidPress("take")
    service = Service(arg) if arg else state.service
    # A folder that was named is kept; what a video is to be is made anew.
    where = await goal.place(scene, service, state.folder)
    made = await scene.services.uploads.add(
        scene.user_id, scene.chat_id, state.source, where, card_id=scene.card.id, service=service
    )
    return Switch(ROUTE, UploadState(upload_id=made.id))


OFFER = Route("upload_offer", OfferState, show_offer, {"take": take}, private=True)


async def upload(update: Update, context: LinkHiveContext) -> None:
    """Upload the file or the addresses of the command or of the message it replies to, or show the queue."""
    message, words = message_of(update), " ".join(context.args or [])
    quoted = message.reply_to_message or message.external_reply
    scene = cards.scene_of(update, context, UploadState())
    file = file_of(scene, message) or (file_of(scene, quoted) if quoted else None)
    found = in_words(words) or (() if file or quoted is None else addresses(quoted))
    target = folder_in(words)
    if file is not None:
        await begin(scene, (file,), target)
    if found:
        await _fetch(scene, found, words, target)
    elif file is None and (words or quoted is not None):
        key = "problem.upload.address.scheme" if SCHEME.search(words) else "upload.nothing"
        await notes.tell(scene, scene.say(key), Press(scene.say.label("button.close"), "close"))
    elif file is None:
        await cards.begin(update, context, queue.QUEUE, QueueState())


async def _fetch(scene: Scene[Any], found: Sequence[str], words: str, target: str | None) -> None:
    """Upload what lies behind addresses; a share is no file, but something else can be done with it."""
    files = [address for address in found if not extract(address)]
    shares = [share for address in found for share in extract(address)]
    if any(share.drive is Drive.DISKTOP for share in shares) and not files:
        await save.run(scene.at(NoticeState()), words or " ".join(found))
    elif shares and not files:
        text = scene.say("upload.share", drive=drive_name(scene.say, shares[0].drive))
        await notes.tell(scene, text, Press(scene.say.label("button.close"), "close"))
    await begin(scene, of_addresses(files), target)


async def begin(scene: Scene[Any], sources: Sequence[Source], folder: str | None = None) -> None:
    """Put sources into the queue, with a card for each; one that cannot go up yet says why on its own."""
    for source in sources:
        # Who names a folder means the drive.
        service = Service.DISKTOP if folder else await goal.goal(scene, source)
        if service is None:
            at = scene.at(OfferState(source=source, where=True))
            await cards.post(at, OFFER.name, await show_offer(at))
            continue
        try:
            await _add(scene, source, service, await goal.place(scene, service, folder))
        except problems.KNOWN as error:
            at = scene.at(OfferState(source=source, folder=folder or "", service=service))
            await cards.post(at, OFFER.name, cards.trouble(OFFER, at, error, ("take", "")))


async def _add(scene: Scene[Any], source: Source, service: Service, folder: str) -> None:
    uploads = scene.services.uploads
    made = await _left_behind(scene, source, folder)
    if made is None:
        made = await uploads.add(scene.user_id, scene.chat_id, source, folder, service=service)
    at = scene.at(UploadState(upload_id=made.id))
    card = await cards.post(at, ROUTE, await show(at))
    await moved(replace(at, card=card))


def _says_no_more(view: UploadView) -> bool:
    return view.stage.over or view.upload.retry_at is not None


async def _left_behind(scene: Scene[Any], source: Source, folder: str) -> Upload | None:
    """Return the upload of this very update that a killed process began and had no time to show."""
    for view in await scene.services.uploads.of(scene.user_id):
        same = (view.upload.source.ref, view.upload.folder) == (source.ref, folder)
        if same and view.upload.card_id is None and view.upload.created_at >= scene.received_at:
            return view.upload
    return None


async def beside(scene: Scene[Any], _arg: str) -> None:
    """Upload what lies behind the address that a notice is about, on a card of its own."""
    await begin(scene, of_addresses(in_words(readable(notes.links_of(scene)).text)))


def register(home: LinkHiveApplication) -> None:
    """Offer uploads."""
    live = LiveUploads(home)
    home.card(UPLOAD)
    home.card(OFFER)
    home.card(queue.QUEUE)
    home.step(notes.UPLOAD_STEP, beside)
    home.job(END, live.ended)
    home.job(QUEUE, live.move_up)
    home.notice(READY, ready.ready)
    commands.add(home, "upload", upload, private=True)
    home.services.uploads.on_change = live.changed
