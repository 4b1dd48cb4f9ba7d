"""The session of a browser: a cookie with a token of its own, which only this server reads and only for its own pages.

A cookie comes along with whatever a browser asks, also when a foreign page makes it ask. So it counts only where the
browser says that the question is from a page of this server: by Sec-Fetch-Site, or by Origin where there is none. Pure.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

LASTING = timedelta(hours=12)
NAME = "harmony_session"
SECURE_NAME = f"__Host-{NAME}"
"""behind TLS: the prefix keeps neighbours of the domain from setting it (RFC 6265bis, 4.1.3.2)"""
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(scheme: str) -> str:
    return SECURE_NAME if scheme in ("https", "wss") else NAME


def own(headers: Mapping[str, str], method: str | None) -> bool:
    """Whether a question is from a page of this server; `method` None: it opens a WebSocket.

    What only reads may also be typed into the address line. What says nothing of where it is from changes nothing.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin" or (site == "none" and method in HARMLESS)
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    return method in HARMLESS
