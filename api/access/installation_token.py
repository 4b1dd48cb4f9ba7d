"""The bearer token of this installation: made once, shown once, kept as a hash only.

A token is 32 random bytes, so a plain SHA-256 of it is enough: there is nothing to guess. The file belongs to its owner
alone (mode 0600). Users and their rights are not in here; this is the operator's key to everything.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from core.durable import replace

FILE = "token.sha256"


def ensure(data: Path, anew: bool = False) -> str | None:
    """The new token if one had to be made (or `anew` asks for one), None if there was one already."""
    path = data / FILE
    token = secrets.token_urlsafe(32)
    if anew or not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        replace(path, f"{_digest(token)}\n".encode())
        return token
    return None


def accepts(data: Path, token: str) -> bool:
    """Whether `token` is the one of this installation. The file is read each time: a new token counts at once."""
    try:
        kept = (data / FILE).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    return bool(kept) and hmac.compare_digest(kept, _digest(token))


def mark(data: Path) -> str:
    """Of the token that is this installation's now: another one has another."""
    try:
        return "own:" + (data / FILE).read_text(encoding="ascii").strip()[:16]
    except (FileNotFoundError, UnicodeDecodeError):
        return "none"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
