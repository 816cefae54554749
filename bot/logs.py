"""One log for everything: structlog's renderers, the standard library's loggers, nothing secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from services.secretshapes import SHAPES

HIDDEN = "[hidden]"
# Shorter ones would strike out ordinary words.
SHORTEST_SECRET = 6

_PATTERNS = (
    *SHAPES,
    # Authorization headers and the like, in any spelling of a mapping.
    re.compile(
        r"(?i)(?<![A-Za-z0-9-])((?:proxy-)?authorization|x-api-key|x-telegram-bot-api-secret-token|cookie|set-cookie)"
        r"[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?[^\s\"',;}]+"
    ),
    re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"),
    # Parameters and fields whose values open something.
    re.compile(
        r"(?i)[\"']?\b(access_token|refresh_token|id_token|token|code|state|client_secret|app_secret|secret|api_key|"
        r"code_verifier|verifier|password|pwd|passcode|access_code|nonce|ticket|cookie_value|device_code)[\"']?"
        r"\s*[=:]\s*[\"']?[^\s\"'&,;})]+"
    ),
)
_QUIET = frozenset(
    (
        *("httpx", "httpcore", "aiohttp", "telegram", "uvicorn", "asyncio", "stamina"),
        # They tell each statement with its values.
        *("sqlalchemy", "alembic", "aiosqlite", "asyncpg"),
    )
)
# It writes answers that are no JSON into its messages; what fails by them is told by whoever called.
_SILENT = ("telegram.request",)


class Redaction:
    """Strike out what must not be read in a log: known secrets, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, value: str) -> str:
        """Return a text without secrets."""
        if self._known is not None:
            value = self._known.sub(HIDDEN, value)
        for pattern in _PATTERNS:
            value = pattern.sub(_struck, value)
        return value

    def value(self, value: Any) -> Any:
        """Return any value without secrets; odd ones become text."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {str(key): self._field(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(inner) for inner in value]
        return self.text(repr(value))

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        """Be a structlog processor, the last before the renderer."""
        del logger, name
        return {key: self._field(key, inner) for key, inner in event.items()}

    def _field(self, key: str, value: Any) -> Any:
        return HIDDEN if key.lower() in HIDDEN_FIELDS and value is not None else self.value(value)


# Names of fields whose values are struck out whatever they are.
HIDDEN_FIELDS = frozenset(
    {
        *("access_token", "refresh_token", "token", "code", "state", "client_secret", "app_secret", "secret"),
        *("api_key", "authorization", "verifier", "code_verifier", "password", "pwd", "passcode", "nonce"),
        *("access_code", "ticket", "cookie", "cookie_value", "device_code", "payload"),
    }
)


def _struck(match: re.Match[str]) -> str:
    kept = match[1] if match.re.groups else ""
    return f"{kept}{'=' if kept else ''}{HIDDEN}"


class QuietFilter(logging.Filter):
    """Let through only warnings of libraries that put addresses and bodies into their messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is shown."""
        if record.name.startswith(_SILENT):
            return False
        return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _QUIET


def configure(log_format: str, level: str, secrets: Iterable[str] = (), stream: Any = None) -> Redaction:
    """Send every logger through the redaction to one stream."""
    redaction = Redaction(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redaction,
            _renderer(log_format),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(QuietFilter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return redaction


def _renderer(log_format: str) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
