"""Messages with secrets: deleted at once, tried at the service, and kept nowhere as they came.

A kill at any moment has the update come again: deleting what is deleted is no failure, the service is asked
once more, and what was linked is linked again. The question an update answered stays that update's own, so
that its words are never taken for a search when it comes again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from telegram import Update
from telegram.error import BadRequest, NetworkError, TelegramError

from clients.errors import ClientError, NotAuthorized, Rejected
from handlers import asking, cards, dates, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, is_private, message_of
from handlers.linking import keys
from handlers.linking.state import ASK, KeyState
from handlers.messages import display
from handlers.notes import NOTICE, NoticeState
from handlers.problems import service_name
from handlers.scenes import OutgoingCard, Scene, State
from handlers.texts import Html
from handlers.views import Press, View
from services.linking.pasted import key_and_secret, name_and_password
from services.linking.signins import AccountOpened
from services.names import Service
from services.notices import card_changed
from storage.cards import Card
from storage.dialogs import Dialog
from storage.workcontext import Forgotten

log = structlog.get_logger(__name__)

TRIES, PAUSE = 3, 0.5
SHOWN = 4


@dataclass(frozen=True)
class SentSecret:
    """Be what was sent: the words, the key from a message before, and whether the update comes again."""

    words: str = field(repr=False)
    key: str | None = field(default=None, repr=False)
    again: bool = False


async def answer(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take what a card of `linkkey` asked for."""
    home, message = context.home, message_of(update)
    left = not await erased(home, message.chat.id, message.message_id)
    if asking.is_answered(dialog, update):
        await cards.refresh(home, str(dialog.state.get("card_id")))
        return
    scene = await cards.find(home, str(dialog.state.get("card_id")))
    if scene is None or not isinstance(scene.state, KeyState) or scene.state.way is None:
        return
    again = await asking.claim(update, context, dialog)
    told = SentSecret(message.text or message.caption or "", dialog.state.get("api_key"), again=again)
    scene = scene.at(scene.state.model_copy(update={"left": scene.state.left or left}))
    await take(update, context, scene, told)


async def takes(update: Update, context: LinkHiveContext) -> bool:
    """Take a message as the answer to a card of `linkkey` if that waits for one; False where none does."""
    dialog = await asking.current(update, context) if is_private(update) else None
    if dialog is None or dialog.kind != ASK:
        return False
    await answer(update, context, dialog)
    return True


async def erased(home: LinkHiveApplication, chat_id: int, message_id: int) -> bool:
    """Delete a message with a secret; False where it is still there."""
    for turn in range(TRIES):
        try:
            await home.bot.delete_message(chat_id, message_id)
        except BadRequest as error:
            # An update that comes again finds it gone.
            return "not found" in error.message.lower()
        except NetworkError:
            if turn + 1 < TRIES:
                await home.services.clock.sleep(PAUSE)
        except TelegramError:
            return False
        else:
            return True
    return False


async def take(update: Update, context: LinkHiveContext, scene: Scene[KeyState], told: SentSecret) -> None:
    """Go on with what was told, and show what came of it."""
    try:
        state, key = await _next(scene, told)
    except Forgotten:
        raise
    except problems.KNOWN as error:
        state, key = _refused(scene, error), None
    except Exception as error:  # noqa: BLE001 - a repeat of the update would keep the secret: told instead
        log.error("secret_not_taken", error=type(error).__name__)  # noqa: TRY400 - its frames hold the secret
        state, key = scene.state.fresh(trouble=scene.say("problem.unknown")), None
    await _settle(update, context, scene.at(state.counted(scene.state)), key)


async def _settle(update: Update, context: LinkHiveContext, scene: Scene[KeyState], key: str | None) -> None:
    """Keep how far it is, ask for the rest or end the asking, and show it."""
    home, state, card = context.home, scene.state, scene.card
    if card is None:
        return

    def settled(old: State) -> State:
        return state if isinstance(old, KeyState) else old

    # An update that comes again and finds its question answered only shows the card.
    if state.linked:
        await cards.amend(home, card.id, settled)
        await asking.spend(update, context, ASK, card.id)
    else:
        more = {"api_key": key} if key else {}
        await asking.expect(scene, ASK, card.id, answered_by=update.update_id, **more)
        await cards.amend(home, card.id, settled)
    await home.reached("secret.answered")
    try:
        await cards.refresh(home, card.id)
    except TelegramError as error:
        log.warning("card_not_shown", error=type(error).__name__)
        now = home.services.clock.now()
        await home.services.db.write(lambda tx: card_changed(tx, scene.user_id, card.id, now=now))


