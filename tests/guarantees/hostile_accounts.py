"""The cards of linking by hand and of accounts, filled with hostile strings."""

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

from clients.acgbt.models import Key, NewKey, Profile
from clients.credentials import ApiKey
from clients.mika.models import Profile as MikaProfile
from handlers.accounts import acgbt as accountacgbt, keys as accountkeys, mika as accountmika
from handlers.accounts.state import AcgbtState, MikaState
from handlers.linking import keys as linkkeys
from handlers.linking.done import done
from handlers.linking.state import KeyState, Way
from handlers.views import View
from services.linking.oauth import Linked
from storage.links import Link
from tests.guarantees import hostile_acgbt
from tests.guarantees.hostile import Stage

FIELDS = ("api_key", "username", "email", "password", "invite_code", "")


def stage(s: Stage) -> Stage:
    """Let the services' accounts be hostile as well."""
    w = s.words

    async def profile(*_: object) -> Profile:
        told = {"id": 1, "username": w(), "avatar": w(), "role": w(), "created_at": "2026-01-01 00:00:00"}
        return Profile.model_validate(told)

    async def keys(*_: object) -> tuple[Key, ...]:
        told = [{"name": w(), "api_key": w(), "permissions": [w(), w()], "rate_limit": n} for n in range(20)]
        return tuple(Key.model_validate(one) for one in told)

    async def mika(*_: object) -> MikaProfile:
        told = {"id": 1, "username": w(), "nickname": w(), "avatar": w(), "vip_level": 2, "points": 3}
        return MikaProfile.model_validate({**told, "vip_expire": "2027-12-31"})

    async def own(*_: object) -> ApiKey:
        return ApiKey("k", "s")

    async def read(_work: object) -> None:
        return None

    here = SimpleNamespace(profile=profile, keys=keys, link=lambda place: f"https://example.com/{place}")
    there = SimpleNamespace(profile=mika, link=lambda place: place)
    given: Any = s.services
    given.acgbt, given.mika = here, there
    given.require_acgbt, given.require_mika = (lambda: here), (lambda: there)
    given.credentials = SimpleNamespace(call=hostile_acgbt.call, maybe=own)
    given.db = SimpleNamespace(read=read)
    return s


def _asking(way: Way, service: str) -> Callable[[Stage], Awaitable[View]]:
    async def card(s: Stage) -> View:
        s = stage(s)
        known = {"key": ("api_key",), "login": (), "register": ("username", "email")}[way]
        state = KeyState(
            service=service,
            way=way,
            given={name: s.words() for name in known},
            faults={name: s.words() for name in FIELDS},
            left=True,
        )
        return await linkkeys.show(s.scene.at(state))

    return card


async def _done(s: Stage) -> View:
    s = stage(s)
    facts: dict[str, Any] = dict.fromkeys(("account_id", "refresh_token", "expires_at", "refresh_expires_at"))
    facts |= {"id": 1, "user_id": 1, "service": "acgbt", "access_token": "", "scopes": (), "state": "active"}
    link = Link(**facts, account_name=s.words() or "x", version=1, created_at=0.0, updated_at=0.0)
    return done(s.scene, Linked(link, ()))


async def _profile(s: Stage) -> View:
    return await accountacgbt.show(stage(s).scene.at(AcgbtState()))


async def _avatar(s: Stage) -> View:
    state = AcgbtState(page="avatar", faults={"avatar": s.words()})
    return await accountacgbt.show(stage(s).scene.at(state))


async def _keys(s: Stage) -> View:
    return await accountacgbt.show(stage(s).scene.at(AcgbtState(page="keys", old="x")))


async def _draft(s: Stage) -> View:
    w = s.words
    faults = {name: w() for name in ("name", "permissions", "rate_limit", "")}
    return await accountacgbt.show(stage(s).scene.at(AcgbtState(page="new", name=w(), faults=faults)))


async def _secret(s: Stage) -> View:
    told = {"name": s.words() or "x", "api_key": "ak_1", "api_secret": "s" * 300}
    return accountkeys.secret_view(stage(s).scene.at(AcgbtState(page="new")), NewKey.model_validate(told))


async def _mika(s: Stage) -> View:
    faults = {name: s.words() for name in ("nickname", "avatar", "")}
    return await accountmika.show(stage(s).scene.at(MikaState(faults=faults)))


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "key asked for": _asking("key", "acgbt"),
    "login asked for": _asking("login", "mika"),
    "registration": _asking("register", "mika"),
    "linked by hand": _done,
    "ACGBT's profile": _profile,
    "ACGBT's picture": _avatar,
    "ACGBT's keys": _keys,
    "draft of a key": _draft,
    "secret of a key": _secret,
    "Mika's profile": _mika,
}
