"""Link a user's own account: ticket page, browser cookie, callback, and the way back by the same person."""

import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from clients.errors import ClientError
from clients.oauth import TokenGrant
from services.clock import Clock
from services.errors import AttemptKind, AttemptProblem, ServiceOff
from services.jobs import JobHandler
from services.linking.tickets import Bound, Linked, Returned, TicketView, challenge, over, settled, still_open
from services.linking.unlinking import REVOKE, Unlinking
from services.names import Service
from services.notices import notice
from services.providers import Account, Provider
from services.refreshing import new_link
from services.steps import Reached, nothing
from storage import attempts, links
from storage.attempts import Attempt
from storage.crypto import digest
from storage.database import Database
from storage.links import Link
from storage.tx import Tx
from storage.workcontext import Forgotten

__all__ = ["TICKET_SECONDS", "Bound", "Linked", "Linking", "Returned", "TicketView"]

TICKET_SECONDS = 600
NONCE_SECONDS = 300
PAYLOAD_PREFIX = "l_"
# Longer codes and errors were never seen; what is longer is not kept.
CODE_LIMIT = 4096
DETAIL_LIMIT = 100


def new_nonce() -> str:
    """Return what only the browser that linked an account is told."""
    return secrets.token_urlsafe(32)


def payload_of(nonce: str) -> str:
    """Return the start payload that brings a nonce back."""
    return PAYLOAD_PREFIX + nonce


