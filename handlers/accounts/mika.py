"""Mika's account: points, VIP, and the name and picture one is seen with."""

from __future__ import annotations

from typing import Any

from clients.errors import Rejected
from clients.mika.models import Profile
from handlers import dates, fieldask
from handlers.accounts.acgbt import tail, to_accounts, to_link, to_unlink
from handlers.accounts.state import MIKA, MikaState
from handlers.application import LinkHiveApplication
from handlers.problems import service_name
from handlers.scenes import InvalidPress, Route, Scene, Switch
from handlers.texts import Html
from handlers.views import Press, View, opens
from services.names import Service
from storage import links

NICKNAME_LIMIT, AVATAR_LIMIT = 60, 500


async def show(scene: Scene[MikaState]) -> View:
    """Show the account, below what came of the last change."""
    say, client = scene.say, scene.services.require_mika()
    profile = await scene.services.credentials.call(scene.user_id, Service.MIKA, client.profile)
    picture = client.link(profile.avatar) or ""
    lines = [say.either(f"mika.fault.{n}", "mika.fault", words=w) for n, w in scene.state.faults.items()]
    lines += [Html(scene.state.said)] if scene.state.said else []
    lines += [*_profile(scene, profile), *await _ends(scene)]
    change = [Press(say.label("button.nickname"), "nickname"), Press(say.label("button.avatar"), "avatar")]
    rows = [change, *tail(scene, Service.MIKA)]
    return View(Html("\n".join(lines)), rows, picture=picture if opens(picture) else None)


def _profile(scene: Scene[MikaState], profile: Profile) -> list[Html]:
    say, name = scene.say, profile.nickname or profile.username
    lines = [say("account.linked", service=service_name(say, Service.MIKA), name=name)]
    if profile.username and profile.username != name:
        lines.append(say("mika.username", name=profile.username))
    lines.append(say("account.points", points=profile.points))
    lines.append(_vip(scene, profile))
    if profile.created_at is not None:
        lines.append(say("account.since", date=dates.shown(scene, profile.created_at)))
    return lines


def _vip(scene: Scene[MikaState], profile: Profile) -> Html:
    if not profile.vip_level:
        return scene.say("mika.no_vip")
    if profile.vip_expire is None:
        return scene.say("account.vip", level=profile.vip_level)
    return scene.say("mika.vip_until", level=profile.vip_level, date=f"{profile.vip_expire:%Y-%m-%d}")


async def _ends(scene: Scene[MikaState]) -> list[Html]:
    """Tell when the login ends; a key does not."""
    link = await scene.services.db.read(lambda tx: links.get(tx, scene.user_id, Service.MIKA))
    if link is None or link.scheme != "token" or link.expires_at is None:
        return []
    return [scene.say("account.expires", date=dates.shown(scene, link.expires_at))]


async def ask_nickname(scene: Scene[MikaState], _arg: str) -> Switch:
    """Ask for another name."""
    return await fieldask.ask(
        scene.at(MikaState()), "nickname", "nicknamed", scene.say("mika.ask_nickname"), most=NICKNAME_LIMIT
    )


async def ask_avatar(scene: Scene[MikaState], _arg: str) -> Switch:
    """Ask for the address of another picture: Mika takes no file for it."""
    return await fieldask.ask(
        scene.at(MikaState()), "avatar", "pictured", scene.say("mika.ask_avatar"), most=AVATAR_LIMIT
    )


async def nicknamed(scene: Scene[MikaState], _arg: str) -> MikaState:
    """Change the name."""
    if not scene.state.nickname:
        # Pressed twice: the words were sent the first time.
        raise InvalidPress("nicknamed")
    return await _change(scene, nickname=scene.state.nickname)


async def pictured(scene: Scene[MikaState], _arg: str) -> MikaState:
    """Change the picture."""
    if not scene.state.avatar:
        raise InvalidPress("pictured")
    return await _change(scene, avatar=scene.state.avatar)


async def _change(scene: Scene[MikaState], **values: Any) -> MikaState:
    client = scene.services.require_mika()
    try:
        await scene.services.credentials.call(
            scene.user_id, Service.MIKA, lambda who: client.edit_profile(who, **values)
        )
    except Rejected as error:
        return MikaState(faults=dict(error.fields) or {"": error.message or ""})
    return MikaState(said=scene.say("mika.changed"))


ROUTE: Route[MikaState] = Route(
    MIKA,
    MikaState,
    show,
    {
        "nickname": ask_nickname,
        "nicknamed": nicknamed,
        "avatar": ask_avatar,
        "pictured": pictured,
        "link": to_link,
        "unlink": to_unlink,
        "accounts": to_accounts,
    },
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Show the account."""
    home.card(ROUTE)
