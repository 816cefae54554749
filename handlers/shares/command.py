"""/shares: the person's own shares at HDHive, page by page, and the way to a new one."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram import Update

from clients.hdhive.models import OwnShare, SharePage
from handlers import asking, cards, commands, problems
from handlers.application import LinkHiveApplication
from handlers.context import LinkHiveContext, message_of
from handlers.resources import SLUG
from handlers.scenes import InvalidPress, Route, Scene, State, Switch, number
from handlers.shares import draft, film as sharesfilm, own, questions
from handlers.shares.state import LIST, ROUTE, TYPED, ShareState, fields_of
from handlers.shares.steps import ASK, at_step
from handlers.shares.views import film_name, price, row
from handlers.texts import Html
from handlers.views import Press, Row, View, grid, pages_row
from handlers.wording import said, said_with_links
from services import sharedfilms
from services.names import Service
from services.sharelinks.finding import extract
from storage.cards import Card
from storage.dialogs import Dialog

SHARES_A_PAGE = 8
MOST_PAGES = 100_000


class ListState(State):
    """Which page of the own shares is shown, and what was just done."""

    page: int = 0
    said: str = ""


async def show_list(scene: Scene[ListState]) -> View:
    """Show a page of own shares."""
    say, state = scene.say, scene.state
    listed = await _page(scene, state.page)
    if not listed.shares and state.page:
        # The last one of the last page was deleted, or there are fewer than there were.
        last = max(0, -(-(listed.total or 0) // SHARES_A_PAGE) - 1)
        return await show_list(scene.at(state.model_copy(update={"page": min(last, state.page - 1)})))
    lines = [Html(state.said)] if state.said else []
    tail: list[Row] = [
        [Press(say.label("button.new_share"), "new"), Press(say.label("button.close"), cards.CLOSE)]
    ]
    if not listed.shares:
        return View(Html("\n".join([*lines, say("shares.none")])), tail)
    first = state.page * SHARES_A_PAGE + 1
    films = await asyncio.gather(*(_film(scene, share) for share in listed.shares))
    lines.append(say("shares.head") if listed.total is None else say.plural("shares.count", listed.total))
    shown = list(enumerate(zip(listed.shares, films, strict=True), first))
    lines += [row(scene, n, share, film) for n, (share, film) in shown]
    opening = [
        Press(f"{n} · {price(say, share.unlock_points)}", "open", share.slug)
        for n, (share, _) in shown
        if SLUG.fullmatch(share.slug)
    ]
    turning = pages_row(say, "page", state.page, _pages(listed, state.page))
    return View(Html("\n".join(lines)), [*grid(opening, 4), turning, *tail])


async def _page(scene: Scene[Any], page: int) -> SharePage:
    client = scene.services.require_hdhive()
    return await scene.services.tokens.call(
        scene.user_id, Service.HDHIVE, lambda token: client.my_shares(token, page + 1, SHARES_A_PAGE)
    )


def _pages(listed: SharePage, page: int) -> int:
    if listed.total is not None:
        return -(-listed.total // SHARES_A_PAGE)
    # Where HDHive does not count them, a full page may have another behind it.
    return page + 1 + (len(listed.shares) == SHARES_A_PAGE)


async def _film(scene: Scene[ListState], share: OwnShare) -> str:
    """Return what a share without a title of its own is of."""
    if share.title:
        return ""
    film = await sharesfilm.named(scene, sharedfilms.told(share.media_type, share.tmdb_id))
    return film_name(scene.say, film) if film is not None else ""


async def turn_page(_scene: Scene[ListState], arg: str) -> ListState:
    """Turn the pages."""
    return ListState(page=number(arg, MOST_PAGES))


async def open_share(scene: Scene[ListState], arg: str) -> Switch:
    """Go on to one share."""
    if not SLUG.fullmatch(arg):
        raise InvalidPress(arg)
    listed = await _page(scene, scene.state.page)
    share = next((share for share in listed.shares if share.slug == arg), None)
    fields = fields_of(share) if share is not None else fields_of(OwnShare(slug=arg))
    state = ShareState(slug=arg, page=scene.state.page, step="all", walked=True, fields=fields)
    return Switch(ROUTE, state)


async def new(scene: Scene[ListState], _arg: str) -> Switch:
    """Begin a new share; without a working link to HDHive there is nothing to begin."""
    await scene.services.tokens.link(scene.user_id, Service.HDHIVE)
    state = ShareState(page=scene.state.page)
    return Switch(ROUTE, await at_step(scene.at(state), state))  # type: ignore[arg-type]


SHARES = Route(LIST, ListState, show_list, {"page": turn_page, "open": open_share, "new": new}, private=True)


async def show(scene: Scene[ShareState]) -> View:
    """Show a question, a draft, or a published share."""
    if scene.state.step in TYPED:
        return await questions.show(scene)
    return await own.show(scene) if scene.state.slug else draft.show(scene)


SHARE = Route(
    ROUTE,
    ShareState,
    show,
    {
        **questions.ACTIONS,
        "turn": own.turn,
        "publish": draft.publish,
        "look": draft.look,
        "check": own.check_link,
        "delete": own.ask_delete,
        "sure": own.sure,
        "whole": own.whole,
        "list": own.to_list,
    },
    private=True,
)


async def shares(update: Update, context: LinkHiveContext) -> None:
    """List the own shares, or begin a new one with a link behind the command."""
    words = " ".join(context.args or [])
    if not extract(words):
        await cards.begin(update, context, SHARES, ListState())
        return
    await context.services.tokens.link(context.person.user.id, Service.HDHIVE)
    await _take(cards.scene_of(update, context, ShareState(typed=words)))


async def answered(update: Update, context: LinkHiveContext, dialog: Dialog) -> None:
    """Take the words that were asked for; the card continues below them."""
    asked = await cards.asking(context.home, dialog)
    if asked is None or asked.route != ROUTE:
        return
    state, message = SHARE.load(asked.state), message_of(update)
    words = said_with_links(message) if state.step == "link" else said(message)
    state = state.model_copy(update={"typed": words.strip()})
    await _take(cards.scene_of(update, context, state))


async def _take(scene: Scene[ShareState]) -> None:
    """Send the card that follows from what was typed."""
    state = scene.state
    try:
        if state.step in TYPED and state.typed:
            scene = scene.at(await questions.typed(scene))
        view = await show(scene)
    except problems.KNOWN as error:
        view = cards.trouble(SHARE, scene, error, ("typed", "") if scene.state == state else (cards.SHOW, ""))
    card = await cards.post(scene, ROUTE, view)
    if scene.state.step in TYPED:
        await asking.expect(scene, ASK, card.id)


async def left(context: LinkHiveContext, asked: Card) -> None:
    """Leave a question: a draft goes, a published share stays as it is."""
    state = SHARE.load(asked.state)
    if not state.slug:
        await cards.drop(context.home, asked)
        return
    whole = state.model_copy(update={"step": "all", "query": ""})
    await cards.turn(context.home, asked, whole)


def register(home: LinkHiveApplication) -> None:
    """Offer the own shares."""
    home.card(SHARES)
    home.card(SHARE)
    home.dialog(ASK, answered, left)
    commands.add(home, "shares", shares, private=True)
