"""`@bot TITLE` in any chat: titles with posters, no secret, a button into each reader's own private chat."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import GROUP, XIAOYU, Start, linked
from tests.driver import Control, Journal, Person
from tests.driver.browser import payload_of
from tests.e2e import ways
from tests.e2e.process import until
from tests.e2e.words import Words


async def test_titles_in_the_askers_language_with_posters(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    answer = await person.inline(ways.TITLE[say.language], chat=GROUP)
    assert answer.answered
    assert answer.results
    assert all(ways.TITLE[say.language] in result["title"] for result in answer.results)
    titles = [result for result in answer.results if result["id"].startswith("t_")]
    assert titles
    assert all(result["thumbnail_url"].endswith(".jpg") for result in titles)
    assert answer.data["button"]["text"] == say("inline.open")
    (asked,) = await journal.calls("telegram", path="*/answerInlineQuery")
    assert '"is_personal"' in asked.body or "is_personal" in asked.body
    (search,) = await journal.calls("tmdb", "GET", "/3/search/multi")
    assert search.query["language"] == {"zh": "zh-CN", "en": "en-US"}[say.language]


async def test_the_message_holds_no_secret_and_leads_each_reader_to_that_title(
    bot: House, people: dict[int, Person], control: Control
) -> None:
    asker, reader, en = people[1001], people[1002], Words("en")
    await linked(asker, "hdhive")
    await linked(reader, "hdhive")
    answer = await asker.inline("沙丘", chat=GROUP)
    chosen = next(result for result in answer.results if result["id"] == "t_movie_438631")
    message = await asker.choose(answer, chosen["id"], GROUP)
    assert not message.links
    assert "积分" not in message.text
    assert message.data["link_preview_options"]["url"].endswith(".jpg")
    (button,) = message.buttons
    payload = payload_of(button.url or "")
    assert payload == chosen["id"]
    await reader.start(payload)
    card = await reader.until(en("resource.points", points=3))
    assert "Dune" in card.text


async def test_results_come_in_pages(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    seen: list[str] = []
    offset, pages = "", 0
    while True:
        answer = await person.inline("e", offset=offset)
        assert len(answer.results) <= 20
        seen += [result["id"] for result in answer.results]
        pages, offset = pages + 1, answer.data["next_offset"]
        if not offset:
            break
    assert pages >= 2
    assert len(seen) == len(set(seen))
    for odd in ("-1", "x", "9" * 30, "٣"):
        assert (await person.inline("e", offset=odd)).answered


async def test_an_empty_query_and_nothing_found_say_what_to_do(
    bot: House, person: Person, say: Words
) -> None:
    empty = await person.inline("  ")
    assert empty.answered
    assert not empty.results
    assert empty.data["button"]["text"] == say("inline.hint")
    nothing = await person.inline("qwxzv zzz")
    assert not nothing.results
    assert nothing.data["button"]["text"] == say("inline.none", query="qwxzv zzz")
    await person.start(nothing.data["button"]["start_parameter"])
    await person.until(say("start.first_step"))
    long = await person.inline("q" * 256)
    assert len(long.data["button"]["text"]) <= 64


async def test_tmdb_down_is_said_and_not_remembered(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    for kind, more in (
        ("html", {}),
        ("status", {"status": 500}),
        ("bad_json", {}),
        ("retry_after", {"retry_after": 9}),
    ):
        await control.fault("tmdb", "/3/search/multi", kind, times=0, **more)
        answer = await person.inline(ways.TITLE[say.language])
        assert answer.answered
        assert answer.data["button"]["text"] == say("inline.down")
        await control.mend()
        again = await person.inline(ways.TITLE[say.language])
        assert not again.cached
        if again.results:
            # Found once, it is kept for a while: no fault shows any more.
            break
    assert again.results


async def test_a_slow_tmdb_is_not_waited_for(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.fault("tmdb", "/3/search/multi", "hang", times=0)
    answer = await person.inline(ways.TITLE[say.language])
    assert answer.answered
    assert answer.data["button"]["text"] == say("inline.down")


@pytest.mark.parametrize(
    ("words", "lines"),
    [("query is too old and response timeout expired or query ID is invalid", 0), ("RESULT_ID_INVALID", 1)],
)
async def test_an_answer_that_is_refused_is_logged_unless_the_query_is_over(
    start: Start, people: dict[int, Person], control: Control, words: str, lines: int
) -> None:
    body = {"ok": False, "error_code": 400, "description": f"Bad Request: {words}"}
    await control.fault("telegram", "*/answerInlineQuery", "status", status=400, body=body)
    with capture_logs() as told:
        async with start() as house:
            asking = asyncio.create_task(people[XIAOYU].inline("沙丘", chat=GROUP))
            await until(lambda: house.metrics.updates.labels("done")._value.get() == 1, "it is done")
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
    found = [line for line in told if line["event"] == "inline_answer_refused"]
    assert [line["reason"].casefold() for line in found] == [words.casefold()] * lines
