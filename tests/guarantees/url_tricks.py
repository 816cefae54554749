"""Every way known to us to write an address so that a check and a client read it differently."""

import ipaddress
import itertools
import random
from collections.abc import Callable, Iterator

PRIVATE = [
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255"),
    *("100.64.0.1", "100.127.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8"),
    *("192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "192.0.2.1", "203.0.113.9"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
]
PRIVATE_6 = [
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00::dead:beef",
    "ff02::1",
    "fec0::1",
    "2001:db8::1",
    "100::1",
]

Spelling = Callable[[ipaddress.IPv4Address], str]
SPELLINGS: list[Spelling] = [
    str,
    lambda ip: str(int(ip)),
    lambda ip: hex(int(ip)),
    lambda ip: f"0{int(ip):o}",
    lambda ip: ".".join(f"0{part:o}" for part in ip.packed),
    lambda ip: ".".join(f"{part:03d}" for part in ip.packed),
    lambda ip: ".".join(hex(part) for part in ip.packed),
    lambda ip: ".".join(f"0x{part:08x}" for part in ip.packed),
    lambda ip: f"{ip.packed[0]}.{int(ip) & 0xFFFFFF}",
    lambda ip: f"{ip.packed[0]}.{ip.packed[1]}.{int(ip) & 0xFFFF}",
    lambda ip: f"0x{ip.packed[0]:x}.{int(ip) & 0xFFFFFF:o}",
    lambda ip: f"{ip}.",
    lambda ip: str(ip).replace(".", "\u3002"),
    lambda ip: str(ip).replace(".", "\uff0e"),
    lambda ip: str(ip).translate({48 + n: 0xFF10 + n for n in range(10)}),
    lambda ip: str(ip).translate({49 + n: 0x2460 + n for n in range(9)}),
    lambda ip: str(ip).replace(".", "%2e"),
    lambda ip: "".join(f"%{ord(sign):02x}" for sign in str(ip)),
    lambda ip: f"[::ffff:{ip}]",
    lambda ip: f"[::ffff:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}]",
    lambda ip: f"[0:0:0:0:0:FFFF:{ip}]",
    lambda ip: f"[::{ip}]",
    lambda ip: f"[64:ff9b::{ip}]",
    lambda ip: f"[64:ff9b:1::{ip}]",
    lambda ip: f"[2002:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}::1]",
    lambda ip: f"[2001:0:{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}::1]",
    lambda ip: f"[::ffff:{ip}%25lo]",
    lambda ip: f"{ip}\u200b",
    lambda ip: f"{ip}%00.example.com",
    lambda ip: f"{ip!s}\uff0f.example.com",
]
# Where the host stands, to readers that differ about it.
FRAMES = [
    "http://{host}:{port}/",
    "http://{host}:{port}",
    "HTTP://{host}:{port}/%2e%2e/x",
    "http://user:pw@{host}:{port}/",
    "http://example.com@{host}:{port}/",
    "http://example.com:80@{host}:{port}/",
    "http://{host}:{port}\\@example.com/",
    "http://example.com\\@{host}:{port}/",
    "http:\\\\{host}:{port}/",
    "http:/{host}:{port}/",
    "http:{host}:{port}/",
    "http:////{host}:{port}/",
    "//{host}:{port}/",
    "http://{host}:{port}#@example.com/",
    "http://{host}:{port}?@example.com/",
    "http://{host}:{port};@example.com/",
    "http://{host}:{port}/\r\nHost: example.com",
    "http://{host}\t:{port}/",
    "http://\n{host}:{port}/",
    "http://{host}:0{port}/",
    "http://{host}: {port}/",
    "https://{host}:{port}/",
    "ftp://{host}:{port}/",
    "gopher://{host}:{port}/_GET",
    "file://{host}/etc/passwd",
    "jar:http://{host}:{port}/!/",
    "unix:///{host}:{port}/",
    "data:text/plain,{host}",
]
NAMES = [
    *("localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "a.localhost"),
    *("ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loc\u00adalhost", "localhost%2f.example.com", "localhost%00"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[::1%lo]", "[::]", "::1", "[::1", "[127.0.0.1]", "[v1.x]"),
]


def tricks(port: int) -> Iterator[str]:
    """Every spelling of every private address, in every frame, in an order that mixes them."""
    hosts = [spell(ipaddress.IPv4Address(ip)) for ip in PRIVATE for spell in SPELLINGS]
    hosts += [f"[{ip}]" for ip in PRIVATE_6] + [f"[{ip}%25lo]" for ip in PRIVATE_6] + NAMES
    every = [frame.format(host=host, port=port) for host, frame in itertools.product(hosts, FRAMES)]
    random.Random(5).shuffle(every)
    yield from near(port)
    yield from every


def near(port: int) -> Iterator[str]:
    """Those that lead straight to this machine: they come first, whatever the size of the run."""
    ips = [ipaddress.IPv4Address(ip) for ip in ("127.0.0.1", "0.0.0.0")]
    yield from (f"http://{spell(ip)}:{port}/" for ip in ips for spell in SPELLINGS)
    yield from (f"http://{host}:{port}/" for host in NAMES)
