"""Links in posts that are forwarded, quoted or written below a command are found, with their own codes."""

import json
import re

from bot.wiring import House
from handlers.linking.device import picture
from sandbox.server import Sandbox
from tests.conftest import GROUP, Start, linked
from tests.driver import Journal, Person
from tests.e2e import ways
from tests.e2e.check.posts import forward, hidden, under_a_picture
from tests.e2e.hurried import Hurried
from tests.e2e.publish.publishing import asks, with_key
from tests.e2e.words import Words

ALIVE = "https://pan.quark.cn/s/alive0001"
OTHER = "https://pan.baidu.com/s/1alive0002"
FILM = "0123456789abcdef0123456789abcdef"


def checked(say: Words, number: int) -> str:
    return say("check.finished", n=number)


async def test_links_below_the_command_are_all_checked(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send(f"/check\n{ALIVE}\n{OTHER} 提取码：ab12")
    await person.until(checked(say, 2), 20)
    (made,) = await journal.calls("linkcheck", "POST", "/jobs")
    assert "alive0001" in json.dumps(made.json)


async def test_a_quoted_picture_hides_its_link_in_its_words(
    bot: House, person: Person, laochen: Person, say: Words, box: Sandbox
) -> None:
    post = forward(box, laochen, under_a_picture("沙丘 点击查看", "点击", ALIVE), GROUP)
    await person.send("/check", GROUP, reply_to=post)
    await person.until(checked(say, 1), 20, chat=GROUP)


async def test_the_asked_for_links_may_be_hidden_under_a_picture(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await person.send("/check")
    await person.until(say("check.ask"))
    forward(box, person, under_a_picture("🎬 沙丘 点击查看", "点击", ALIVE))
    await person.until(checked(say, 1), 20)


async def test_each_hidden_link_keeps_the_code_beside_it(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    text = "🎬 一 点击 提取码：aaaa\n二 点击 提取码：bbbb"
    await person.send(text, entities=hidden(text, "点击", ALIVE, OTHER))
    await person.until(checked(say, 2), 20)
    (made,) = await journal.calls("linkcheck", "POST", "/jobs")
    told = json.dumps(made.json)
    assert re.search(r"alive0001[^\s\"]*aaaa", told), told
    assert re.search(r"alive0002[^\s\"]*bbbb", told), told


async def test_a_share_asked_for_may_be_hidden(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    await person.send("/save")
    await person.until(say("save.ask_link"))
    text = "网盘 点击 提取码：1234"
    await person.send(text, entities=hidden(text, "点击", "https://disk.top/s/c0de12"))
    await person.until(lambda message: message.find(say("button.save_all")) is not None)


async def test_a_resource_asked_for_may_be_hidden(bot: House, person: Person, say: Words) -> None:
    await person.send("/unlock")
    await person.until(say("unlock.usage"))
    text = "沙丘 点击"
    await person.send(text, entities=hidden(text, "点击", f"https://hdhive.com/resource/{FILM}"))
    await person.until(say.starts("problem.not_linked"))


async def test_a_title_is_searched_without_what_else_a_post_holds(
    bot: House, person: Person, say: Words
) -> None:
    title = ways.TITLE[say.language]
    await person.send(title, entities=hidden(title, title, "https://movie.example.com/subject/1"))
    await person.until(ways.YEAR)
    await person.send(f"\n{title}\n导演：丹尼斯·维伦纽瓦\n片长：155 分钟")
    await person.until(ways.YEAR)


async def test_a_title_asked_for_may_stand_under_a_picture(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await person.send("/search")
    await person.until(say("search.ask"))
    forward(box, person, {**under_a_picture("", ""), "caption": ways.TITLE[say.language]})
    await person.until(ways.YEAR)


async def test_publishing_begun_in_a_group_has_no_title_yet(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await with_key(bot, box, person)
    await person.start("go_publish")
    card = await person.until(asks(say, "title"))
    assert "go_publish" not in card.text


async def test_pictures_of_one_post_get_one_answer(
    start: Start, clock: Hurried, person: Person, say: Words
) -> None:
    async with start(clock=clock, disktop_client_id=""):
        for number in range(4):
            more = {"caption": ALIVE} if not number else {}
            await person.send_photo(picture(f"picture {number}") or b"", album="post", **more)
        await person.until(checked(say, 1), 20, since=0)
        messages = await person.settled()
        assert not [message for message in messages if say("unknown.message") in message.text]
        for number in range(3):
            await person.send_photo(picture(f"other {number}") or b"", album="alone")
        await person.until(say("unknown.message"))
        messages = await person.settled()
        assert len([message for message in messages if say("unknown.message") in message.text]) == 1


async def test_no_press_brings_links_into_a_group(bot: House, person: Person, say: Words) -> None:
    await person.send(f"/check {ALIVE}", GROUP)
    card = await person.until(checked(say, 1), 20, chat=GROUP)
    card_id = str(card.button(say("button.close")).data).partition(":")[0]
    assert (await person.press_data(card, f"{card_id}:alive:")).text == say("card.old")
    answers = [message for message in await person.settled(0.3, GROUP) if message.author != person.id]
    assert not [message for message in answers if "alive0001" in message.text]
