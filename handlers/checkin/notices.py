"""What people are told of the check-ins that ran themselves: each one's end, or a week's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from handlers.application import LinkHiveApplication
from handlers.checkin import command as checkin
from handlers.checkin.history import HISTORY, HistoryState, day_line, picture, totals
from handlers.dates import month_and_day
from handlers.problems import CHECKIN_STEP, link_button
from handlers.scenes import OutgoingCard, Route, Scene, State
from handlers.texts import Html
from handlers.views import Button, Open, Press, View
from services.beijing import day_of
from services.checkins.late import NOT_KNOWN
from services.names import Service
from storage import checkins
from storage.checkins import UNENDED, CheckInRow

WEEK = 7


class EndState(State):
    """Which rows are told of, oldest first."""

    rows: tuple[int, ...] = ()


async def show(scene: Scene[EndState]) -> View:
    """Tell how check-ins ended, with the next step where one is needed."""
    say, found = scene.say, await _rows(scene, scene.state.rows)
    close = Press(say.label("button.close"), "close")
    if not found:
        return View(say("card.closed"), ([close],))
    last = found[-1]
    lines = [_sentence(scene, last)]
    if last.points is not None:
        lines.append(say("checkin.balance", points=last.points))
    if last.words and last.state != "done":
        lines.append(say("checkin.words", words=last.words))
    lines += [day_line(scene, row) for row in reversed(found[:-1])]
    more = [Press(say.label("button.checkin_history"), "history"), close]
    return View(Html("\n".join(lines)), (_next_step(scene, last), more))


def _sentence(scene: Scene[EndState], row: CheckInRow) -> Html:
    if row.state == "done" and row.gained is not None:
        key = "checkins.told.gained" if row.gained >= 0 else "checkins.told.unlucky"
        return scene.say(key, points=f"{row.gained:+d}")
    day = date.fromisoformat(row.day)
    if row.state == "premium" or day == day_of(scene.services.clock.now()):
        return scene.say(f"checkins.told.{row.state}")
    # The others speak of today, and are read on another day.
    key = row.reason.lower() if row.reason in NOT_KNOWN else row.state
    return scene.say(f"checkins.earlier.{key}", date=month_and_day(scene.say, day))


def _next_step(scene: Scene[EndState], row: CheckInRow) -> list[Button]:
    say = scene.say
    if row.state == "lost":
        return [link_button(scene, Service.HDHIVE), Press(say.label("settings.button.checkin"), "auto")]
    if row.state in ("premium", "refused"):
        site = Open(say.label("button.web"), scene.home.policy.hdhive_url)
        return [site, Press(say.label("settings.button.checkin"), "auto")]
    return [Press(say.label("button.checkin"), CHECKIN_STEP)] if row.state == "missed" else []


async def _rows(scene: Scene[Any], ids: Sequence[int]) -> list[CheckInRow]:
    found = [await scene.services.db.read(lambda tx, id_=id_: checkins.get(tx, id_)) for id_ in ids]  # type: ignore[misc]
    # One that is tried again meanwhile, its account linked anew, has an end to come.
    return [row for row in found if row is not None and row.state not in UNENDED]


async def ended(scene: Scene[Any], payload: Mapping[str, Any]) -> OutgoingCard | None:
    """Tell of one check-in."""
    return await several(scene, [payload])


async def several(scene: Scene[Any], payloads: Sequence[Mapping[str, Any]]) -> OutgoingCard | None:
    """Tell of all that waited for the end of the quiet hours; one that is forgotten is not told."""
    state = EndState(rows=tuple(int(payload["row"]) for payload in payloads))
    if not await _rows(scene, state.rows):
        return None
    return OutgoingCard(END.name, state, await show(scene.at(state)))


async def week(scene: Scene[Any], _payload: Mapping[str, Any]) -> OutgoingCard | None:
    """Tell of a week, with its picture."""
    return await weeks(scene, [_payload])


async def weeks(scene: Scene[Any], _payloads: Sequence[Mapping[str, Any]]) -> OutgoingCard | None:
    """Tell of the last seven days, however many digests waited."""
    say, history = scene.say, await scene.services.checkins.history(scene.user_id)
    rows = history.of(WEEK)
    lines = [
        say("checkins.week"),
        totals(scene, rows, WEEK),
        say.plural("checkins.streak", history.streak),
        "",
        *(day_line(scene, row) for row in reversed(rows)),
    ]
    buttons = [Press(say.label("settings.button.checkin"), "auto"), Press(say.label("button.close"), "close")]
    view = View(Html("\n".join(lines).strip()), (buttons,), photo=await picture(scene, history))
    return OutgoingCard(HISTORY.name, HistoryState(), view)


END = Route(
    "checkin_end",
    EndState,
    show,
    {"history": checkin.to_history, "auto": checkin.to_auto},
    private=True,
)


def register(home: LinkHiveApplication) -> None:
    """Tell of check-ins."""
    home.card(END)
    home.notice("checkin", ended, fold=several)
    home.notice("checkin_week", week, fold=weeks)
