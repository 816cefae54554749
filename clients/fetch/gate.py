"""The gate every connection passes: names are looked up once, checked, and held to what was checked."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from clients.errors import Unreachable
from clients.fetch.addresses import IP, is_nearby, is_public
from clients.fetch.errors import OPERATION, SERVICE, AddressRefused, NoSuchHost
from clients.fetch.targets import Target, read_target

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

LOOKUP_SECONDS = 10.0
# Where something listens that is no web server and could take a request for a command (fetch standard).
# fmt: off
UNSAFE_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512,
    513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719,
    1720, 1723, 2049, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080, 11211, 27017
})
# fmt: on
# What a resolver says of a name that is not there; EAI_NODATA is not known everywhere.
_NOT_THERE = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
# More answers than this are some resolver's joke.
MOST_ADDRESSES = 16


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the system for all addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Gate:
    """Know which hosts the operator opened (`host` or `host:port`); everything else must be public."""

    def __init__(self, allowed: frozenset[str], resolver: Resolver) -> None:
        self.allowed = frozenset(map(read_entry, allowed))
        self._resolver = resolver

    async def addresses(self, target: Target) -> tuple[IP, ...]:
        """Look a target up and check every address; raises AddressRefused, NoSuchHost or Unreachable(dns)."""
        if target.port in UNSAFE_PORTS and target.key not in self.allowed:
            raise AddressRefused.because("port")
        found = (target.literal,) if target.literal is not None else await self._lookup(target)
        may = is_nearby if {target.host, target.key} & self.allowed else is_public
        # A name of which one address is private is refused whole: which one is used would be chance.
        if not all(may(ip) or is_public(ip) for ip in found):
            raise AddressRefused.because("private")
        return found[:MOST_ADDRESSES]

    async def _lookup(self, target: Target) -> tuple[IP, ...]:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                texts = await self._resolver(target.host, target.port)
            found = tuple(dict.fromkeys(ipaddress.ip_address(text.partition("%")[0]) for text in texts))
        except socket.gaierror as error:
            kind = NoSuchHost if error.errno in _NOT_THERE else Unreachable
            raise kind(SERVICE, OPERATION, "dns", sent=False) from error
        except (OSError, ValueError):
            found = ()
        if not found:
            raise Unreachable(SERVICE, OPERATION, "dns", sent=False)
        return found


def read_entry(text: str) -> str:
    """Read one entry of the operator's list as targets name themselves; raises ValueError."""
    entry = text.strip()
    try:
        bare = ipaddress.IPv6Address(entry.strip("[]")) if "]:" not in entry else None
    except ValueError:
        bare = None
    if bare is not None:
        return str(bare)
    if any(sign in entry for sign in "/?#") or not entry:
        raise ValueError("must be host or host:port")
    try:
        target = read_target(f"http://{entry}/")
    except AddressRefused:
        raise ValueError("must be host or host:port") from None
    named = entry.rpartition(":")[2].isdecimal() and ":" in entry
    return target.key if named else target.host


class Pinned(AbstractResolver):
    """Answer with the addresses that were checked, and never ask again."""

    def __init__(self, target: Target, addresses: Sequence[IP]) -> None:
        self._target = target
        self._addresses = tuple(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses; another host than the checked one has none."""
        if host.removesuffix(".") != self._target.host:
            raise OSError(None, "not the host that was checked")
        return [
            ResolveResult(
                hostname=host,
                host=str(ip),
                port=port,
                family=socket.AF_INET if ip.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in self._addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET if ip.version == 4 else socket.AF_INET6)
        ]

    async def close(self) -> None:
        """Hold nothing that must be closed."""

    def socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Make the socket for one address; the last look before anything is connected."""
        family, kind, proto, _, place = info
        if ipaddress.ip_address(str(place[0]).partition("%")[0]) not in self._addresses:
            raise OSError(None, "not an address that was checked")
        return socket.socket(family, kind, proto)