class Linking:
    """Lead users from the button to the tokens, and back."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        providers: Mapping[str, Provider],
        public_url: str,
        *,
        reached: Reached = nothing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._public_url = public_url.rstrip("/")
        self._reached = reached
        self._unlinking = Unlinking(db, clock, providers, reached=reached)

    def scopes_wanted(self, service: str) -> tuple[str, ...]:
        """Return the scopes that are asked for at a service."""
        return self._provider(service).scopes

    async def start(
        self,
        user_id: int,
        service: Service,
        display_name: str,
        chat_id: int,
        message_id: int | None,
        language: str | None,
    ) -> str:
        """Begin an attempt and return the address of its ticket page."""
        provider, ticket, now = self._provider(service), secrets.token_urlsafe(32), self._clock.now()
        await self._db.write(
            lambda tx: attempts.create(
                tx,
                user_id=user_id,
                chat_id=chat_id,
                message_id=message_id,
                service=service,
                display_name=display_name,
                scopes=provider.scopes,
                language=language,
                ticket_hash=digest(ticket),
                expires_at=now + TICKET_SECONDS,
                now=now,
            )
        )
        return f"{self._public_url}/link/{ticket}"

    async def look(self, ticket: str) -> TicketView:
        """Tell what a ticket is for; changes nothing, so crawlers may look as often as they like."""
        attempt = await self._db.read(lambda tx: attempts.by_ticket(tx, digest(ticket)))
        attempt = still_open(attempt, self._clock.now())
        return TicketView(attempt.service, attempt.display_name, attempt.language, attempt.expires_at)

    async def bind(self, ticket: str) -> Bound:
        """Bind a ticket to the browser that asks, with new secrets each time; the last browser counts."""
        now, state, cookie = self._clock.now(), secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(32)

        async def work(tx: Tx) -> Bound:
            attempt = still_open(await attempts.by_ticket(tx, digest(ticket)), now)
            provider = self._provider(attempt.service)
            redirect_uri = f"{self._public_url}/oauth/{quote(attempt.service)}/callback"
            await attempts.bind(
                tx,
                attempt.id,
                state_hash=digest(state),
                cookie_hash=digest(cookie),
                verifier=verifier if provider.pkce else None,
                redirect_uri=redirect_uri,
                now=now,
            )
            shown = challenge(verifier) if provider.pkce else None
            url = provider.authorize_url(redirect_uri, attempt.scopes, state, shown)
            return Bound(attempt.service, url, cookie, attempt.expires_at)

        await self._reached("link.binding")
        bound = await self._db.write(work)
        await self._reached("link.bound")
        return bound

    async def returned(
        self, service: str, state: str | None, code: str | None, error: str | None, cookie: str | None
    ) -> Returned:
        """Take a service's answer from the browser; the state works once, and only in the bound browser."""
        nonce, now = new_nonce(), self._clock.now()

        async def work(tx: Tx) -> Attempt | AttemptProblem:
            attempt = await attempts.take_state(tx, service, digest(state or ""), now)
            if attempt is None:
                return await self._state_spent(tx, service, digest(state or ""), digest(cookie or ""), now)
            if not await attempts.matches_cookie(tx, attempt.id, digest(cookie or "")):
                await attempts.burn(tx, attempt.id)
                return AttemptProblem("browser", service, attempt)
            if error or not code or len(code) > CODE_LIMIT:
                await attempts.deny(tx, attempt.id)
                kind: AttemptKind = "denied" if error == "access_denied" else "failed"
                return AttemptProblem(kind, service, attempt, detail=(error or "no_code")[:DETAIL_LIMIT])
            await attempts.keep_code(tx, attempt.id, code, digest(nonce), now + NONCE_SECONDS)
            return attempt

        await self._reached("link.returning")
        attempt = settled(await self._db.write(work))
        await self._reached("link.returned")
        return Returned(service, payload_of(nonce), attempt.language)

    async def finish(self, user_id: int, payload: str) -> Linked:
        """Finish what the same person began; only now the service is asked for tokens."""
        nonce, now = payload.removeprefix(PAYLOAD_PREFIX), self._clock.now()

        async def work(tx: Tx) -> Attempt | AttemptProblem:
            attempt = await attempts.take_nonce(tx, digest(nonce), now)
            if attempt is None:
                return await self._nonce_spent(tx, user_id, digest(nonce), now)
            if attempt.user_id != user_id:
                await attempts.burn(tx, attempt.id)
                await notice(tx, attempt.user_id, "link_burned", now=now, service=attempt.service)
                return AttemptProblem("foreign", attempt.service, attempt)
            return attempt

        await self._reached("link.taking")
        attempt = settled(await self._db.write(work))
        await self._reached("link.taken")
        grant = await self._exchanged(attempt)
        await self._reached("link.granted")
        return await self._saved(attempt, grant)

    async def leave(self, user_id: int, services: Sequence[str]) -> bool:
        """End what a user began at some services and did not finish; False where there was nothing."""
        now = self._clock.now()
        return await self._db.write(lambda tx: attempts.leave(tx, user_id, services, now))

    async def unlink(self, user_id: int, service: str) -> bool:
        """Delete a link and revoke it upstream where the service can; False when there was none."""
        return await self._unlinking.unlink(user_id, service)

    def stays(self, link: Link) -> bool:
        """Tell whether a link's grant lives on at the service until its user takes it back there."""
        return bool(self._unlinking.by_hand([link]))

    def jobs(self) -> dict[str, JobHandler]:
        """Return what this does in jobs."""
        return {REVOKE: self._unlinking.revoke}

    async def _state_spent(
        self, tx: Tx, service: str, state_hash: str, cookie_hash: str, now: float
    ) -> AttemptProblem:
        """Tell why a state does not work: a browser that was led back to Telegram has its cookie no more."""
        found = await attempts.by_state(tx, service, state_hash)
        kind = over(found, now)
        if found is not None and found.stage == "returned":
            same = await attempts.matches_cookie(tx, found.id, cookie_hash)
            kind = "interrupted" if same else kind
        return AttemptProblem(kind, service, found)

    async def _nonce_spent(self, tx: Tx, user_id: int, nonce_hash: str, now: float) -> AttemptProblem:
        """Tell why a nonce does not work, and whether it has worked for this very user."""
        found = await attempts.by_nonce(tx, nonce_hash)
        kind = over(found, now, nonce=True)
        if found is not None and found.user_id == user_id and found.stage == "taken":
            return AttemptProblem("interrupted", found.service, found)
        link = None
        if found is not None and found.user_id == user_id and kind == "used":
            link = await links.get(tx, user_id, found.service)
            link = link if link is not None and link.created_at >= found.created_at else None
        return AttemptProblem(kind, found.service if found else None, found, link)

    async def _exchanged(self, attempt: Attempt) -> TokenGrant:
        provider = self._provider(attempt.service)
        try:
            return await provider.exchange(attempt.code or "", attempt.redirect_uri or "", attempt.verifier)
        except ClientError as error:
            detail = getattr(error, "code", None) or type(error).__name__
            raise AttemptProblem("failed", attempt.service, attempt, detail=detail) from error

    async def _saved(self, attempt: Attempt, grant: TokenGrant) -> Linked:
        now = self._clock.now()
        new = new_link(attempt.user_id, attempt.service, grant, attempt.scopes, now)

        async def work(tx: Tx) -> Link:
            await self._unlinking.replaced(tx, new, now)
            await attempts.finish(tx, attempt.id)
            return await links.save(tx, new, now)

        try:
            link = await self._db.write(work)
        except Forgotten:
            await self._unlinking.unwanted(attempt.service, grant.refresh_token)
            raise
        await self._reached("link.saved")
        return await self.described(link)

    async def described(self, link: Link) -> Linked:
        """Return a link that was kept, with the name of its account as the service tells it."""
        account = await self._account(link)

        async def describe(tx: Tx) -> Linked:
            if account.id is not None or account.name is not None:
                await links.describe(tx, link.id, account.id, account.name)
            stored = await links.all_of(tx, link.user_id)
            mine = next((x for x in stored if x.id == link.id), link)
            also = tuple(x.service for x in stored if x.service != link.service and x.state == "active")
            return Linked(mine, also)

        return await self._db.write(describe)

    async def _account(self, link: Link) -> Account:
        """Ask whose link it is; one that cannot tell just now stays unnamed."""
        try:
            return await self._provider(link.service).describe(link.access_token)
        except ClientError:
            return Account()

    def _provider(self, service: str) -> Provider:
        provider = self._providers.get(service)
        if provider is None:
            raise ServiceOff(service)
        return provider
