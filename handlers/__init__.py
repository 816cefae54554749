"""Everything that speaks Telegram: a package per command family, their features listed here in order."""

from __future__ import annotations

from telegram.ext import ExtBot

import handlers.accounts.acgbt
import handlers.accounts.command
import handlers.accounts.mika
import handlers.acg.command
import handlers.acg.comments
import handlers.acg.item
import handlers.admin.command
import handlers.arrival
import handlers.check.command
import handlers.checkin.command
import handlers.checkin.history
import handlers.checkin.notices
import handlers.commands
import handlers.drive.command
import handlers.errors
import handlers.fieldask
import handlers.folderpick
import handlers.groups.hello
import handlers.inbox.command
import handlers.inline.query
import handlers.linking.command
import handlers.linking.device
import handlers.linking.secrets
import handlers.menus
import handlers.notes
import handlers.notices
import handlers.pasted
import handlers.plain
import handlers.presses
import handlers.privacy
import handlers.publish.command
import handlers.save.command
import handlers.search.command
import handlers.settings.command
import handlers.shares.command
import handlers.site.menu
import handlers.start
import handlers.stats.command
import handlers.subscribe.card
import handlers.subscribe.command
import handlers.subscribe.digest
import handlers.subscribe.group
import handlers.subscribe.lending
import handlers.subscribe.listing
import handlers.subscribe.news
import handlers.subscribe.receipt
import handlers.transcode.command
import handlers.unknown
import handlers.unlock
import handlers.upload.command
import handlers.upload.sent
import handlers.usage.command
import handlers.videos.command
import handlers.watch.notices
from handlers.application import LinkHiveApplication, build
from handlers.context import Policy
from handlers.texts import Texts
from services import Services

FEATURES = (
    handlers.arrival,
    handlers.notes,
    handlers.pasted,
    handlers.commands,
    handlers.start,
    handlers.linking.command,
    handlers.linking.secrets,
    handlers.linking.device,
    handlers.accounts.command,
    handlers.accounts.acgbt,
    handlers.accounts.mika,
    handlers.search.command,
    handlers.acg.command,
    handlers.acg.item,
    handlers.acg.comments,
    handlers.inbox.command,
    handlers.unlock,
    handlers.subscribe.command,
    handlers.subscribe.listing,
    handlers.subscribe.card,
    handlers.subscribe.news,
    handlers.subscribe.digest,
    handlers.subscribe.group,
    handlers.subscribe.lending,
    handlers.subscribe.receipt,
    handlers.checkin.command,
    handlers.checkin.history,
    handlers.checkin.notices,
    handlers.check.command,
    handlers.save.command,
    handlers.upload.command,
    handlers.upload.sent,
    handlers.drive.command,
    handlers.shares.command,
    handlers.publish.command,
    handlers.videos.command,
    handlers.transcode.command,
    handlers.stats.command,
    handlers.site.menu,
    handlers.usage.command,
    handlers.watch.notices,
    handlers.groups.hello,
    handlers.folderpick,
    handlers.fieldask,
    handlers.menus,
    handlers.settings.command,
    handlers.privacy,
    handlers.admin.command,
    handlers.inline.query,
    handlers.notices,
    handlers.presses,
    handlers.plain,
    handlers.unknown,
    handlers.errors,
)


def create(bot: ExtBot[None], *, services: Services, texts: Texts, policy: Policy) -> LinkHiveApplication:
    """Build the application with every feature registered."""
    home = build(bot, services=services, texts=texts, policy=policy)
    for feature in FEATURES:
        feature.register(home)
    return home
