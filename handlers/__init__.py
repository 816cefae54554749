"""Everything that speaks Telegram: one module per command family, listed here in order."""

from __future__ import annotations

from telegram.ext import ExtBot

from handlers import (
    accounts,
    admin,
    arrival,
    check,
    checkin,
    checkinhistory,
    checkinnotices,
    commands,
    device,
    drive,
    errors,
    fieldask,
    folderpick,
    groups,
    inline,
    linking,
    linksecrets,
    notes,
    notices,
    pasted,
    plain,
    presses,
    privacy,
    save,
    search,
    settings,
    shares,
    site,
    start,
    stats,
    subscribe,
    subscribecard,
    subscribedigest,
    subscribegroup,
    subscribelist,
    subscribenews,
    subscribereceipt,
    transcode,
    unknown,
    unlock,
    upload,
    uploadsent,
    usage,
    videos,
    watch,
)
from handlers.application import LinkHiveApplication, build
from handlers.context import Policy
from handlers.texts import Texts
from services import Services

FEATURES = (
    arrival,
    notes,
    pasted,
    commands,
    start,
    linking,
    linksecrets,
    device,
    accounts,
    search,
    unlock,
    subscribe,
    subscribelist,
    subscribecard,
    subscribenews,
    subscribedigest,
    subscribegroup,
    subscribereceipt,
    checkin,
    checkinhistory,
    checkinnotices,
    check,
    save,
    upload,
    uploadsent,
    drive,
    shares,
    videos,
    transcode,
    stats,
    site,
    usage,
    watch,
    groups,
    folderpick,
    fieldask,
    settings,
    privacy,
    admin,
    inline,
    notices,
    presses,
    plain,
    unknown,
    errors,
)


def create(bot: ExtBot[None], *, services: Services, texts: Texts, policy: Policy) -> LinkHiveApplication:
    """Build the application with every feature registered."""
    home = build(bot, services=services, texts=texts, policy=policy)
    for feature in FEATURES:
        feature.register(home)
    return home
