"""The browser's part of linking: the ticket page, the way to the service, and the way back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.web.pages import Pages, action, button, paragraph
from bot.web.shield import form_targets
from handlers.texts import Speaker
from services.errors import AttemptProblem, ServiceOff
from services.linking.oauth import Linking

log = logging.getLogger(__name__)

COOKIE_SECONDS = 600
SERVICES = ("hdhive", "disktop")
# What happened to the attempt, as a browser should hear it.
_STATUS = {
    "unknown": 404,
    "expired": 410,
    "used": 410,
    "interrupted": 410,
    "browser": 403,
    "foreign": 403,
    "denied": 200,
}
_LONGEST = 512


@dataclass(frozen=True)
class LinkPages:
    """Serve the three addresses of linking; everything built here is built from the settings."""

    linking: Linking
    pages: Pages
    public_url: str
    bot_url: str
    form_hosts: Mapping[str, str]

    async def ticket(self, request: Request) -> Response:
        """Say what the ticket is for, and change nothing: previews and crawlers come here too."""
        try:
            view = await self.linking.look(_ticket(request))
        except (AttemptProblem, ServiceOff) as problem:
            return self._problem(request, problem)
        say = self.pages.speaker(view.language, request)
        service = say(f"service.{view.service}")
        body = (
            paragraph(say("web.link.lead", service=service, name=view.display_name))
            + paragraph(say("web.link.next", service=service), soft=True)
            + button(say("web.link.button", service=service))
            + paragraph(say("web.link.warning"), soft=True)
        )
        targets = form_targets(self.form_hosts.get(view.service, self.public_url))
        return self.pages.draw(say, say("web.link.title", service=service), body, forms=targets)

    async def bind(self, request: Request) -> Response:
        """Bind the browser with a cookie and send it to the service."""
        if not self._own_form(request):
            say = self.pages.speaker(None, request)
            return self.pages.plain(say, "origin", status=403, link=self.bot_url)
        try:
            bound = await self.linking.bind(_ticket(request))
        except (AttemptProblem, ServiceOff) as problem:
            return self._problem(request, problem)
        response = Response(status_code=303, headers={"location": bound.authorize_url})
        self._set_cookie(response, bound.service, bound.cookie_value, COOKIE_SECONDS)
        return response

    async def callback(self, request: Request) -> Response:
        """Take the service's answer and lead back to Telegram; HEAD is no browser and takes nothing."""
        service = request.path_params["service"]
        if service not in SERVICES:
            say = self.pages.speaker(None, request)
            return self.pages.plain(say, "not_found", status=404, link=self.bot_url)
        if request.method == "HEAD":
            return Response(status_code=200, media_type="text/html")
        query = request.query_params
        cookie = request.cookies.get(self._cookie_name(service))
        try:
            returned = await self.linking.returned(
                service, query.get("state"), query.get("code"), query.get("error"), cookie
            )
        except (AttemptProblem, ServiceOff) as problem:
            return self._problem(request, problem, service)
        say = self.pages.speaker(returned.language, request)
        link = f"{self.bot_url}?start={returned.payload}"
        response = self._back(say, say(f"service.{service}"), link)
        self._set_cookie(response, service, "", 0)
        return response

    def _back(self, say: Speaker, service: str, link: str) -> HTMLResponse:
        body = paragraph(say("web.returned.lead", service=service)) + action(link, say("web.returned.button"))
        title = say("web.returned.title")
        return self.pages.draw(say, title, body, mark="✅", status=303, headers={"location": link})

    def _problem(
        self, request: Request, problem: AttemptProblem | ServiceOff, service: str | None = None
    ) -> HTMLResponse:
        """Say what happened and how to try again."""
        name = problem.service or service
        attempt = problem.attempt if isinstance(problem, AttemptProblem) else None
        say = self.pages.speaker(attempt.language if attempt else None, request)
        shown = say(f"service.{name}") if name in SERVICES else say("web.service")
        again = f"{self.bot_url}?start=link_{name}" if name in SERVICES else f"{self.bot_url}?start=link"
        if isinstance(problem, ServiceOff):
            body = paragraph(say("web.off.lead", service=shown)) + action(self.bot_url, say("web.home"))
            return self.pages.draw(say, say("web.off.title", service=shown), body, mark="💤", status=503)
        key = f"web.problem.{problem.kind}"
        body = paragraph(say(f"{key}.lead", service=shown)) + action(again, say("web.again"))
        if problem.kind == "failed" and problem.detail:
            body += paragraph(say("web.problem.detail", detail=problem.detail), soft=True)
        log.info("a link page met a problem", extra={"kind": problem.kind, "service": name})
        status = _STATUS.get(problem.kind, 502)
        return self.pages.draw(say, say(f"{key}.title", service=shown), body, mark="⚠️", status=status)

    def _own_form(self, request: Request) -> bool:
        """Tell whether a POST comes from our own page; old browsers do not say."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        # Our pages send no referrer, and so browsers call their origin "null".
        origin = request.headers.get("origin", "null")
        parts = urlsplit(self.public_url)
        return origin in ("null", f"{parts.scheme}://{parts.netloc}")

    def _cookie_name(self, service: str) -> str:
        return f"__Host-linkhive-{service}" if self._https else f"linkhive-{service}"

    @property
    def _https(self) -> bool:
        return self.public_url.startswith("https://")

    def _set_cookie(self, response: Response, service: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self._cookie_name(service),
            value,
            max_age=seconds,
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )


def _ticket(request: Request) -> str:
    return str(request.path_params["ticket"])[:_LONGEST]
