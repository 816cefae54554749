"""/save and pasted Disk.Top links: look into a share, pick, and save to the person's own drive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telegram import Update

from clients.disktop.models import SharedFile
from handlers import cards, commands, problems
from handlers.application import LinkHiveApplication
from handlers.commands import NoticeState
from handlers.context import LinkHiveContext, message_of
from handlers.resources import drive_name
from handlers.scenes import Route, Scene, State
from handlers.sizes import size
from handlers.texts import Html, code
from handlers.views import Button, Press, Row, View, grid
from services.sharelinks import Drive, ShareLink, extract
from services.transfers import SaveResult
from storage import dialogs
from storage.dialogs import Dialog

FILES_A_PAGE = 8
PICK_LIMIT = 200
ASK_LINK = "save.link"
ASK_CODE = "save.code"
ASK_SECONDS = 600
CODE_LIMIT = 32


class SaveState(State):
    """A share, where the person is in it, and what they picked."""

    surl: str
    code: str | None = None
    dest: str = "/"
    path: str = "/"
    page: int = 0
    picked: tuple[int, ...] = ()
    needs_code: bool = False
    wrong_code: bool = False
    result: SaveResult | None = None


async def show(scene: Scene[SaveState]) -> View:
    """Show the question for the code, the share's files, or what was saved."""
    state, say = scene.state, scene.say
    if state.result is not None:
        return show_result(scene, state.result)
    if state.needs_code:
        return View(say("save.wrong_code" if state.wrong_code else "save.ask_code"), (_close(scene),))
    found = await scene.services.transfers.listing(scene.user_id, state.surl, state.path, state.code)
    return show_files(scene, found)


def show_files(scene: Scene[SaveState], found: Sequence[SharedFile]) -> View:
    """Show one page of a folder of the share, folders first, with the picks marked."""
    state, say = scene.state, scene.say
    first = state.page * FILES_A_PAGE
    shown = list(enumerate(found[first : first + FILES_A_PAGE], first + 1))
    lines = [say("save.heading", surl=state.surl, where=state.path), say("save.dest", dest=state.dest)]
    lines.append(say.plural("save.count", len(found)) if found else say("save.empty"))
    lines += [
        say(
            "save.row",
            number=n,
            mark=_mark(state, file),
            name=file.name,
            size="" if file.is_dir else size(file.size),
        )
        for n, file in shown
    ]
    if state.picked:
        lines.append(say.plural("save.picked", len(state.picked)))
    return View(Html("\n".join(lines)), _rows(scene, shown, len(found)))


def _mark(state: SaveState, file: SharedFile) -> str:
    picked = "☑️" if file.id in state.picked else ""
    return f"{picked}📁" if file.is_dir else (picked or "📄")


def _rows(scene: Scene[SaveState], shown: Sequence[tuple[int, SharedFile]], total: int) -> list[Row]:
    state, say = scene.state, scene.say
    numbers = [
        Press(
            f"{'☑️' if file.id in state.picked else '📁' if file.is_dir else '◻️'} {n}",
            _action(file),
            str(file.id),
        )
        for n, file in shown
    ]
    turning: list[Button] = []
    if state.page > 0:
        turning.append(Press(say.label("button.prev"), "page", str(state.page - 1)))
    if (state.page + 1) * FILES_A_PAGE < total:
        turning.append(Press(say.label("button.next"), "page", str(state.page + 1)))
    saving: list[Button] = [Press(say.label("button.save_all"), "all")] if total else []
    if state.picked:
        saving.insert(0, Press(say.label("button.save_picked", n=len(state.picked)), "picked"))
    up: list[Button] = [Press(say.label("button.up"), "up")] if state.path != "/" else []
    return [*grid(numbers, 4), turning, saving, [*up, *_close(scene)]]


def _action(file: SharedFile) -> str:
    return "open" if file.is_dir else "pick"


def _close(scene: Scene[Any]) -> Row:
    return [Press(scene.say.label("button.close"), "close")]


def show_result(scene: Scene[SaveState], result: SaveResult) -> View:
    """Show what was saved and where."""
    say, where = scene.say, code(result.dest)
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
    state = scene.state
    found: Sequence[SharedFile] = await scene.services.transfers.listing(
        scene.user_id, state.surl, state.path, state.code
    )
    return next(file for file in found if str(file.id) == arg)


