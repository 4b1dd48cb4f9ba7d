"""Where webhooks may go: which URLs are taken at all, and which addresses may be connected to.

Integrators choose the URLs, and Harmony stands inside somebody's network: a name that leads to a private address would
make it a way in. So a name is resolved at each attempt, every address of the answer must be public, and the
connection goes to one of those addresses, not to the name again (a name may lead elsewhere a moment later).
"""

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx
import msgspec

from api.errors import USAGE, ApiError

LONGEST_URL = 2000
_NAT64 = IPv6Network("64:ff9b::/96")
_REFUSED_6 = (
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of a site's own: what is behind it only the site knows
    IPv6Network("2001::/32"),  # Teredo
    IPv6Network("::/96"),  # IPv4-compatible, and the unspecified address
)
_REFUSED_4 = (
    IPv4Network("168.63.129.16/32"),  # the host of every virtual machine of Azure, on a public number
    IPv4Network("192.0.0.0/24"),  # assigned to protocols; Oracle's metadata among them
)
_HOST = re.compile(rb"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")
_ISATAP = (0x00005EFE, 0x02005EFE)


class BadUrl(ApiError):
    """A webhook may not go there."""

    code = "webhook.url"
    status = 400
    exit_code = USAGE


class Policy(msgspec.Struct, frozen=True):
    """What the settings allow."""

    private: bool = False
    http: bool = False


def checked_url(text: str, policy: Policy) -> httpx.URL:
    """The URL if it is one that a webhook may have; raises `BadUrl`. What its name resolves to is seen when sending."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise BadUrl(f"{text[:100]!r} is no URL: write https://example.com/path.") from None
    schemes = ("https", "http") if policy.http else ("https",)
    wrong = url.port is not None and not 0 < url.port < 65536
    if len(text) > LONGEST_URL or url.scheme not in schemes or wrong or not _HOST.fullmatch(url.raw_host):
        more = "" if policy.http else "; http is for installations that set webhook_http"
        raise BadUrl(
            f"{text[:100]!r} is no address for a webhook: write https://example.com/path, at most {LONGEST_URL} "
            f"characters{more}."
        )
    if url.userinfo or url.fragment:
        raise BadUrl(f"The URL of a webhook has no user, password or fragment: leave them out of {url.host!r}.")
    if not policy.private and (url.host == "localhost" or url.host.endswith(".localhost") or _known(url.host) is False):
        raise BadUrl(f"{url.host} is not public: webhooks go to public addresses, unless webhook_private is set.")
    return url


def _known(host: str) -> bool | None:
    """Whether an address is public; None: it is a name."""
    try:
        return is_public(host)
    except ValueError:
        return None


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also one that is wrapped in another."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in network for network in _REFUSED_4)
    if ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if ip.sixtofour is not None:
        return is_public(str(ip.sixtofour))
    if ip in _NAT64:
        return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))
    if (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP or any(ip in network for network in _REFUSED_6):
        return False
    return _plainly_public(ip)


def _plainly_public(ip: IPv6Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_site_local or ip.is_reserved)


class Resolver:
    """Asks the system for the addresses of names, in threads of its own: one slow name server keeps nobody waiting."""

    def __init__(self, threads: int = 64) -> None:
        self._threads = ThreadPoolExecutor(threads, "webhook names")

    async def addresses(self, host: str, port: int) -> list[str]:
        """Every address of a name; raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def chosen(host: str, addresses: list[str], policy: Policy) -> str:
    """The address to connect to; raises `BadUrl` when one of them is not public."""
    if not addresses:
        raise BadUrl(f"{host} has no address.")
    if not policy.private and not all(is_public(address) for address in addresses):
        raise BadUrl(f"{host} leads to an address that is not public: webhooks do not go there.")
    return addresses[0]
