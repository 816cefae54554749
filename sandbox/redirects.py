"""Which callback addresses the app has registered at the services."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from sandbox.world import World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def registered(world: World, uri: str, service: str) -> bool:
    """Tell whether a callback is the app's: loopback on any port, or listed in the options."""
    parts = urlsplit(uri)
    own = parts.scheme == "http" and parts.hostname in LOOPBACK and parts.path == f"/oauth/{service}/callback"
    return (own and not parts.fragment) or uri in world.options.redirect_uris


def with_query(uri: str, **values: str | None) -> str:
    """Return the callback with answers appended to its query."""
    parts = urlsplit(uri)
    added = urlencode({k: v for k, v in values.items() if v is not None})
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, added]))))
