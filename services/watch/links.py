"""Judge share links without a card: in the background, and never in a hurry."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing

from clients.errors import ClientError
from clients.linkcheck.client import LinkCheck
from clients.linkcheck.models import CheckItem, Verdict
from services.linkchecks.judge import ShareJudge
from services.linkchecks.verdicts import CheckedLink
from services.sharelinks.drives import Drive

log = logging.getLogger(__name__)

LONGEST_SECONDS = 120.0


class LinkLooks:
    """Ask the link check, and of Disk.Top's shares the person's own account there."""

    def __init__(self, linkcheck: LinkCheck | None, judge: ShareJudge) -> None:
        self._linkcheck = linkcheck
        self._judge = judge

    async def verdicts(self, user_id: int, links: Mapping[str, CheckedLink]) -> dict[str, Verdict]:
        """Return what is certain about links, by their names; what nobody could tell is left out."""
        found = {
            name: (await self._judge.judge(user_id, link)).verdict
            for name, link in links.items()
            if link.drive is Drive.DISKTOP
        }
        others = {name: link for name, link in links.items() if link.drive is not Drive.DISKTOP}
        found |= await self._checked(others)
        certain = (Verdict.ALIVE, Verdict.DEAD, Verdict.LOCKED)
        return {name: verdict for name, verdict in found.items() if verdict in certain}

    async def _checked(self, links: Mapping[str, CheckedLink]) -> dict[str, Verdict]:
        if self._linkcheck is None or not links:
            return {}
        found: dict[str, Verdict] = {}
        names = list(links)
        try:
            items = [CheckItem(links[name].text, {"n": n}) for n, name in enumerate(names)]
            job = await self._linkcheck.create(items)
        except ClientError as error:
            log.info("own shares were not checked", extra={"error": type(error).__name__})
            return found
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._follow(self._linkcheck, job.job_id, links, names, found)
        except (ClientError, TimeoutError) as error:
            log.info("own shares were checked in part", extra={"error": type(error).__name__})
            with contextlib.suppress(ClientError):
                await self._linkcheck.cancel(job.job_id)
        return found

    async def _follow(
        self,
        linkcheck: LinkCheck,
        job_id: str,
        links: Mapping[str, CheckedLink],
        names: Sequence[str],
        found: dict[str, Verdict],
    ) -> None:
        async with aclosing(linkcheck.follow(job_id)) as events:
            async for event in events:
                if event.result is None:
                    continue
                number, url = event.result.meta.get("n"), event.result.url
                for n, name in enumerate(names):
                    if n == number or (number is None and url in (links[name].text, links[name].url)):
                        found[name] = event.result.verdict
                if len(found) == len(names):
                    return
