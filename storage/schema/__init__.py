"""The tables, as the newest migration leaves them.

A column made by `sealed` holds ciphertext bound to its table, row and column; `rotate` finds these
by the mark. The row part of that binding is the primary key, so keys are made before the insert, never by the
database.

Every table says in its `info` whose its rows are (see `storage.marks`): that is all that `/forget` and
`/privacy` go by, so a table without a mark is a failing test.
"""

from storage.schema.columns import metadata
from storage.schema.following import followed_titles, subscriptions
from storage.schema.intake import FREED_UPDATE, PENDING, SETTLED, cards, chat_claims, inbox, meta
from storage.schema.linking import attempts, cooldowns, links
from storage.schema.people import chats, dialogs, erasures, preferences, users
from storage.schema.points import CHECKIN_OPEN, HELD, UNSETTLED, checkins, unlocks, watches
from storage.schema.showing import DRAFT, pictures
from storage.schema.work import OPEN, UNDER_WAY, jobs, replicas, save_turns, uploads

__all__ = [
    "CHECKIN_OPEN",
    "DRAFT",
    "FREED_UPDATE",
    "HELD",
    "OPEN",
    "PENDING",
    "SETTLED",
    "UNDER_WAY",
    "UNSETTLED",
    "attempts",
    "cards",
    "chat_claims",
    "chats",
    "checkins",
    "cooldowns",
    "dialogs",
    "erasures",
    "followed_titles",
    "inbox",
    "jobs",
    "links",
    "meta",
    "metadata",
    "pictures",
    "preferences",
    "replicas",
    "save_turns",
    "subscriptions",
    "unlocks",
    "uploads",
    "users",
    "watches",
]