async def _next(scene: Scene[KeyState], told: SentSecret) -> tuple[KeyState, str | None]:
    """Return the state after an answer, and the key that waits for its secret."""
    match scene.state.way:
        case "key":
            return await _key(scene, told)
        case "login":
            return await _login(scene, told.words), None
        case _:
            return await _register(scene, told), None


async def _key(scene: Scene[KeyState], told: SentSecret) -> tuple[KeyState, str | None]:
    state, found = scene.state, key_and_secret(told.words)
    key, secret = found.name or told.key, found.proof
    if key is None:
        # A secret alone is not kept until its key comes.
        trouble = scene.say("linkkey.no_key" if secret is None else "linkkey.secret_alone")
        return state.fresh(given={}, trouble=trouble), None
    if secret is None:
        same = scene.say("linkkey.no_secret") if found.name is None else ""
        return state.fresh(given={"api_key": hinted(key)}, trouble=same), key
    service = Service(state.service)
    await _show_checking(scene)
    await scene.services.signins.with_key(scene.user_id, service, key, secret)
    return _linked(state), None


async def _login(scene: Scene[KeyState], words: str) -> KeyState:
    state = scene.state
    found = name_and_password(words, state.given.get("username"))
    if found.name is None or found.proof is None:
        return state.fresh(given={"username": found.name} if found.name else {})
    await _show_checking(scene)
    try:
        await scene.services.signins.with_login(scene.user_id, found.name, found.proof)
    except Rejected as error:
        # Both are asked for again: which of the two was wrong no site tells.
        faults = dict(error.fields) or {"": error.message or scene.say.label("linkkey.wrong_login")}
        return state.fresh(given={}, faults=faults)
    return _linked(state)


async def _register(scene: Scene[KeyState], told: SentSecret) -> KeyState:
    state, words = scene.state, told.words.strip()
    if state.step != "password":
        if not words or len(words.split()) > 1:
            return state.fresh(trouble=scene.say("linkkey.one_word"))
        return state.fresh(given={**state.given, str(state.step): words})
    await _show_checking(scene)
    given = state.given
    try:
        await scene.services.signins.with_registration(
            scene.user_id,
            given["username"],
            words,
            given["email"],
            given.get("invite_code") or None,
            again=told.again,
        )
    except AccountOpened:
        trouble = scene.say("linkkey.opened", service=service_name(scene.say, state.service))
        return state.fresh(way="login", given={"username": given["username"]}, trouble=trouble)
    except Rejected as error:
        faults = dict(error.fields) or {"": error.message or str(problems.sentence(scene.say, error))}
        return state.fresh(given={k: v for k, v in given.items() if k not in faults}, faults=faults)
    return _linked(state)


def _linked(state: KeyState) -> KeyState:
    return state.fresh(linked=True, given={})


def _refused(scene: Scene[KeyState], error: Exception) -> KeyState:
    """Return the state after a try that failed: what was sent is not kept, so it is asked for again."""
    say, state = scene.say, scene.state
    if isinstance(error, NotAuthorized):
        words = error.message or say.label("linkkey.wrong_key")
        return state.fresh(given={}, faults={"api_key": words})
    trouble = problems.sentence(say, error)
    if isinstance(error, ClientError):
        trouble = Html(f"{trouble}\n{say('linkkey.again')}")
    kept = {} if state.way != "register" else state.given
    return state.fresh(given=kept, trouble=trouble)


async def _show_checking(scene: Scene[KeyState]) -> None:
    """Say what is going on; that it cannot be said does not stop it."""
    if scene.card is None:
        return
    try:
        await display(scene.home, scene.card, keys.checking(scene))
    except TelegramError as error:
        log.info("card_not_shown", error=type(error).__name__)


def hinted(key: str) -> str:
    """Return the ends of a key, by which its owner knows it."""
    return key if len(key) <= 2 * SHOWN + 3 else f"{key[: SHOWN + 3]}…{key[-SHOWN:]}"


async def leave(context: LinkHiveContext, card: Card) -> None:
    """Take the card away that asked, after /cancel."""
    await cards.close(context.home, card)


async def _ending(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard:
    """Tell that a login ends soon, with the button to log in again; what is told stays."""
    say, service = scene.say, str(payload.get("service", ""))
    name, ends_at = service_name(say, service), float(payload.get("ends_at") or 0.0)
    text = say("link.ending", service=name, date=dates.shown(scene, ends_at, dates.MINUTE))
    again = Press(say.label("button.link", service=name), problems.LINK_STEP, service)
    return OutgoingCard(NOTICE.name, NoticeState(), View(text, ([again],)))


def register(home: LinkHiveApplication) -> None:
    """Take what linking cards ask for, and tell of logins that end."""
    home.card(keys.ROUTE)
    home.notice("link_ending", _ending)
    home.dialog(ASK, answer, leave, stays=True)
