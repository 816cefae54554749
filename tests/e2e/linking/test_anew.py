"""Another account is linked while something is done with the first: it stops, and says so."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import LAOCHEN, linked
from tests.driver import Control, Person
from tests.e2e.process import until
from tests.e2e.shares.sharecard import SINGLE, in_drive, with_label
from tests.e2e.words import Words


async def test_a_save_stops_where_another_drive_is_linked(
    bot: House, person: Person, people: dict[int, Person], say: Words, box: Sandbox, control: Control
) -> None:
    first, second = person, people[LAOCHEN]
    before = in_drive(box, first), in_drive(box, second)
    await linked(person, "disktop")
    await person.send(f"/save https://disk.top/s/{SINGLE}")
    card = await person.until(with_label(say("button.save")))
    await control.fault("disktop", "*/quota", "delay", seconds=3.0)
    await person.press(card, say("button.save"))
    await until(lambda: not box.world.faults.waiting, "it is asked for the space")
    await linked(person, "disktop", account=LAOCHEN)
    stopped = await person.until(say("problem.relinked", service="Disk.Top"))
    assert (in_drive(box, first), in_drive(box, second)) == before
    await person.press(stopped, say("button.retry"))
    await person.until(say.starts("save.done"))
    assert in_drive(box, first) == before[0]
    assert len(in_drive(box, second) - before[1]) == 1
