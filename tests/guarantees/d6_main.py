"""Steps of a person from linking to saving, for faults at each of them."""

from tests.e2e import ways
from tests.e2e.words import Words
from tests.guarantees.d6_scene import Act, Scene, Step

SAY = Words("zh")
SURL = "https://disk.top/s/8d2f3a"


async def finish_hdhive(s: Scene) -> Act:
    payload = await s.payload("hdhive")
    return lambda: s.person.start(payload)


async def finish_disktop(s: Scene) -> Act:
    payload = await s.payload("disktop")
    return lambda: s.person.start(payload)


async def search(s: Scene) -> Act:
    return lambda: s.person.send("沙丘")


async def title(s: Scene) -> Act:
    listed = await ways.titles(s.person, SAY)
    return lambda: s.person.press(listed, ways.number_of(listed, ways.YEAR))


async def resources(s: Scene) -> Act:
    return await title(s)


async def price(s: Scene) -> Act:
    slug = ways.resource(s.box, "quark", 5).slug
    return lambda: s.person.send(f"/unlock {slug}")


async def confirm(s: Scene) -> Act:
    card = await ways.asked(s.person, SAY, ways.resource(s.box, "quark", 5).slug)
    return lambda: s.person.press(card, SAY("button.confirm"))


async def check_in(s: Scene) -> Act:
    return lambda: s.person.send("/checkin")


async def check_links(s: Scene) -> Act:
    return lambda: s.person.send(f"https://pan.quark.cn/s/alive{s.number:06d}")


async def check_share(s: Scene) -> Act:
    return lambda: s.person.send(f"/check https://disk.top/s/51f11e {s.number}")


async def look(s: Scene) -> Act:
    return lambda: s.person.send(f"/save {SURL}")


async def save(s: Scene) -> Act:
    await s.person.send(f"/save {SURL}")
    card = await s.until("button.save_all")
    return lambda: s.person.press(card, SAY("button.save_all"))


async def accounts(s: Scene) -> Act:
    return lambda: s.person.send("/accounts")


async def panel(s: Scene) -> Act:
    return lambda: s.person.send("/start")


STEPS: tuple[Step, ...] = (
    ("hdhive", finish_hdhive),
    ("disktop", finish_disktop),
    ("tmdb", search),
    ("tmdb", title),
    ("hdhive", resources),
    ("hdhive", price),
    ("hdhive", confirm),
    ("hdhive", check_in),
    ("linkcheck", check_links),
    ("disktop", check_share),
    ("disktop", look),
    ("disktop", save),
    ("hdhive", accounts),
    ("disktop", panel),
)
