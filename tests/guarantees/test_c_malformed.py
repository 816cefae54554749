"""C4: malformed or unknown updates never stop the bot."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.intake.deliver import delivery_to, read
from bot.intake.dispatch import Unreadable
from bot.intake.updates import BadUpdate, chat_key, update_id
from bot.wiring import House, linkhive
from storage.inbox import Entry
from tests.bot.intake_parts import until
from tests.conftest import settings_of
from tests.guarantees import c_delivery as delivery
from tests.guarantees.c_fuzz import Fuzz
from tests.guarantees.figures import at_least, exactly, size


@pytest.fixture(autouse=True)
def _no_tracebacks() -> Iterator[None]:
    """Draw no tracebacks: what is counted here would take minutes to draw."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[tuple[House, delivery.Recorder]]:
    async with delivery.recording(delivery.Recorder()) as (recorder, env):
        env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'linkhive.db'}"
        async with linkhive(settings_of(env)) as house:
            # What is paced for people would only be waited for here.
            house.application.bot._rate_limiter = None
            yield house, recorder


async def test_c4_fuzzed_updates_are_read_and_routed(place: tuple[House, delivery.Recorder]) -> None:
    """Every update through shape, python-telegram-bot's own type, and every handler's filter."""
    house, _ = place
    most, fuzz, became = size(5_000, 1_000_000), Fuzz(1), Counter[str]()
    handlers = [handler for group in house.application.handlers.values() for handler in group]
    for _ in range(most):
        became[route(house, handlers, fuzz.update())] += 1
    told = f"({became['taken']:,} for a handler, {became['aside']:,} set aside)"
    at_least("C4", f"fuzzed updates read and routed {told}", most, most)
    exactly(
        "C4",
        "unhandled while reading and routing",
        became.total() - became["taken"] - became["aside"] - became["nobody"],
    )


def route(house: House, handlers: list[Any], raw: dict[str, Any]) -> str:
    """Tell what becomes of an update."""
    try:
        entry = Entry(update_id(raw), chat_key(raw), raw, 1.0)
        update = read(house.application, entry)
        wanted = [handler.check_update(update) not in (None, False) for handler in handlers]
    except (Unreadable, BadUpdate):
        return "aside"
    except Exception as error:
        logging.getLogger(__name__).exception("unhandled: %r", raw)
        return f"unhandled {type(error).__name__}"
    # The first two see every update there is.
    return "taken" if sum(wanted) > 2 else "nobody"


async def test_c4_fuzzed_updates_pass_the_whole_application(place: tuple[House, delivery.Recorder]) -> None:
    """Through the hand into the whole application, its database and a Bot API over a socket."""
    house, recorder = place
    most, fuzz, failed, aside = size(1000, 60_000), Fuzz(2), Counter[str](), 0
    hand = delivery_to(house.application)
    for _ in range(most):
        raw = fuzz.update()
        try:
            await hand(Entry(update_id(raw), chat_key(raw), raw, house.services.clock.now()), False)
        except Unreadable:
            aside += 1
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            failed[f"{type(error).__name__}: {error}"[:200]] += 1
    at_least("C4", f"fuzzed updates through the whole application ({aside:,} set aside)", most, most)
    exactly("C4", "unhandled in it", failed.total()) if not failed else pytest.fail(
        str(failed.most_common(8))
    )
    answers = recorder.sent.total()
    assert answers > 0


async def test_c4_the_intake_goes_on(place: tuple[House, delivery.Recorder]) -> None:
    """Stored, worked off or set aside, and the next person is answered."""
    house, recorder = place
    most, fuzz = size(500, 20_000), Fuzz(3)
    kept = [raw for raw in (fuzz.update() for _ in range(most)) if readable(raw)]
    for start in range(0, len(kept), 100):
        await house.store.accept(kept[start : start + 100])
    await until(lambda: house.store.quiet, 300)
    await house.store.accept([delivery.update(4_000_000_000)])
    person = delivery.PERSONS + 4_000_000_000
    await until(lambda: recorder.sent[person], 30)
    failed = house.metrics.updates.labels("failed")._value.get()
    at_least("C4", "fuzzed updates through inbox and workers", len(kept), most * 0.99)
    exactly("C4", "updates that had to be tried again", int(failed))


def readable(raw: dict[str, Any]) -> bool:
    try:
        update_id(raw)
    except BadUpdate:
        return False
    return True
