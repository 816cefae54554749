"""All that the environment says, read once and checked: the only place that looks at it."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import formats
from bot.formats import Listen
from clients.oauth import DISKTOP_SCOPES, HDHIVE_SCOPES

Address = Annotated[str, AfterValidator(formats.address)]
Proxy = Annotated[str, AfterValidator(formats.proxy)]
Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(formats.ids)]
Hosts = Annotated[frozenset[str], NoDecode, BeforeValidator(formats.hosts)]
Scopes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(formats.scopes)]
Secret = Annotated[str, AfterValidator(formats.secret)]

DIRECT = "direct"


class BadSettings(Exception):
    """Say which settings are bad or missing: one line each."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class StorageSettings(BaseSettings):
    """What the commands need that touch only the database."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", str_strip_whitespace=True
    )

    database_url: Annotated[str, AfterValidator(formats.database), Field(repr=False)] = (
        "sqlite:///data/linkhive.db"
    )
    secret_keys: Annotated[str | None, Field(repr=False, validate_default=True)] = None
    log_format: Annotated[Literal["console", "json"], BeforeValidator(formats.lower)] = "console"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(formats.upper)
    ] = "INFO"

    @field_validator("secret_keys")
    @classmethod
    def _keys(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and not info.data.get("database_url", "sqlite").startswith("sqlite"):
            raise ValueError("missing; with PostgreSQL it must hold a 32-byte base64 key")
        return value if value is None else formats.keys(value)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret here, so that the log can strike them out."""
        values = (getattr(self, name) for name, field in type(self).model_fields.items() if not field.repr)
        # The word for no proxy stands where an address with a password may, and in many a line of the log.
        found = [str(value) for value in values if value is not None and value != DIRECT]
        words = {formats.password(value) if "://" in value else value for value in found}
        # The key ring is one setting of several secrets.
        return tuple(part.strip() for word in words if word for part in word.split(","))


class Settings(StorageSettings):
    """What `linkhive run` needs, under the names of the environment in lower case."""

    telegram_token: Annotated[str, AfterValidator(formats.bot_token), Field(repr=False)]
    telegram_api_url: Address = "https://api.telegram.org"
    telegram_me_url: Address = "https://t.me"
    telegram_updates: Annotated[Literal["polling", "webhook"], BeforeValidator(formats.lower)] = "polling"
    telegram_webhook_secret: Annotated[str | None, Field(repr=False, validate_default=True)] = None
    telegram_proxy_url: Proxy | None = Field(default=None, repr=False)
    public_url: Annotated[str, AfterValidator(formats.public_address)] = "http://127.0.0.1:8080"
    listen: Annotated[Listen, NoDecode, BeforeValidator(formats.listen)] = Listen("127.0.0.1", 8080)
    admin_ids: Ids = frozenset()
    allowed_ids: Ids = frozenset()
    http_proxy_url: Proxy | None = Field(default=None, repr=False)
    fetch_allowed_hosts: Hosts = frozenset()

    hdhive_url: Address = "https://hdhive.com"
    hdhive_client_id: str | None = None
    hdhive_app_secret: Annotated[Secret | None, Field(repr=False, validate_default=True)] = None
    hdhive_scopes: Scopes = HDHIVE_SCOPES
    hdhive_proxy_url: Proxy | None = Field(default=None, repr=False)

    disktop_url: Address = "https://openapi.disk.top"
    disktop_client_id: str | None = None
    disktop_client_secret: Annotated[Secret | None, Field(repr=False, validate_default=True)] = None
    disktop_scopes: Scopes = DISKTOP_SCOPES
    disktop_proxy_url: Proxy | None = Field(default=None, repr=False)

    acgbt_url: Address = "https://bj2.dmbt.site/api/v1"
    acgbt_proxy_url: Proxy | None = Field(default=None, repr=False)
    mika_url: Annotated[str, AfterValidator(formats.mika_address)] | None = None
    mika_proxy_url: Proxy | None = Field(default=None, repr=False)

    linkcheck_url: Address | None = None
    linkcheck_api_key: Annotated[Secret | None, Field(repr=False, validate_default=True)] = None
    linkcheck_proxy_url: Proxy | None = Field(default=None, repr=False)

    tmdb_url: Address = "https://api.themoviedb.org"
    tmdb_token: Secret | None = Field(default=None, repr=False)
    tmdb_image_url: Address = "https://image.tmdb.org/t/p"
    tmdb_proxy_url: Proxy | None = Field(default=None, repr=False)

    subscription_poll_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900
    checkin_spread_seconds: Annotated[int, Field(ge=0, le=43_200)] = 3600

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("telegram_updates") == "webhook":
            raise ValueError("missing; TELEGRAM_UPDATES=webhook needs one")
        return value if value is None else formats.webhook_secret(value)

    @field_validator("hdhive_app_secret", "disktop_client_secret", "linkcheck_api_key")
    @classmethod
    def _both_halves(cls, value: str | None, info: ValidationInfo) -> str | None:
        field = info.field_name or ""
        other = _OTHER_HALF[field]
        # Half of a pair is a slip, not a wish to leave the service off.
        if other in info.data and (value is None) != (info.data[other] is None):
            given, lacking = (other, "") if value is None else (field, f"{other.upper()} is ")
            reason = f"{lacking}missing; {given.upper()} is set, set both or neither"
            raise ValueError(reason)
        return value

    def proxy_for(self, service: str) -> str | None:
        """Return the proxy for the calls to one upstream, `telegram` included; None goes direct."""
        own: str | None = getattr(self, f"{service}_proxy_url")
        return None if own == DIRECT else own or self.http_proxy_url


_OTHER_HALF = {
    "hdhive_app_secret": "hdhive_client_id",
    "disktop_client_secret": "disktop_client_id",
    "linkcheck_api_key": "linkcheck_url",
}


def prepare_libraries() -> None:
    """Set what libraries read from the environment themselves."""
    # python-telegram-bot 22 warns at every length of time until one asks for its future type.
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def load() -> Settings:
    """Read the settings of `linkhive run`, or raise `BadSettings` with a line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSettings(_lines(error)) from None


def load_storage() -> StorageSettings:
    """Read the settings of the commands that touch only the database."""
    try:
        return StorageSettings()
    except ValidationError as error:
        raise BadSettings(_lines(error)) from None


def _lines(error: ValidationError) -> tuple[str, ...]:
    """Name each setting once, without its value: it may be a secret."""
    lines: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]).upper()
        lines.setdefault(name, f"{name}: {_reason(problem)}")
    return tuple(lines.values())


def _reason(problem: Any) -> str:
    if problem["type"] == "missing":
        return "missing"
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    message = str(problem["msg"]).removeprefix("Input ")
    return message[:1].lower() + message[1:]
