"""The address a request came from. Only what a trusted proxy says counts; X-Forwarded-For is anybody's to
write.
"""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def peer_of(request: HttpRequest) -> str:
    """The client's address, or "" where it cannot be known (a unix socket).

    With TRUSTED_PROXIES = n it is the n-th entry from the right of X-Forwarded-For: the one the outermost
    of our own n proxies wrote. Everything to the left of it was written by the client.
    """
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        # Fewer hops than proxies: the request did not come through all of them. Its direct peer is what is
        # known.
        if len(hops) >= proxies:
            return _address(hops[-proxies])
    return _address(request.META.get("REMOTE_ADDR", ""))


def network_of(request: HttpRequest) -> str:
    """What a limit counts by: an IPv4 address, or the /64 an IPv6 subscriber owns whole."""
    peer = peer_of(request)
    if peer and isinstance(ip_address(peer), IPv6Address):
        return str(ip_network(f"{peer}/64", strict=False))
    return peer


def is_loopback(request: HttpRequest) -> bool:
    """Whether the client sits on this machine. A request that a local proxy passed on does not count as
    such.
    """
    peer = peer_of(request)
    passed_on = not settings.TRUSTED_PROXIES and (
        "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    )
    return bool(peer) and ip_address(peer).is_loopback and not passed_on


def _address(text: str) -> str:
    """The plain address: without port, brackets and zone, IPv4 in its IPv4 form; "" for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
