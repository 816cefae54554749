"""Who may not use the bot may not use it either where nobody could tell them so."""

from sandbox.server import Sandbox
from tests.conftest import XIAOYU, Start
from tests.driver import Control, Journal, Person
from tests.e2e.test_group_life import handled
from tests.e2e.words import Words

REFUSED = {"ok": False, "error_code": 400, "description": "Bad Request: message to be replied not found"}


async def test_a_refusal_that_does_not_arrive_opens_no_door(
    start: Start, ben: Person, control: Control, journal: Journal, box: Sandbox
) -> None:
    async with start(allowed_ids=str(XIAOYU)) as house:
        await control.fault("telegram", "*/sendMessage", "status", status=400, body=REFUSED)
        await ben.send("/check https://pan.quark.cn/s/alive0001")
        await handled(house, box)
        await ben.settled()
    assert not await journal.calls("linkcheck")
    assert not [message for message in await ben.messages() if message.buttons]


async def test_a_refusal_is_told_where_results_would_stand(start: Start, ben: Person) -> None:
    async with start(allowed_ids=str(XIAOYU)):
        answer = await ben.inline("Dune")
    assert answer.answered
    assert not answer.results
    assert answer.data["button"]["text"] == Words("en")("arrival.refused")
