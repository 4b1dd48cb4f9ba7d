"""Who is one client: the address that is counted, and which addresses speak for many."""

import functools
import ipaddress
from collections.abc import Sequence

UNKNOWN = "unknown"


@functools.lru_cache(4096)
def counted(address: str) -> str:
    """The address by which somebody is counted: of IPv6 the network (/64) that one customer gets; else `unknown`.

    What a proxy says can be any text: only addresses count.
    """
    try:
        found = ipaddress.ip_address(address[:64].partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class Proxies:
    """The proxies that are trusted, as addresses and networks."""

    def __init__(self, named: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(one, strict=False) for one in named]

    def __contains__(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)
