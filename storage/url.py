"""Read database addresses as people write them."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.tx import DialectName


class BadDatabaseURL(ValueError):
    """Say that an address names no database we can use."""


def parse(url: str) -> URL:
    """Return the address with the asyncio driver in it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadDatabaseURL("not a database address") from None
    if parsed.drivername in ("sqlite", "sqlite+aiosqlite"):
        if parsed.database in (None, "", ":memory:"):
            raise BadDatabaseURL("a SQLite database needs a file")
        return parsed.set(drivername="sqlite+aiosqlite")
    if parsed.drivername in ("postgresql", "postgres", "postgresql+asyncpg"):
        return _with_ssl(parsed.set(drivername="postgresql+asyncpg"))
    raise BadDatabaseURL(f"{parsed.drivername} is neither sqlite nor postgresql")


def dialect(url: URL) -> DialectName:
    """Return which of the two databases an address names."""
    return "sqlite" if url.drivername.startswith("sqlite") else "postgresql"


def file(url: URL) -> Path:
    """Return the file of a SQLite address."""
    return Path(url.database or "")


def display_name(url: str) -> str:
    """Return which database an address names, for people: without its password."""
    address = parse(url)
    if dialect(address) == "sqlite":
        return str(file(address))
    return f"{address.database} at {address.host or 'this machine'}"


def dsn(url: URL) -> str:
    """Return a PostgreSQL address as the driver itself reads it, password and all."""
    mode = url.query.get("ssl")
    plain = url if mode is None else url.difference_update_query(["ssl"]).update_query_dict({"sslmode": mode})
    return plain.set(drivername="postgresql").render_as_string(hide_password=False)


def _with_ssl(url: URL) -> URL:
    # libpq's word, which people copy from their host's page; asyncpg's own is ssl.
    mode = url.query.get("sslmode")
    return url if mode is None else url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
