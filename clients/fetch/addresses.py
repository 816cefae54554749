"""Which IP addresses are public: everything is refused that is not plainly part of the Internet."""

import ipaddress

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

# The IANA registries of special-purpose addresses (RFC 6890), and what was never given out. Python's own
# `is_global` follows them only in part, and differently by version.
_V4_CLOSED = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
_V6_OPEN = ipaddress.IPv6Network("2000::/3")
# Protocol assignments (Teredo and ORCHID among them), documentation, 6to4.
_V6_CLOSED = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16")))
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")
_LINK_LOCAL = (ipaddress.IPv4Network("169.254.0.0/16"), ipaddress.IPv6Network("fe80::/10"))


def is_public(ip: IP) -> bool:
    """Tell whether an address belongs to the public Internet, looking inside those that wrap an IPv4 one."""
    ip = inner(ip)
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _V4_CLOSED)
    return ip in _V6_OPEN and not any(ip in network for network in _V6_CLOSED)


def is_nearby(ip: IP) -> bool:
    """Tell whether an address is one that an operator may open: a host, and not a link's own services.

    Link-local is where clouds keep the keys of the machine (169.254.169.254); it is never opened.
    """
    ip = inner(ip)
    odd = ip.is_multicast or ip.is_unspecified or ip == ipaddress.IPv4Address("255.255.255.255")
    return not odd and not any(ip.version == net.version and ip in net for net in _LINK_LOCAL)


def inner(ip: IP) -> IP:
    """Return the IPv4 address that an IPv4-mapped, NAT64 or 6to4 one leads to, else the address itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    number = int(ip)
    if ip in _MAPPED or ip in _NAT64:
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if ip in _6TO4:
        return ipaddress.IPv4Address(number >> 80 & 0xFFFFFFFF)
    return ip
