"""Steps of a person who links by key or login and looks after accounts, for faults at each of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from storage import links
from tests.e2e.linking.keyed import acgbt_of, link_acgbt, link_mika, mika_of
from tests.e2e.words import Words

SAY = Words("zh")
Act = Callable[[], Awaitable[object]]


async def fresh(s: Any) -> None:
    """Link again what an earlier fault has lost."""
    for service, again in (("acgbt", link_acgbt), ("mika", link_mika)):
        link = await s.house.db.read(lambda tx, of=service: links.get(tx, s.person.id, of))
        if link is None or link.state != "active":
            await again(s.person)


async def bring_key(s: Any) -> Act:
    own = acgbt_of(s.box, s.person.id)
    return lambda: s.person.send(f"/link acgbt {own.key} {own.secret}")


async def log_in(s: Any) -> Act:
    own = mika_of(s.person.id)
    return lambda: s.person.send(f"/link mika {own.name} {own.password}")


async def register(s: Any) -> Act:
    await s.person.send("/link mika")
    await s.person.press(await s.until("button.way_register"), SAY("button.way_register"))
    for asked, answer in (("username", f"new{s.number}"), ("email", "new@example.com")):
        await s.person.until(SAY(f"linkkey.next.{asked}"))
        await s.person.send(answer)
    await s.person.press(await s.until("button.no_invite"), SAY("button.no_invite"))
    await s.person.until(SAY("linkkey.next.password"))
    return lambda: s.person.send("long-enough-1")


async def _account(s: Any, service: str) -> Any:
    await s.person.send("/accounts")
    label = SAY("button.details", service=SAY(f"service.{service}"))
    await s.person.press(await s.person.until(lambda m: m.find(label) is not None), label)
    return await s.person.until(SAY.starts("account.since"))


async def _keys(s: Any) -> Any:
    await s.person.press(await _account(s, "acgbt"), SAY("button.keys"))
    return await s.until("button.rotate")


async def own_keys(s: Any) -> Act:
    card = await _account(s, "acgbt")
    return lambda: s.person.press(card, SAY("button.keys"))


async def make_key(s: Any) -> Act:
    await s.person.press(await _keys(s), SAY("button.new_key"))
    card = await s.until("button.make_key")
    return lambda: s.person.press(card, SAY("button.make_key"))


async def replace_key(s: Any) -> Act:
    card = await _keys(s)
    return lambda: s.person.press(card, SAY("button.rotate"))


async def change_picture(s: Any) -> Act:
    await s.person.press(await _account(s, "acgbt"), SAY("button.avatar"))
    await s.person.until(SAY.starts("acgbt.ask_avatar"))
    return lambda: s.person.send("https://example.com/me.png")


async def change_name(s: Any) -> Act:
    await s.person.press(await _account(s, "mika"), SAY("button.nickname"))
    await s.person.until(SAY("mika.ask_nickname"))
    return lambda: s.person.send("小蜜蜂")


STEPS: tuple[tuple[str, Callable[[Any], Awaitable[Act]]], ...] = (
    ("acgbt", bring_key),
    ("mika", log_in),
    ("mika", register),
    ("acgbt", own_keys),
    ("acgbt", make_key),
    ("acgbt", replace_key),
    ("acgbt", change_picture),
    ("mika", change_name),
)
