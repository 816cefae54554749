"""ACGBT's account: the profile, its picture, and the way to its keys."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from telegram import Update

from clients.acgbt.models import AVATAR_BYTES, Profile
from clients.acgbt.pictures import allowed_avatar
from clients.errors import Rejected
from handlers import asking, cards, dates, problems
from handlers.accounts import keys
from handlers.accounts.state import ACCOUNTS, ACGBT, AccountsState, AcgbtState
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.linking import command as linking, state as linkstate
from handlers.patience import typing
from handlers.problems import service_name
from handlers.publish import answers as publishtake
from handlers.scenes import Route, Scene, Switch
from handlers.sizes import size
from handlers.texts import Html
from handlers.upload.files import content_of, file_of, in_words
from handlers.views import Press, Row, View, opens
from services.names import Service
from services.uploads import Source
from storage.cards import Card
from storage.dialogs import Dialog

ASK = "acgbt.avatar"


async def show(scene: Scene[AcgbtState]) -> View:
    """Show a page of the account."""
    match scene.state.page:
        case "keys":
            return await keys.show_keys(scene)
        case "new":
            return keys.show_draft(scene)
        case "avatar":
            return _avatar_question(scene)
    client = scene.services.require_acgbt()
    profile = await scene.services.credentials.call(scene.user_id, Service.ACGBT, client.profile)
    picture = client.link(profile.avatar or "") or ""
    lines = [Html(scene.state.said)] if scene.state.said else []
    text = Html("\n".join([*lines, *_profile(scene, profile)]))
    return View(text, _rows(scene), picture=picture if opens(picture) else None)


def _profile(scene: Scene[AcgbtState], profile: Profile) -> list[Html]:
    say = scene.say
    lines = [say("account.linked", service=service_name(say, Service.ACGBT), name=profile.username)]
    lines.append(say.either(f"acgbt.role.{profile.role}", "acgbt.role", role=profile.role))
    if profile.created_at is not None:
        lines.append(say("account.since", date=dates.shown(scene, profile.created_at)))
    return lines


def _rows(scene: Scene[AcgbtState]) -> list[Row]:
    say = scene.say
    pages = [Press(say.label("button.avatar"), "avatar"), Press(say.label("button.keys"), "keys")]
    return [pages, *tail(scene, Service.ACGBT)]


def tail(scene: Scene[Any], service: Service) -> list[Row]:
    """Return the buttons that every account's card ends with."""
    say, name = scene.say, service_name(scene.say, service)
    relink = Press(say.label("button.relink", service=name), "link", service)
    unlink = Press(say.label("button.unlink", service=name), "unlink", service)
    back = [Press(say.label("button.back"), "accounts"), Press(say.label("button.close"), cards.CLOSE)]
    return [[relink, unlink], back]


async def to_link(scene: Scene[Any], arg: str) -> Switch:
    """Go on to linking again."""
    return await linkstate.way(scene, arg)


async def to_unlink(_scene: Scene[Any], arg: str) -> Switch:
    """Go on to unlinking."""
    return Switch(linking.UNLINK.name, linking.UnlinkState(service=linkstate.service_of(arg)))


async def to_accounts(_scene: Scene[Any], _arg: str) -> Switch:
    """Go back to all accounts."""
    return Switch(ACCOUNTS, AccountsState())


async def to_profile(scene: Scene[AcgbtState], _arg: str) -> AcgbtState:
    """Go back to the profile; what was asked for is asked no more."""
    if scene.card is not None:
        await asking.leave(scene, scene.card.id)
    return scene.state.turned("")


async def ask_avatar(scene: Scene[AcgbtState], _arg: str) -> AcgbtState:
    """Ask for a picture or its address."""
    if scene.card is not None:
        await asking.expect(scene, ASK, scene.card.id)
    return scene.state.turned("avatar")


