"""A password against the userPassword of an LDIF registry (RFC 2307, and slapd's contrib pw-sha2). Pure.

A directory compares passwords itself; this is for the file alone. What is kept in a form that is not known here lets
nobody in.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable

_SCHEME = re.compile(r"\{([A-Za-z0-9-]{1,16})\}(.*)", re.DOTALL)
_HASHES = {
    "SHA": "sha1",
    "SSHA": "sha1",
    "SHA256": "sha256",
    "SSHA256": "sha256",
    "SHA384": "sha384",
    "SSHA384": "sha384",
    "SHA512": "sha512",
    "SSHA512": "sha512",
}


def matches(password: str, kept: Iterable[str]) -> bool:
    """Whether a password is one of those kept; it takes the same time wherever they differ."""
    found = [_is(password.encode("utf-8", "surrogatepass"), one) for one in kept]
    return bool(password) and any(found)


def _is(password: bytes, kept: str) -> bool:
    found = _SCHEME.fullmatch(kept)
    if found is None:
        return hmac.compare_digest(password, kept.encode())
    name = _HASHES.get(found[1].upper())
    if name is None:
        return False
    try:
        content = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        return False
    size = hashlib.new(name).digest_size
    digest, salt = content[:size], content[size:]
    if len(digest) < size or (salt and not found[1].upper().startswith("SS")):
        return False
    return hmac.compare_digest(hashlib.new(name, password + salt).digest(), digest)