async def up(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Go to the folder above."""
    parent = scene.state.path.rpartition("/")[0] or "/"
    return scene.state.model_copy(update={"path": parent, "page": 0, "picked": ()})


async def page(scene: Scene[SaveState], arg: str) -> SaveState:
    """Turn the pages of a folder."""
    return scene.state.model_copy(update={"page": max(0, int(arg))})


async def pick(scene: Scene[SaveState], arg: str) -> SaveState:
    """Mark a file, or take the mark away."""
    file_id, picked = int(arg), scene.state.picked
    following = tuple(x for x in picked if x != file_id) if file_id in picked else (*picked, file_id)
    return scene.state.model_copy(update={"picked": following[:PICK_LIMIT]})


async def save_all(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Save everything in the folder that is shown."""
    state = scene.state
    found = await scene.services.transfers.listing(scene.user_id, state.surl, state.path, state.code)
    return await _save(scene, found)


async def save_picked(scene: Scene[SaveState], _arg: str) -> SaveState:
    """Save what is marked."""
    state = scene.state
    found = await scene.services.transfers.listing(scene.user_id, state.surl, state.path, state.code)
    return await _save(scene, [file for file in found if file.id in state.picked])


async def _save(scene: Scene[SaveState], picks: Sequence[SharedFile]) -> SaveState:
    await scene.interim(View(scene.say("save.working")))
    state = scene.state
    result = await scene.services.transfers.save(
        scene.user_id, state.surl, picks, state.dest, state.code, path=state.path
    )
    return state.model_copy(update={"result": result})


SAVE = Route(
    "save",
    SaveState,
    show,
    {"open": open_folder, "up": up, "page": page, "pick": pick, "all": save_all, "picked": save_picked},
)


async def save(update: Update, context: LinkHiveContext) -> None:
    """Look into a share given by link, code and folder, or ask for it."""
    message = message_of(update)
    quoted = message.reply_to_message
    words = " ".join(context.args or []) or ((quoted.text or quoted.caption or "") if quoted else "")
    scene = cards.scene_of(update, context, NoticeState())
    if not words.strip():
        await ask(scene, ASK_LINK, {})
        await cards.post(scene, commands.NOTICE.name, View(scene.say("save.ask_link")))
        return
    await run(scene, words)


async def run(scene: Scene[Any], words: str) -> None:
    """Open the card of the share that the words name."""
    found = extract(words)
    link = next((x for x in found if x.drive is Drive.DISKTOP and x.surl), None)
    if link is None:
        notice = scene.at(NoticeState())
        text = scene.say("save.not_disktop", drive=drive_name(scene.say, found[0].drive)) if found else None
        await cards.post(notice, commands.NOTICE.name, View(text or scene.say("save.ask_link")))
        return
    state = _first(scene, link, words)
    try:
        view = await scene.services.transfers.open(scene.user_id, state.surl, state.code)
        state = state.model_copy(update={"needs_code": view.needs_code, "wrong_code": view.wrong_code})
        drawn = await show(scene.at(state))
    except problems.KNOWN as error:
        drawn = problems.view(scene, error, retry=("show", ""))
    card = await cards.post(scene.at(state), SAVE.name, drawn)
    if state.needs_code:
        await ask(scene, ASK_CODE, {"card_id": card.id})


def _first(scene: Scene[Any], link: ShareLink, words: str) -> SaveState:
    """Return the state for `LINK [CODE] [PATH]`; a word with a slash is the folder, a short one the code."""
    extra = words.partition(link.raw)[2].split()
    folder = next((w for w in extra if w.startswith("/")), scene.person.preferences.default_folder)
    loose = next((w for w in extra if w.isalnum() and w.isascii() and len(w) == 4), None)
    return SaveState(surl=link.surl or "", code=link.code or loose, dest=folder)


async def ask(scene: Scene[Any], kind: str, state: dict[str, Any]) -> None:
    """Note what the next words of the person answer."""
    until = scene.services.clock.now() + ASK_SECONDS
    user, chat = scene.user_id, scene.chat_id
    await scene.services.db.write(lambda tx: dialogs.ask(tx, user, chat, kind, state, expires_at=until))


async def link_given(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the link that was asked for."""
    await run(cards.scene_of(update, context, NoticeState()), message_of(update).text or "")


async def code_given(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the access code that was asked for, on the card that asked."""
    card_id, words = str(dialog.state.get("card_id", "")), (message_of(update).text or "").strip()
    scene = await cards.find(context.home, card_id)
    if scene is None or scene.card is None:
        return
    state: SaveState = scene.state.model_copy(update={"code": words[:CODE_LIMIT]})
    try:
        view = await scene.services.transfers.open(scene.user_id, state.surl, state.code)
        state = state.model_copy(update={"needs_code": view.needs_code, "wrong_code": view.wrong_code})
        drawn = await show(scene.at(state))
    except problems.KNOWN as error:
        drawn = problems.view(scene, error, retry=("show", ""))
    # The question stands above the answer by now: the card continues below it.
    card = await cards.post(cards.scene_of(update, context, state), SAVE.name, drawn)
    if state.needs_code:
        await ask(scene, ASK_CODE, {"card_id": card.id})


def register(home: LinkHiveApplication) -> None:
    """Offer saving."""
    home.card(SAVE)
    commands.add(home, "save", save, private=True)
    home.dialog(ASK_LINK, link_given)
    home.dialog(ASK_CODE, code_given)
