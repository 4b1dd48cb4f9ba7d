"""The emulated switch of `harmony run --demo`: its name, its cookie, and where the calls come from that it plays."""

import os
import secrets
from pathlib import Path

SWITCH = "freeswitch-demo@127.0.0.1"
COOKIE = "demo.cookie"


def prepare(data: Path) -> str:
    """The demo's cookie, made when there is none yet (mode 0600)."""
    path = data / COOKIE
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
        cookie = secrets.token_hex(16)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(cookie)
        return cookie
