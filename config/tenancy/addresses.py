"""Which network addresses Muster may call on a user's word: public ones, by a list of its own.

`ipaddress.is_private` and `is_global` are not enough: they let carrier NAT, multicast, NAT64, 6to4,
site-local and IPv4-compatible addresses pass, and a form that wraps an IPv4 address hides it. No Django here.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

NOT_PUBLIC_4 = [
    IPv4Network(network)
    for network in (
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
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
]
UNICAST_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4 wraps an IPv4 address
        "3fff::/20",
    )
]
NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether `address` (as getaddrinfo writes it) is on the public internet. False for nonsense."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return False
        unwrapped = _unwrapped(found)
        if unwrapped is None:
            return found in UNICAST_6 and not any(found in network for network in NOT_PUBLIC_6)
        found = unwrapped
    return not any(found in network for network in NOT_PUBLIC_4)


def _unwrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped or a NAT64 one. Other wrappings are refused as they are."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_listed(host: str, addresses: Iterable[str], allowed: Iterable[str]) -> bool:
    """Whether the operator allows this: the host by name, or each address by itself or its network."""
    names, networks = set(), []
    for entry in allowed:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            names.add(entry.lower())
    if host.lower() in names:
        return True
    found = [ip_address(address) for address in addresses]
    return bool(found) and all(any(address in network for network in networks) for address in found)
