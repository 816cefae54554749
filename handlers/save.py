"""/save and pasted Disk.Top links: look into a share, pick, and save to the person's own drive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from telegram import Update

from clients.disktop.models import SharedFile
from handlers import asking, cards, commands, notes, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.files import FILES_A_PAGE, files_text, folder_name, numbers
from handlers.notes import NoticeState
from handlers.resources import drive_name
from handlers.scenes import Route, Scene, State, number
from handlers.texts import Html
from handlers.views import Button, Press, Row, View, grid, pages_row
from services.errors import TransferProblem
from services.sharelinks import Drive, ShareLink, extract
from services.transfers import SaveResult
from storage.dialogs import Dialog

PICK_LIMIT = 200
MOST_PAGES = 10_000
ASK_LINK = "save.link"
ASK_CODE = "save.code"
_CODE = re.compile(r"[0-9A-Za-z]{1,32}", re.ASCII)


class SaveState(State):
    """A share, where the person is in it, and what they picked."""

    surl: str
    code: str | None = None
    dest: str = "/"
    path: str = "/"
    page: int = 0
    picked: tuple[int, ...] = ()
    opened: bool = False
    needs_code: bool = False
    wrong_code: bool = False
    result: SaveResult | None = None


async def show(scene: Scene[SaveState]) -> View:
    """Show the question for the code, the share's files, or what was saved."""
    state, say = scene.state, scene.say
    if state.result is not None:
        return show_result(scene, state.result)
    if state.needs_code:
        enter = Press(say.label("button.enter_code"), "code")
        text = say("save.wrong_code" if state.wrong_code else "save.ask_code")
        return View(text, ([enter, *_close(scene)],))
    return show_files(scene, await _listing(scene))


async def _listing(scene: Scene[SaveState]) -> Sequence[SharedFile]:
    state = scene.state
    found: Sequence[SharedFile] = await scene.services.transfers.listing(
        scene.user_id, state.surl, state.path, state.code
    )
    return found


