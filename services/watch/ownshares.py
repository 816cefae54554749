"""Own shares at HDHive: whose link died, told once, and only after a second look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.hdhive.client import HDHive
from clients.hdhive.models import OwnShare, PanType, Validity
from clients.linkcheck.models import Verdict
from services.clock import Clock
from services.linkchecks.verdicts import UNCHECKED, CheckedLink
from services.names import Service
from services.sharelinks.finding import extract
from services.tokens import Tokens
from services.watch.links import LinkLooks
from services.watch.seen import ShareSeen
from storage.crypto import digest

# So many of somebody's shares are known; in one look the links of so many are checked.
MOST_SHARES = 300
LINKS_A_LOOK = 60
# Of one dead look nobody is told: a drive may have had a bad moment.
LOOKS_UNTIL_TOLD = 2
DAILY_SECONDS = 20 * 3600.0


@dataclass(frozen=True)
class Round:
    """Be what came of a look at somebody's shares: all that are remembered, and those newly known dead."""

    shares: dict[str, ShareSeen]
    dead: tuple[OwnShare, ...] = ()


def due(shares: Mapping[str, ShareSeen], last: float, now: float) -> bool:
    """Tell whether it is time to look: once a day, or a second time at what was dead."""
    return now - last >= DAILY_SECONDS or any(in_doubt(one) for one in shares.values())


def in_doubt(seen: ShareSeen) -> bool:
    """Tell whether a share was dead once, and a second look will decide."""
    return 0 < seen.dead < LOOKS_UNTIL_TOLD


class OwnShares:
    """Look at the shares of people."""

    def __init__(self, clock: Clock, hdhive: HDHive, tokens: Tokens, looks: LinkLooks) -> None:
        self._clock = clock
        self._hdhive = hdhive
        self._tokens = tokens
        self._looks = looks

    async def look(self, user_id: int, seen: Mapping[str, ShareSeen], *, again: bool = False) -> Round:
        """Check the links that were looked at longest ago; `again`: only those in doubt."""
        listed = await self._listed(user_id)
        known = {share.slug: _known(share, seen.get(share.slug)) for share in listed}
        links = {share.slug: link for share in listed if (link := link_of(share)) is not None}
        wanted = [slug for slug in links if in_doubt(known[slug]) or not again]
        wanted.sort(key=lambda slug: (not in_doubt(known[slug]), known[slug].looked_at))
        chosen = {slug: links[slug] for slug in wanted[:LINKS_A_LOOK]}
        verdicts: dict[str, Verdict] = await self._looks.verdicts(user_id, chosen)
        # Where HDHive keeps the link to itself, its own opinion must do.
        verdicts |= {share.slug: _opinion(share) for share in listed if share.slug not in links}
        now = self._clock.now()
        after = {slug: _after(one, verdicts.get(slug), now) for slug, one in known.items()}
        dead = {slug for slug, one in after.items() if one.dead >= LOOKS_UNTIL_TOLD and not one.told}
        told = {slug: one.model_copy(update={"told": True}) for slug, one in after.items() if slug in dead}
        return Round(after | told, tuple(share for share in listed if share.slug in dead))

    async def _listed(self, user_id: int) -> list[OwnShare]:
        async def collect(token: str) -> list[OwnShare]:
            return [share async for share in self._hdhive.iter_my_shares(token, MOST_SHARES)]

        return await self._tokens.call(user_id, Service.HDHIVE, collect)


def link_of(share: OwnShare) -> CheckedLink | None:
    """Return a share's link as it is checked, None where there is nothing to check."""
    found = extract(share.url or "")
    if not found or found[0].drive in UNCHECKED:
        return None
    link = CheckedLink.of(found[0])
    return link.model_copy(update={"code": share.access_code}) if share.access_code else link


def facts_of(share: OwnShare) -> dict[str, Any]:
    """Return what a notice tells of a share; its link stays where it is."""
    drive = share.pan_type if share.pan_type is not PanType.UNKNOWN else share.pan_type_raw
    return {
        "slug": share.slug,
        "title": share.title or "",
        "drive": str(drive or ""),
        "media_type": share.media_type or "",
        "tmdb_id": share.tmdb_id or "",
    }


def _known(share: OwnShare, seen: ShareSeen | None) -> ShareSeen:
    """Return what is remembered of a share; with another link it begins anew."""
    link = digest(f"{share.url or ''} {share.access_code or ''}")[:16]
    return seen if seen is not None and seen.link == link else ShareSeen(link=link)


def _opinion(share: OwnShare) -> Verdict:
    opinions = {Validity.INVALID: Verdict.DEAD, Validity.VALID: Verdict.ALIVE}
    return opinions.get(share.validate_status, Verdict.UNCERTAIN)


def _after(seen: ShareSeen, verdict: Verdict | None, now: float) -> ShareSeen:
    if verdict is None or verdict is Verdict.UNCERTAIN:
        return seen
    if verdict is Verdict.DEAD:
        return seen.model_copy(update={"looked_at": now, "dead": seen.dead + 1})
    # Alive again, it may die again.
    return seen.model_copy(update={"looked_at": now, "dead": 0, "told": False})
