"""/save and pasted Disk.Top links: look into a share, pick, and save to the person's own drive."""

from __future__ import annotations

from typing import Any

from telegram import Update

from clients.disktop.models import ShareKind
from handlers import asking, cards, commands, notes, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.notes import NoticeState
from handlers.resources import drive_name
from handlers.save import file, pattern, running, tree
from handlers.save.running import show_result
from handlers.save.state import ROUTE, SaveState, close_row, listing
from handlers.save.tree import show_files
from handlers.scenes import Route, Scene
from handlers.views import Open, Press, View, opens
from handlers.wording import said_with_links
from services.errors import TransferProblem
from services.messytext import readable
from services.saving.trees import Pick
from services.sharelinks.finding import Drive, ShareLink, extract, given_code
from storage.dialogs import Dialog

__all__ = ["SAVE", "SaveState", "may_answer", "register", "run", "show_files", "show_result"]

ASK_LINK = "save.link"
ASK_CODE = "save.code"


async def show(scene: Scene[SaveState]) -> View:
    """Show the question for the code, the share's files, one of them, or what came of a save."""
    state = scene.state
    if state.result is not None:
        return show_result(scene, state.result)
    if state.running:
        return running.show_running(scene)
    if state.needs_code:
        return _code_question(scene, wrong=state.wrong_code)
    if state.asking:
        return pattern.show_question(scene)
    try:
        return await _contents(scene)
    except TransferProblem as problem:
        # The sharer gave it another code meanwhile.
        if problem.kind == "wrong_code":
            return _code_question(scene, wrong=state.code is not None)
        # The folder went, perhaps not the share: the way up leads out.
        if problem.kind == "file_gone" and state.path != "/":
            above = Press(scene.say.label("button.up"), "up")
            return View(problems.sentence(scene.say, problem), ([above, *close_row(scene)],))
        raise


async def _contents(scene: Scene[SaveState]) -> View:
    if scene.state.pattern is not None:
        return await pattern.show_matches(scene)
    if scene.state.file is not None:
        return file.show_file(scene, scene.state.file)
    return show_files(scene, await listing(scene))


def _code_question(scene: Scene[SaveState], *, wrong: bool) -> View:
    enter = Press(scene.say.label("button.enter_code"), "code")
    text = scene.say("save.wrong_code" if wrong else "save.ask_code")
    return View(text, ([enter, *close_row(scene)],))


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
    """Return the state after looking at the share: it may need a code, or another one, or be one file."""
    state = scene.state
    view = await scene.services.transfers.open(scene.user_id, state.surl, state.code)
    info = view.info
    found = {
        "opened": True,
        "needs_code": view.needs_code,
        "wrong_code": view.wrong_code,
        "files": info.source_count,
        "expires": info.expire_time,
        "premium": info.premium,
    }
    state = state.model_copy(update=found)
    if view.needs_code or not (info.type is ShareKind.FILE or info.source_count == 1):
        return state
    inside = await listing(scene.at(state))
    if len(inside) != 1 or inside[0].is_dir:
        return state
    alone = scene.at(state.model_copy(update={"single": True}))
    return await file.look(alone, Pick(folder=state.path, file=inside[0]))


SAVE = Route(
    ROUTE,
    SaveState,
    show,
    {
        "look": look,
        "code": ask_code,
        "open": tree.open_folder,
        "up": tree.up,
        "page": tree.page,
        "pick": tree.pick,
        "mark": tree.mark,
        "clear": tree.clear,
        "dest": tree.choose_dest,
        "pattern": pattern.ask_pattern,
        "matchpage": pattern.match_page,
        "list": pattern.to_list,
        "file": file.open_file,
        "play": file.play,
        "download": file.download,
        "all": running.save_all,
        "picked": running.save_marked,
        "matches": running.save_matches,
        "one": running.save_one,
        "stop": running.stop,
        "drive": running.to_drive,
    },
    private=True,
)


async def save(update: Update, context: LinkHiveContext) -> None:
    """Look into a share given by link, code and folder, or ask for it."""
    message = message_of(update)
    words = " ".join(context.args or []) or said_with_links(message.reply_to_message)
    scene = cards.scene_of(update, context, NoticeState())
    if not words.strip():
        await asking.ask(scene, ASK_LINK, scene.say("save.ask_link"))
        return
    await run(scene, words)


async def run(scene: Scene[Any], words: str) -> None:
    """Open the card of the share that the words name."""
    found = extract(words)
    link = next((x for x in found if x.drive is Drive.DISKTOP and x.surl), None)
    if found:
        await asking.end(scene, ASK_LINK)
    if link is None and found:
        await _refuse(scene, found[0], words)
    elif link is None:
        await asking.ask(scene, ASK_LINK, scene.say("save.no_link"))
    else:
        await _begin(scene.at(_first(scene, link, words)))


async def _refuse(scene: Scene[Any], link: ShareLink, words: str) -> None:
    """Say that the link is one of another drive, and what else can be done with it."""
    say, address = scene.say, link.full_url
    row = [Open(say.label("button.open"), address)] if opens(address) else []
    text = say("save.not_disktop", drive=drive_name(say, link.drive))
    await notes.offer_check(scene, text, words, *row)


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
    extra = words.partition(link.raw)[2]
    folder = next((w for w in extra.split() if w.startswith("/")), scene.person.preferences.default_folder)
    plain = readable(extra).text.split()
    loose = next((w for w in plain if len(w) == 4 and w.isascii() and w.isalnum()), None)
    return SaveState(surl=link.surl or "", code=link.code or loose, dest=folder)


def may_answer(dialog: Dialog, words: str) -> bool:
    """Tell whether words can be what a dialog asked for; a title or a link is no access code."""
    if dialog.kind == pattern.ASK_PATTERN:
        return not extract(words)
    return dialog.kind != ASK_CODE or given_code(words) is not None


async def link_given(update: Update, context: LinkHiveContext, _dialog: Dialog) -> None:
    """Take the link that was asked for."""
    await run(cards.scene_of(update, context, NoticeState()), said_with_links(message_of(update)))


async def code_given(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the access code that was asked for; the card continues below the answer."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != SAVE.name:
        return
    code = given_code(said_with_links(message_of(update)))
    state = SAVE.load(asked.state).model_copy(update={"code": code})
    await _begin(cards.scene_of(update, context, state))


async def beside(scene: Scene[Any], _arg: str) -> None:
    """Save the link that a notice is about, on a card of its own."""
    await run(scene, notes.links_of(scene))


def register(home: LinkHiveApplication) -> None:
    """Offer saving."""
    home.card(SAVE)
    home.step(notes.SAVE_STEP, beside)
    commands.add(home, "save", save, private=True)
    home.dialog(ASK_LINK, link_given)
    home.dialog(ASK_CODE, code_given)
    home.dialog(pattern.ASK_PATTERN, pattern.pattern_given, pattern.left)
    home.services.saves.on_change = running.LiveSaves(home).changed
