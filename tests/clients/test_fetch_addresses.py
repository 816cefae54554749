"""Addresses that the fetcher refuses, however they are written, led to or looked up."""

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from yarl import URL

from clients.errors import Unreachable
from clients.fetch.addresses import is_nearby, is_public
from clients.fetch.errors import AddressRefused, NoSuchHost
from clients.fetch.fetcher import Fetcher
from clients.fetch.gate import read_entry
from clients.fetch.targets import read_target
from tests.clients.fetching import SHORT, fetcher, file, read
from tests.clients.scripts import Server, answer


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("http://127.0.0.1:9/", "port"),
        ("http://127.0.0.1:8081/", "private"),
        ("http://localhost/", "private"),
        ("//10.0.0.1/x", "private"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("file:///etc/passwd", "scheme"),
        ("http://2130706433/", "disguised"),
        ("http://user:pw@example.com/", "credentials"),
        ("http://[fe80::1%25eth0]/", "disguised"),
        ("https:///", "malformed"),
    ],
)
async def test_redirects_into_private_ranges(server: Server, place: str, reason: str) -> None:
    server.will(answer(status=302, location=place))
    with pytest.raises(AddressRefused) as refused:
        await read(fetcher(server), server.url)
    assert refused.value.reason == reason
    assert len(server.requests) == 1


async def test_a_name_is_looked_up_once_and_pinned(server: Server) -> None:
    """The second answer of a rebinding resolver is never asked for."""
    port = int(server.url.rpartition(":")[2])
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    fetch = Fetcher(allowed_hosts=frozenset({f"nas.home:{port}"}), resolver=rebinding, limits=SHORT)
    server.will(file())
    assert (await read(fetch, f"http://NAS.home.:{port}/"))[1] == b"0123456789"
    assert asked == ["nas.home"]
    assert server.last.headers["host"] == f"nas.home:{port}"


async def test_one_private_address_spoils_a_name() -> None:
    for answers in (["93.184.216.34", "10.0.0.1"], ["::1", "93.184.216.34"], ["::ffff:7f00:1"]):

        async def mixed(_host: str, _port: int, found: list[str] = answers) -> Sequence[str]:
            return found

        with pytest.raises(AddressRefused):
            await read(Fetcher(resolver=mixed), "http://mixed.example/")


async def test_names_that_lead_nowhere() -> None:
    async def silent(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    async def empty(_host: str, _port: int) -> Sequence[str]:
        return []

    for resolver in (silent, empty):
        with pytest.raises(Unreachable) as failure:
            await read(Fetcher(resolver=resolver), "http://nowhere.example/")
        assert (failure.value.kind, failure.value.sent) == ("dns", False)


@pytest.mark.parametrize(("said", "gone"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)])
async def test_a_name_that_is_not_there_is_told_from_a_resolver_that_is_away(said: int, gone: bool) -> None:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(said, "what it says")

    with pytest.raises(Unreachable) as failure:
        await read(Fetcher(resolver=resolver), "http://nowhere.example/")
    assert isinstance(failure.value, NoSuchHost) is gone


@pytest.mark.parametrize(
    ("ip", "public", "nearby"),
    [
        ("93.184.216.34", True, True),
        ("192.168.1.5", False, True),
        ("127.0.0.1", False, True),
        ("100.64.0.1", False, True),
        ("169.254.169.254", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("2606:4700::1111", True, True),
        ("fd00::1", False, True),
        ("fe80::1", False, False),
        ("::", False, False),
        ("::ffff:8.8.8.8", True, True),
        ("::ffff:10.0.0.1", False, True),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::808:808", True, True),
        ("64:ff9b::a00:1", False, True),
        ("64:ff9b:1::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("2001:0:a00:1::", False, True),
    ],
)
def test_kinds_of_addresses(ip: str, public: bool, nearby: bool) -> None:
    address = ipaddress.ip_address(ip)
    assert (is_public(address), is_nearby(address)) == (public, nearby)


def test_the_operators_list() -> None:
    told = ["nas.local", "NAS:5000", "192.168.1.5:8080", "::1", "[::1]:80", "127.0.0.1:22"]
    assert list(map(read_entry, told)) == [
        "nas.local",
        "nas:5000",
        "192.168.1.5:8080",
        "::1",
        "[::1]:80",
        "127.0.0.1:22",
    ]
    for wrong in ("", "http://nas", "nas/x", "u@nas", "nas:port", "0x7f.1", "a b"):
        with pytest.raises(ValueError, match="must be host or host:port"):
            read_entry(wrong)


def test_addresses_relative_to_another() -> None:
    base = URL("https://a.example/x/y?z")
    assert str(read_target("../q#f", base=base).url) == "https://a.example/q"
    assert str(read_target("//b.example:443/", base=base).url) == "https://b.example/"
    assert str(read_target("HTTP://BÜCHER.example/é{}").url) == "http://xn--bcher-kva.example/%C3%A9%7B%7D"