def _avatar_question(scene: Scene[AcgbtState]) -> View:
    say = scene.say
    lines = [say("acgbt.fault", words=words) for words in scene.state.faults.values()]
    lines.append(say("acgbt.ask_avatar", most=size(AVATAR_BYTES)))
    return View(Html("\n".join(lines)), ([Press(say.label("button.back"), "profile")],))


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the address of a picture."""
    scene = await _asking(update, context, dialog)
    if scene is None:
        return
    message = message_of(update)
    found = in_words(message.text or message.caption or "")
    if len(found) != 1:
        await _post(scene, scene.say.label("acgbt.no_address"))
    elif fault := await _fault(scene, found[0]):
        await _post(scene, fault)
    else:
        await _try(scene, _set(scene, found[0]))


async def _fault(scene: Scene[AcgbtState], address: str) -> str | None:
    """Return what is wrong with an address, before ACGBT hears of it; None where nothing is that we see."""
    async with typing(scene.home.bot, scene.chat_id):
        (look,) = await scene.services.publishing.look([address])
    return None if look in publishtake.GOOD else publishtake.bad_picture(scene.say, address, look)


async def sent(update: Update, context: LinkHiveContext, dialog: Dialog) -> bool:
    """Take a picture that was sent: its kind and size are looked at before anything leaves."""
    scene = await _asking(update, context, dialog)
    source = None if scene is None else file_of(scene, message_of(update))
    if scene is None or source is None:
        return False
    await _try(scene, _upload(scene, source))
    asked = await cards.asking(context.home, dialog)
    if asked is not None:
        await cards.drop(context.home, asked)
    return True


async def _try(scene: Scene[AcgbtState], change: Awaitable[object]) -> None:
    """Change the picture and go on below the answer, also where that does not work."""
    try:
        await change
    except Rejected as error:
        await _post(scene, _words(scene, error))
    except problems.KNOWN as error:
        await cards.post(scene, ACGBT, cards.trouble(ROUTE, scene, error, ("avatar", "")))
    else:
        await _post(scene, None)


async def _set(scene: Scene[AcgbtState], address: str) -> str:
    client = scene.services.require_acgbt()
    return await scene.services.credentials.call(
        scene.user_id, Service.ACGBT, lambda who: client.set_avatar(who, address)
    )


async def _upload(scene: Scene[AcgbtState], source: Source) -> None:
    if (source.size or 0) > AVATAR_BYTES:
        raise Rejected(Service.ACGBT, "upload_avatar", "avatar_size")
    if not (source.mime or "image/").startswith("image/"):
        raise Rejected(Service.ACGBT, "upload_avatar", "avatar_type")
    client, name = scene.services.require_acgbt(), source.name
    data = await content_of(scene, source, AVATAR_BYTES)
    mime = allowed_avatar(Service.ACGBT, data)
    await scene.services.credentials.call(
        scene.user_id, Service.ACGBT, lambda who: client.upload_avatar(who, name, data, mime)
    )


def _words(scene: Scene[AcgbtState], error: Rejected) -> str:
    key = f"acgbt.{error.code}"
    if key in scene.say:
        return scene.say.label(key, most=size(AVATAR_BYTES))
    return next(iter(error.fields.values()), None) or error.message or scene.say.label("acgbt.refused")


async def _asking(update: Update, context: LinkHiveContext, dialog: Dialog) -> Scene[AcgbtState] | None:
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != ACGBT:
        return None
    return cards.scene_of(update, context, ROUTE.load(asked.state))


async def _post(scene: Scene[AcgbtState], fault: str | None) -> None:
    """Ask again below the answer, or show the profile with its new picture."""
    if fault is None:
        state = scene.state.turned("", said=scene.say("acgbt.avatar_set"))
    else:
        state = scene.state.turned("avatar", faults={"avatar": fault})
    scene = scene.at(state)
    card = await cards.post(scene, ACGBT, await cards.shown(ROUTE, scene))
    if fault is not None:
        await asking.expect(scene, ASK, card.id)


async def leave(context: LinkHiveContext, card: Card) -> None:
    """Take the question away after /cancel."""
    await cards.drop(context.home, card)


ROUTE: Route[AcgbtState] = Route(
    ACGBT,
    AcgbtState,
    show,
    {
        "avatar": ask_avatar,
        "profile": to_profile,
        "link": to_link,
        "unlink": to_unlink,
        "accounts": to_accounts,
        **keys.ACTIONS,
    },
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Show the account."""
    home.card(ROUTE)
    home.dialog(ASK, answered, leave, file=sent)
