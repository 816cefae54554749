"""How a run of link checks looks: headline, a verdict for each link, and what can be done next."""

from __future__ import annotations

from collections import Counter
from typing import Any

from clients.linkcheck.models import Verdict
from handlers import problems
from handlers.resources import drive_name
from handlers.scenes import Scene, State
from handlers.texts import Html, bold, code, link, plain
from handlers.views import Button, Copy, Press, Row, View, copies, pages_row
from services.linkchecks.linkchecks import MAX_LINKS, CheckedLink
from services.names import Service
from services.sharelinks.drives import Drive

LINKS_A_PAGE = 10
NAME_LIMIT, LABEL_LIMIT = 48, 24
SUMMED = {
    Verdict.ALIVE: "alive",
    Verdict.DEAD: "dead",
    Verdict.LOCKED: "locked",
    Verdict.UNCERTAIN: "unclear",
    Verdict.UNSUPPORTED: "unsupported",
}
ICONS = {
    None: "⏳",
    Verdict.ALIVE: "✅",
    Verdict.DEAD: "❌",
    Verdict.LOCKED: "🔒",
    Verdict.UNSUPPORTED: "▫️",
    Verdict.UNCERTAIN: "❔",
}


class CheckState(State):
    """The links, what is known of each, and the page that is shown."""

    items: tuple[CheckedLink, ...] = ()
    page: int = 0
    finished: bool = False
    stopped: bool = False
    cut: bool = False

    @property
    def done(self) -> int:
        """Return how many links have a verdict."""
        return sum(item.verdict is not None for item in self.items)

    @property
    def alive(self) -> list[CheckedLink]:
        """Return the links that are alive."""
        return [item for item in self.items if item.verdict is Verdict.ALIVE]

    @property
    def reasons(self) -> set[str | None]:
        """Return why links are unclear."""
        return {item.reason for item in self.items if item.verdict is Verdict.UNCERTAIN}


def draw(scene: Scene[Any], state: CheckState) -> View:
    """Return the card of a run: headline, verdicts, and what can be done next."""
    say = scene.say
    pages = -(-len(state.items) // LINKS_A_PAGE)
    page_ = max(0, min(state.page, pages - 1))
    first = page_ * LINKS_A_PAGE
    lines = [_headline(scene, state)]
    if state.done and len(state.items) > 1:
        lines.append(_summary(scene, state))
    if state.cut:
        lines.append(say("check.too_many", n=MAX_LINKS))
    lines.append(Html(""))
    shown = enumerate(state.items[first : first + LINKS_A_PAGE], first + 1)
    lines += [_line(scene, number, item) for number, item in shown]
    return View(Html("\n".join(lines)), [pages_row(say, "page", page_, pages), *_action_rows(scene, state)])


def _headline(scene: Scene[Any], state: CheckState) -> Html:
    say, n = scene.say, len(state.items)
    if state.stopped:
        return say("check.stopped", done=state.done, n=n)
    if state.finished:
        return say.plural("check.finished", n)
    return say.plural("check.running", n, done=state.done)


def _summary(scene: Scene[Any], state: CheckState) -> Html:
    counts = Counter(SUMMED[item.verdict] for item in state.items if item.verdict)
    parts = (
        scene.say(f"check.sum.{word}", n=counts[word])
        for word in dict.fromkeys(SUMMED.values())
        if counts[word]
    )
    return Html(" · ".join(parts))


def _line(scene: Scene[Any], number_: int, item: CheckedLink) -> Html:
    say = scene.say
    icon, drive = ICONS[item.verdict], Html(f"<b>{drive_name(say, item.drive)}</b>")
    word = _word(scene, item)
    # In a group neither addresses nor what lies behind them is repeated.
    if not scene.private:
        return say("check.row", number=number_, icon=icon, drive=drive, what=word)
    name = plain(item.share_name or item.url.partition("://")[2] or item.url, NAME_LIMIT)
    shown = link(name, item.url) if item.url.startswith("http") else code(name)
    facts = [shown, word]
    if item.expiration_label:
        facts.append(bold(plain(item.expiration_label, LABEL_LIMIT)))
    return say("check.row", number=number_, icon=icon, drive=drive, what=Html(" · ".join(facts)))


def _word(scene: Scene[Any], item: CheckedLink) -> Html:
    if item.verdict is None:
        return scene.say("check.word.waiting")
    if item.verdict is Verdict.LOCKED:
        return _lock(scene, item)
    word = f"check.word.{item.verdict}"
    return scene.say.either(f"check.reason.{item.reason}", word) if unclear(item) else scene.say(word)


def _lock(scene: Scene[Any], item: CheckedLink) -> Html:
    if item.code is None:
        return scene.say("check.lock.needed")
    # No code is repeated in a group.
    return (
        scene.say("check.lock.wrong", code=code(item.code))
        if scene.private
        else scene.say("check.lock.refused")
    )


def lone_locked(state: CheckState) -> CheckedLink | None:
    """Return the link whose code can be asked for: the only one that is locked."""
    locked = [item for item in state.items if item.verdict is Verdict.LOCKED]
    return locked[0] if len(locked) == 1 else None


def worth_again(state: CheckState, item: CheckedLink) -> bool:
    """Tell whether somebody may want a link checked once more; a dead one where it is the only one."""
    return unclear(item) or (item.verdict is Verdict.DEAD and len(state.items) == 1)


def unclear(item: CheckedLink) -> bool:
    """Tell whether another check may know more."""
    return item.verdict is Verdict.UNCERTAIN


def _action_rows(scene: Scene[Any], state: CheckState) -> list[Row]:
    say = scene.say
    if not state.finished:
        return [[Press(say.label("button.urgent"), "urgent"), Press(say.label("button.stop"), "stop")]]
    linking = [problems.link_button(scene, Service.DISKTOP)] if "not_linked" in state.reasons else []
    again: list[Button] = []
    if scene.private and lone_locked(state) is not None:
        again.append(Press(say.label("button.enter_code"), "code"))
    if any(item.verdict is None or worth_again(state, item) for item in state.items):
        again.append(Press(say.label("button.retry"), "again"))
    return [_alive_row(scene, state), linking, [*again, Press(say.label("button.close"), "close")]]


def _alive_row(scene: Scene[Any], state: CheckState) -> Row:
    if not scene.private or not state.alive:
        return []
    text = "\n".join(item.text for item in state.alive)
    row: list[Button] = []
    if copies(text):
        row.append(Copy(scene.say.label("button.copy_alive"), text))
    else:
        row.append(Press(scene.say.label("button.send_alive"), "alive"))
    if len(state.items) == 1 and state.items[0].drive is Drive.DISKTOP:
        row.append(Press(scene.say.label("button.save"), "save"))
    return row