def show_files(scene: Scene[SaveState], found: Sequence[SharedFile]) -> View:
    """Show one page of a folder of the share, folders first, with the picks marked."""
    state, say = scene.state, scene.say
    pages = max(1, -(-len(found) // FILES_A_PAGE))
    page_ = min(state.page, pages - 1)
    first = page_ * FILES_A_PAGE
    shown = list(enumerate(found[first : first + FILES_A_PAGE], first + 1))
    text = files_text(
        say, shown, len(found), state.picked, surl=state.surl, where=state.path, dest=state.dest
    )
    saving: list[Button] = [Press(say.label("button.save_all"), "all")] if found else []
    if state.picked:
        saving.insert(0, Press(say.label("button.save_picked", n=len(state.picked)), "picked"))
    up: list[Button] = [Press(say.label("button.up"), "up")] if state.path != "/" else []
    turning = pages_row(say, "page", page_, pages)
    rows = [*grid(numbers(shown, state.picked), 4), turning, saving, [*up, *_close(scene)]]
    return View(text, rows)


def _close(scene: Scene[Any]) -> Row:
    return [Press(scene.say.label("button.close"), "close")]


def show_result(scene: Scene[SaveState], result: SaveResult) -> View:
    """Show what was saved and where."""
    say, where = scene.say, folder_name(scene.say, result.dest)
    if not result.saved:
        key = "save.all_there" if result.already else "save.none"
        return View(say(key, dest=where), (_close(scene),))
    lines = [say.plural("save.done", result.saved, dest=where)]
    if result.already:
        lines.append(say.plural("save.already", result.already))
    return View(Html("\n".join(lines)), (_close(scene),))


async def open_folder(scene: Scene[SaveState], arg: str) -> SaveState:
    """Go into a folder of the share."""
    file = await _file(scene, arg)
    path = f"{scene.state.path.rstrip('/')}/{file.name}"
    return scene.state.model_copy(update={"path": path, "page": 0, "picked": ()})


async def _file(scene: Scene[SaveState], arg: str) -> SharedFile:
    found = next((file for file in await _listing(scene) if str(file.id) == arg), None)
    if found is None:
        # The sharer changed the folder meanwhile.
        raise TransferProblem("gone")
    return found


async def up(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Go to the folder above."""
    parent = scene.state.path.rpartition("/")[0] or "/"
    return scene.state.model_copy(update={"path": parent, "page": 0, "picked": ()})


async def page(scene: Scene[SaveState], arg: str) -> SaveState:
    """Turn the pages of a folder."""
    return scene.state.model_copy(update={"page": number(arg, MOST_PAGES)})


async def pick(scene: Scene[SaveState], arg: str) -> SaveState:
    """Mark a file, or take the mark away."""
    file_id, picked = number(arg), scene.state.picked
    following = tuple(x for x in picked if x != file_id) if file_id in picked else (*picked, file_id)
    return scene.state.model_copy(update={"picked": following[:PICK_LIMIT]})


async def save_all(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Save everything in the folder that is shown."""
    return await _save(scene, await _listing(scene))


async def save_picked(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Save what is marked."""
    picked = scene.state.picked
    return await _save(scene, [file for file in await _listing(scene) if file.id in picked])


async def _save(scene: Scene[SaveState], picks: Sequence[SharedFile]) -> SaveState:
    await scene.interim(View(scene.say("save.working")))
    state = scene.state
    result = await scene.services.transfers.save(
        scene.user_id, state.surl, picks, state.dest, state.code, path=state.path
    )
    return state.model_copy(update={"result": result})


async def ask_code(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Ask for the access code (again), after the time to answer was over or /cancel."""
    if scene.card is not None:
        await asking.expect(scene, ASK_CODE, scene.card.id)
    await scene.toast(scene.say.label("save.send_code"))
    return scene.state.model_copy(update={"needs_code": True})


async def look(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Look into the share once more, after that did not work."""
    state = await _opened(scene)
    if state.needs_code and scene.card is not None:
        await asking.expect(scene, ASK_CODE, scene.card.id)
    return state


async def _opened(scene: Scene[SaveState]) -> SaveState:
    """Return the state after looking at the share: it may need a code, or another one."""
    state = scene.state
    view = await scene.services.transfers.open(scene.user_id, state.surl, state.code)
    found = {"opened": True, "needs_code": view.needs_code, "wrong_code": view.wrong_code}
    return state.model_copy(update=found)


SAVE = Route(
    "save",
    SaveState,
    show,
    {
        "look": look,
        "code": ask_code,
        "open": open_folder,
        "up": up,
        "page": page,
        "pick": pick,
        "all": save_all,
        "picked": save_picked,
    },
    private=True,
)


async def save(update: Update, context: LinkHiveContext) -> None:
    """Look into a share given by link, code and folder, or ask for it."""
    message = message_of(update)
    quoted = message.reply_to_message
    words = " ".join(context.args or []) or ((quoted.text or quoted.caption or "") if quoted else "")
    scene = cards.scene_of(update, context, NoticeState())
    if not words.strip():
        await asking.ask(scene, ASK_LINK, scene.say("save.ask_link"))
        return
    await run(scene, words)


async def run(scene: Scene[Any], words: str) -> None:
    """Open the card of the share that the words name."""
    found = extract(words)
    link = next((x for x in found if x.drive is Drive.DISKTOP and x.surl), None)
    if link is None and found:
        await notes.tell(scene, scene.say("save.not_disktop", drive=drive_name(scene.say, found[0].drive)))
    elif link is None:
        await asking.ask(scene, ASK_LINK, scene.say("save.no_link"))
    else:
        await _begin(scene.at(_first(scene, link, words)))


async def _begin(scene: Scene[SaveState]) -> None:
    """Send the card of a share, in its first state or as what went wrong."""
    try:
        scene = scene.at(await _opened(scene))
        drawn = await show(scene)
    except problems.KNOWN as error:
        drawn = cards.trouble(SAVE, scene, error, ("look", ""))
    card = await cards.post(scene, SAVE.name, drawn)
    if scene.state.needs_code:
        await asking.expect(scene, ASK_CODE, card.id)


def _first(scene: Scene[Any], link: ShareLink, words: str) -> SaveState:
    """Return the state for `LINK [CODE] [PATH]`; a word with a slash is the folder, a short one the code."""
    extra = words.partition(link.raw)[2].split()
    folder = next((w for w in extra if w.startswith("/")), scene.person.preferences.default_folder)
    loose = next((w for w in extra if len(w) == 4 and _CODE.fullmatch(w)), None)
    return SaveState(surl=link.surl or "", code=link.code or loose, dest=folder)


def may_answer(dialog: Dialog, words: str) -> bool:
    """Tell whether words can be what a dialog asked for; a title or a link is no access code."""
    return dialog.kind != ASK_CODE or _CODE.fullmatch(words.strip()) is not None


async def link_given(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the link that was asked for."""
    await run(cards.scene_of(update, context, NoticeState()), message_of(update).text or "")


async def code_given(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the access code that was asked for; the card continues below the answer."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != SAVE.name:
        return
    state = SAVE.load(asked.state).model_copy(update={"code": (message_of(update).text or "").strip()})
    await _begin(cards.scene_of(update, context, state))


def register(home: LinkHiveApplication) -> None:
    """Offer saving."""
    home.card(SAVE)
    commands.add(home, "save", save, private=True)
    home.dialog(ASK_LINK, link_given)
    home.dialog(ASK_CODE, code_given)
