"""/publish: a resource for ACGBT, question by question, seen whole before it goes out."""

from __future__ import annotations

from telegram import Message, Update

from handlers import asking, cards, commands, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.notes import tell
from handlers.publish import answers, draft, pictures, questions
from handlers.publish.state import ASK, ORDER, ROUTE, PublishState, fresh
from handlers.publish.words import markdown_of
from handlers.scenes import Route, Scene
from handlers.upload.files import file_of
from handlers.views import View
from handlers.wording import said
from services.jobs import Lease
from services.magnets import BadMagnet, find_cid, find_magnet
from storage.cards import Card
from storage.dialogs import Dialog
from storage.jobs import Job

TORRENT_KIND = "application/x-bittorrent"


async def show(scene: Scene[PublishState]) -> View:
    """Show a question, the draft, or what became of it."""
    return await questions.show(scene) if scene.state.step in ORDER else draft.show(scene)


PUBLISH = Route(
    ROUTE,
    PublishState,
    show,
    {
        **questions.ACTIONS,
        "typed": answers.typed,
        "publish": draft.publish,
        "look": draft.look,
        "view": draft.view,
    },
    advice=draft.advice,
    private=True,
    closed=pictures.gone,
)


async def publish(update: Update, context: LinkHiveContext) -> None:
    """Begin a draft; words behind the command are its link or title, a file above it its link or picture."""
    scene = cards.scene_of(update, context, PublishState())
    if await context.services.publishing.may(scene.user_id) is False:
        await tell(scene, scene.say("publish.no_right"))
        return
    message = message_of(update)
    if is_torrent(message):
        await _file(scene, message)
        return
    words = " ".join(context.args or [])
    state = _begun(scene, words)
    if pictures.is_picture(message):
        state = (await pictures.taken(scene.at(state), message))(state)
    await _take(scene.at(state))


def _begun(scene: Scene[PublishState], words: str) -> PublishState:
    """Return the first state: a link behind the command is kept, other words answer the first question."""
    try:
        magnet = find_magnet(words)
    except BadMagnet as error:
        return questions.fault(scene, f"publish.fault.magnet.{error.fault}")
    if magnet is not None:
        return answers.with_magnet(scene, magnet)
    cid = find_cid(words)
    if cid is not None:
        fields = scene.state.fields.model_copy(update={"cid": cid})
        return fresh(scene.state, fields=fields)
    return scene.state.model_copy(update={"typed": words})


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the words that were asked for; the card continues below them."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != ROUTE:
        return
    state, message = PUBLISH.load(asked.state), message_of(update)
    words = markdown_of(message) if state.step == "description" else said(message)
    await _take(cards.scene_of(update, context, state.model_copy(update={"typed": words.strip()})))


async def _take(scene: Scene[PublishState]) -> None:
    """Send the card that follows from what was typed."""
    state = scene.state
    try:
        if state.step in ORDER and state.typed:
            scene = scene.at(await answers.typed(scene))
        view = await show(scene)
    except problems.KNOWN as error:
        retry = ("typed", "") if scene.state is state and state.typed else (cards.SHOW, "")
        view = cards.trouble(PUBLISH, scene, error, retry)
    await _post(scene, view)


async def _post(scene: Scene[PublishState], view: View) -> None:
    card = await cards.post(scene, ROUTE, view)
    if scene.state.step in ORDER:
        await asking.expect(scene, ASK, card.id)


def is_torrent(message: Message) -> bool:
    """Tell whether a message brings a torrent file."""
    document = message.document
    name = (document.file_name or "").lower() if document else ""
    return document is not None and (document.mime_type == TORRENT_KIND or name.endswith(".torrent"))


async def file(update: Update, context: LinkHiveContext, dialog: Dialog) -> bool:
    """Take a file that answers: a torrent file or a picture at any question.

    Any other file means something else, unless the question is for the link.
    """
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != ROUTE:
        return False
    state, message = PUBLISH.load(asked.state), message_of(update)
    scene = cards.scene_of(update, context, state)
    if is_torrent(message):
        await _file(scene, message)
    elif pictures.is_picture(message):
        change = await pictures.taken(scene, message)
        if pictures.follows(state, message):
            # Several pictures sent at once get one answer.
            await pictures.add(scene, asked, change)
            return True
        await _take(scene.at(change(state)))
    elif state.step == "link" and message.document is not None:
        await _take(scene.at(questions.fault(scene, "publish.fault.torrent.no_torrent")))
    else:
        return False
    await cards.drop(context.home, asked)
    return True


async def _file(scene: Scene[PublishState], message: Message) -> None:
    source = file_of(scene, message)
    if source is not None:
        await _take(scene.at(await answers.torrent(scene, source)))


async def left(context: LinkHiveContext, asked: Card) -> None:
    """Leave a draft: it goes."""
    await cards.close(context.home, asked)


def register(home: LinkHiveApplication) -> None:
    """Offer publishing."""
    home.card(PUBLISH)

    async def album(job: Job, lease: Lease) -> None:
        await pictures.show(home, job, lease)

    home.job(pictures.ALBUM, album)
    home.dialog(ASK, answered, left, file=file)
    commands.add(home, "publish", publish, private=True)
