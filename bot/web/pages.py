"""The few pages people see on their way: small, without scripts, in their language."""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.web.shield import page_policy
from handlers.texts import LANGUAGES, Speaker, Texts

_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "page.css").read_text().strip()
_PAGE = Template((_FOLDER / "page.html").read_text())
STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def language_of(request: Request) -> str:
    """Return the best of our languages for a browser."""
    wishes = []
    for place, part in enumerate(request.headers.get("accept-language", "")[:200].split(",")[:20]):
        tag, _, quality = part.strip().lower().partition(";q=")
        try:
            wishes.append((-float(quality or 1), place, tag.partition("-")[0]))
        except ValueError:
            continue
    return next((language for _, _, language in sorted(wishes) if language in LANGUAGES), "en")


class Pages:
    """Draw pages."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def speaker(self, language: str | None, request: Request) -> Speaker:
        """Return the attempt's language, else the browser's."""
        return self._texts.speaker(language or language_of(request))

    def draw(
        self,
        say: Speaker,
        title: str,
        body: str,
        *,
        mark: str = "🔗",
        status: int = 200,
        forms: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> HTMLResponse:
        """Return a whole page; `title` and `body` are HTML."""
        language = "zh-CN" if say.language == "zh" else say.language
        content = _PAGE.substitute(language=language, title=title, body=body, style=_STYLE, mark=mark)
        policy = {"content-security-policy": page_policy(STYLE_HASH, forms), "vary": "accept-language"}
        return HTMLResponse(content, status, headers={**policy, **(headers or {})})

    def plain(
        self, say: Speaker, key: str, *, status: int, link: str, headers: dict[str, str] | None = None
    ) -> HTMLResponse:
        """Return a page that says what is wrong with a request, with a way back to the bot."""
        body = paragraph(say(f"web.{key}.lead")) + action(link, say("web.home"))
        return self.draw(say, say(f"web.{key}.title"), body, mark="🔍", status=status, headers=headers)


def paragraph(text: str, *, soft: bool = False) -> str:
    """Return a paragraph of text that is HTML already."""
    return f'<p class="soft">{text}</p>' if soft else f"<p>{text}</p>"


def action(url: str, label: str) -> str:
    """Return the one link that leads on."""
    return f'<p><a class="act" href="{html.escape(url)}">{label}</a></p>'


def button(label: str) -> str:
    """Return the one button that leads on: a form that posts to its own address."""
    return f'<form method="post"><button class="act" type="submit">{label}</button></form>'
